//! The root of the generated crate: its `lib.rs`, and the client that the operations are methods of.

use crate::{render, versions::ApiVersion};

/// The text of `lib.rs`.
pub(super) fn lib(version: ApiVersion, command: &str) -> String {
    let head = render::header(&format!("Version {version} of the Docker Engine API."), command);
    format!("{head}{LIB}")
}

/// The text of `generated/client.rs`.
pub(super) fn client(version: ApiVersion, command: &str) -> String {
    let head = render::header("The client of this version of the API.", command);
    format!("{head}{}", CLIENT.replace("{version}", &version.to_string()))
}

/// Everything public of the runtime is here under its own name, except for its client.
const LIB: &str = r#"//!
//! Every operation of the API is a method of [`Client`] that returns a builder; `send` on the builder sends the request.
//! The builders hold a [`Request`], and a [`Transport`] carries requests to an engine: this crate opens no connection.
//! `docker-client` has the transport (Unix sockets, TCP, …) and what a specification cannot express: log and attach
//! streams, progress, credentials. The types that do not depend on the version of the API are those of `docker-core`.
//!
//! # Filters
//!
//! Each operation that takes filters has a type for them, with a method for each key that the operation documents:
//!
//! ```
//! use docker_api::{Filters, operations::ContainerListFilters};
//!
//! let typed = ContainerListFilters::new().status("exited").label("team=web");
//! assert_eq!(typed, Filters::new().with("label", "team=web").with("status", "exited").into());
//! ```
//!
//! A key that the operation does not document has no method, and the filters of one operation are refused by another:
//!
//! ```compile_fail,E0599
//! docker_api::operations::ImageListFilters::new().status("exited");
//! ```
//!
//! ```compile_fail,E0277
//! # fn example(client: docker_api::Client) {
//! client.image_list().filters(docker_api::operations::ContainerListFilters::new());
//! # }
//! ```
//!
//! # Cancellation
//!
//! Dropping a future or a [`ByteStream`] before its end cancels the request: the transport closes the connection, and the
//! engine notices. What the engine had already started may still happen.
#![forbid(unsafe_code)]

#[rustfmt::skip]
mod generated;

#[doc(inline)]
pub use docker_core::{
    ApiVersion, Body, BodyField, BoxError, BoxFuture, ByteReader, ByteStream, Call, Error,
    ErrorKind, Filters, IgnoredField, InvalidVersion, JsonStream, Layer, Operation, Parameter,
    ParameterLocation, ProcessOperations, RegistryCredentials, Reply, Request, Response,
    ResponseKind, StreamingResponse, Target, Transport, UnixTime, Upgraded, UpgradedReader,
    UpgradedWriter, Variables, decode_reply,
};
pub use generated::{API_VERSION, Client, operations, types};
"#;

const CLIENT: &str = r#"
use std::ops::Deref;
use std::sync::Arc;

use docker_core::Transport;

/// A client of the Engine API, with a method for each operation of API {version}. Clones are cheap and share one transport.
///
/// It dereferences to the client of `docker-core`, which has what does not depend on the version of the API.
#[derive(Debug, Clone)]
pub struct Client(docker_core::Client);

impl Client {
    /// Creates a client that sends its requests through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(docker_core::Client::new(transport))
    }

    /// Creates a client on a shared transport.
    pub fn from_arc(transport: Arc<dyn Transport>) -> Self {
        Self(docker_core::Client::from_arc(transport))
    }
}

impl Deref for Client {
    type Target = docker_core::Client;

    fn deref(&self) -> &docker_core::Client {
        &self.0
    }
}

impl From<docker_core::Client> for Client {
    fn from(client: docker_core::Client) -> Self {
        Self(client)
    }
}

impl From<Client> for docker_core::Client {
    fn from(client: Client) -> Self {
        client.0
    }
}
"#;
