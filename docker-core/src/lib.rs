//! The runtime of `docker-api`: what a client of the Docker Engine API needs, whichever version of the API it uses.
//!
//! `docker-api` is generated from the specification of one version of the API and re-exports what programs need of
//! this crate, so they rarely depend on it directly. The builder of an operation holds a [`Request`], and a [`Transport`]
//! carries its [`Call`] to an engine, through any [`Layer`] in between. This crate opens no connection: `docker-client`
//! provides the transport over Unix sockets, TCP, TLS and ssh.
//!
//! # Cancellation
//!
//! Dropping a future or a [`ByteStream`] before it completes cancels the request: the transport closes the connection,
//! and the engine detects this. Work that the engine has already started may still complete.
#![forbid(unsafe_code)]

mod body;
mod call;
mod client;
mod error;
mod filters;
mod gate;
#[doc(hidden)]
pub mod generated;
mod ignored;
mod json;
mod keys;
mod kind;
mod late;
mod lenient;
mod members;
mod names;
mod operation;
mod pointer;
mod refused;
mod repair;
mod reply;
mod report;
mod request;
mod response;
mod send;
mod target;
#[cfg(test)]
mod testing;
mod thread;
mod time;
mod transport;
mod upgraded;
mod uri;
mod version;
mod wire;
mod written;

pub use body::{Body, ByteReader, ByteStream};
pub use call::Call;
pub use client::Client;
pub use error::{BoxError, Error};
pub use filters::Filters;
pub use ignored::IgnoredField;
pub use json::JsonStream;
pub use kind::ErrorKind;
pub use operation::{
    BodyField, Operation, Parameter, ParameterLocation, ProcessOperations, RegistryCredentials,
    ResponseKind, Variables,
};
pub use reply::decode_reply;
pub use request::Request;
pub use response::{Response, StreamingResponse};
pub use target::Target;
pub use thread::on_thread;
pub use time::UnixTime;
pub use transport::{BoxFuture, Layer, Layered, Reply, Transport};
pub use upgraded::{Upgraded, UpgradedReader, UpgradedWriter};
pub use version::{ApiVersion, InvalidVersion};
