//! Messages of the services that a session offers to the engine.

use bytes::Bytes;
use prost::Message;

/// `grpc.health.v1.HealthCheckResponse`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Health {
    /// 1 is "serving".
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

/// `moby.filesync.v1.CredentialsRequest`.
///
/// Ref: `session/auth/auth.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CredentialsRequest {
    #[prost(string, tag = "1")]
    pub(crate) host: String,
}

/// `moby.filesync.v1.CredentialsResponse`. `Debug` does not show the secret.
///
/// Ref: `session/auth/auth.proto`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct CredentialsResponse {
    /// Empty when `secret` is an identity token.
    #[prost(string, tag = "1")]
    pub(crate) username: String,
    #[prost(string, tag = "2")]
    pub(crate) secret: String,
}

impl std::fmt::Debug for CredentialsResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialsResponse { .. }")
    }
}

/// `moby.buildkit.secrets.v1.GetSecretRequest`.
///
/// Ref: `session/secrets/secrets.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SecretRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
}

/// `moby.buildkit.secrets.v1.GetSecretResponse`.
///
/// Ref: `session/secrets/secrets.proto`.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct SecretResponse {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) data: Bytes,
}

impl std::fmt::Debug for SecretResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretResponse { .. }")
    }
}

/// `moby.sshforward.v1.CheckAgentRequest`.
///
/// Ref: `session/sshforward/ssh.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AgentRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
}

/// A piece of a byte stream: SSH agents, uploads, and outputs that are archives.
///
/// Ref: `BytesMessage` of `session/sshforward/ssh.proto`, `session/upload/upload.proto` and
/// `session/filesync/filesync.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BytesMessage {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) data: Bytes,
}

/// A message without fields.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Empty {}
