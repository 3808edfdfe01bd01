//! A client for the Docker Engine.
#![forbid(unsafe_code)]

mod config;
mod docker;
mod negotiate;
mod transport;

pub use config::Host;
pub use docker::{Builder, Docker};
pub use docker_api::{
    ApiVersion, Body, BoxError, ByteStream, Client, Error, ErrorKind, Operation, Request, Response,
    Transport, Upgraded,
};
