//! gRPC over HTTP/2: as much of it as BuildKit speaks, on connections that the engine has upgraded.
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

/// How many bytes of one call may be under way without being acknowledged.
const STREAM_WINDOW: u32 = 1 << 20;

/// How many bytes of all calls may be under way without being acknowledged.
const CONNECTION_WINDOW: u32 = 4 << 20;
