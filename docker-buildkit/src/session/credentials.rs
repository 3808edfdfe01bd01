//! Credentials for the registries that a build pulls from and pushes to.

use docker_client::CredentialProvider;
use docker_client::registry::key;

use crate::grpc::{Call, Code, Status};
use crate::proto::services::{CredentialsRequest, CredentialsResponse};

/// Serves a request for credentials, which the engine makes after a registry has refused it. Without credentials, the
/// response is empty.
pub(super) async fn serve(
    provider: Option<&dyn CredentialProvider>,
    call: &mut Call,
) -> Result<(), Status> {
    let host = call.request::<CredentialsRequest>().await?.host;
    let found = match provider {
        None => None,
        Some(provider) => provider
            .get(key(&host))
            .await
            .map_err(|error| Status::new(Code::UNKNOWN, error.to_string()))?,
    };
    let response = found.map(|auth| match auth.expose_identity_token() {
        Some(token) => CredentialsResponse { username: String::new(), secret: token.to_owned() },
        None => CredentialsResponse {
            username: auth.username().to_owned(),
            secret: auth.expose_password().unwrap_or_default().to_owned(),
        },
    });
    call.reply(&response.unwrap_or_default()).await
}
