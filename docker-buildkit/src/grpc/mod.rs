//! gRPC over HTTP/2 on upgraded connections, as far as BuildKit uses it.
//!
//! Ref: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

mod client;
mod message;
mod server;
mod status;

pub(crate) use self::client::{Client, Responses};
pub(crate) use self::message::{BATCH, Messages, Sink, encode};
pub(crate) use self::server::{Call, Service, serve};
pub(crate) use self::status::{Code, Status};

/// The flow-control window of a call, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;

/// The flow-control window of a connection, in bytes.
const CONNECTION_WINDOW: u32 = 4 << 20;
