//! The Docker Engine API, one version of it, generated from the engine's own swagger.
//!
//! Every operation of the API is a method of [`Client`] that returns a builder; `send` on the builder performs
//! it. The builders sit on [`Request`], and a [`Transport`] carries requests to an engine: this crate opens no
//! connection itself. `docker-client` brings the transport (unix sockets, TCP, …) and all that a schema cannot say:
//! log and attach streams, progress, credentials.
//!
//! # Cancellation
//!
//! Dropping a future or a [`ByteStream`] before its end ends the request: the transport closes the connection and the
//! engine sees that. What the engine had already begun to do may still happen.
#![forbid(unsafe_code)]

mod body;
mod client;
mod error;
mod filters;
mod gate;
#[rustfmt::skip]
mod generated;
mod ignored;
mod json;
mod members;
mod operation;
mod pointer;
mod reply;
mod request;
mod response;
mod upgraded;
mod version;
mod wire;
mod written;

pub use body::{Body, ByteReader, ByteStream};
pub use client::{BoxFuture, Client, Reply, Transport};
pub use error::{BoxError, Error, ErrorKind};
pub use filters::Filters;
pub use gate::since_version;
pub use generated::{API_VERSION, operations, types};
pub use ignored::IgnoredField;
pub use json::JsonStream;
pub use operation::Operation;
pub use reply::decode_reply;
pub use request::Request;
pub use response::Response;
pub use upgraded::{Upgraded, UpgradedReader, UpgradedWriter};
pub use version::{ApiVersion, InvalidVersion};
