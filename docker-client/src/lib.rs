//! A client for the Docker Engine.
#![forbid(unsafe_code)]

mod attach;
mod auth;
mod config;
mod docker;
mod exec;
mod filters;
mod framing;
mod image;
mod logs;
mod negotiate;
mod progress;
mod run;
mod stream;
mod transport;

pub use attach::{AttachExt, Attached, Input};
pub use auth::{RegistryAuth, RegistryConfig};
pub use config::Host;
pub use docker::{Builder, Docker};
pub use docker_api::{
    ApiVersion, Body, BoxError, ByteStream, Client, Error, ErrorKind, JsonStream, Operation,
    Request, Response, Transport, Upgraded, operations, types,
};
pub use exec::{Exec, ExecOutput};
pub use filters::Filters;
pub use logs::LogsExt;
pub use progress::{Progress, ProgressDetail, ProgressExt, ProgressStream};
pub use run::{Exit, Run, RunOutput, Running};
pub use stream::{Collected, Lines, Output, OutputStream};

/// The traits that give the generated builders their verbs: `use docker_client::prelude::*;`.
pub mod prelude {
    pub use crate::{AttachExt, LogsExt, ProgressExt};
}
