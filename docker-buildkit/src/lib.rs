//! Builds images with BuildKit, through the Docker Engine.
//!
//! This crate adds builds with BuildKit to [`docker_client`]: contexts from which only changed files are sent, secrets,
//! SSH agents, registry credentials, outputs on this machine, and typed progress. It needs an engine with BuildKit:
//! Docker 18.09 or later.
//!
//! ```no_run
//! use docker_buildkit::{BuildkitExt, Output, Secret};
//! use docker_client::Docker;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), docker_buildkit::Error> {
//!     let docker = Docker::connect()?;
//!     let built = docker
//!         .buildkit("./app")
//!         .tag("app:1")
//!         .build_arg("VERSION", "1.2")
//!         .target("release")
//!         .secret("token", Secret::env("TOKEN"))
//!         .ssh_agent()
//!         .build()
//!         .await?;
//!     println!("{:?}", built.image_id);
//!     Ok(())
//! }
//! ```
//!
//! # Progress
//!
//! [`Build::progress`] returns a stream of [`Event`]s; [`BuildStream::show`] draws it on a terminal as `docker build`
//! does.
//!
//! ```no_run
//! # use docker_buildkit::{BuildkitExt, Event};
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_buildkit::Error> {
//! let mut build = docker.buildkit("./app").progress().await?;
//! while let Some(event) = build.next().await {
//!     match event? {
//!         Event::Started { step } => println!("{}", step.name),
//!         Event::Log { data, .. } => print!("{}", String::from_utf8_lossy(&data)),
//!         _ => {}
//!     }
//! }
//! let built = build.finish().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Which files are sent
//!
//! The engine keeps the files of a directory for the next build. It treats a file as unchanged if its size, its mode
//! and its modification time are the same, and requests only the others. If a tool writes different contents with the
//! same size and time, the engine keeps the old contents, whichever client is used: see [`Build::resend`]. A file that
//! cannot be read, or that changes while it is read, fails the build with an error that names it.
//!
//! Symbolic links, hard links, modes and extended attributes are kept. Named pipes and devices are sent as such and
//! never opened, and sockets are sent as empty files. A Dockerfile, an ignore file or an archive must be a regular
//! file, or the build fails before anything is sent.
//!
//! # Cancellation
//!
//! Dropping the future of [`Build::build`] or a [`BuildStream`] closes the connections, and the engine cancels the
//! build. Files that an output has already written are kept.
//!
//! # Engines
//!
//! | | Docker 20.10 | Docker 23.0 to 28 | containerd image store (default from Docker 29.0 on) |
//! |---|---|---|---|
//! | secrets, SSH agents, cache mounts | yes | yes | yes |
//! | outputs: image, directory, tar | yes | yes | yes |
//! | named contexts, heredocs, warnings, lines of errors | no | yes | yes |
//! | OCI and Docker archives, attestations, several platforms | no | no | yes |
//!
//! A build that needs something its engine does not support fails with [`Error::Unsupported`] before it starts.
//!
//! `RUN --mount` needs version 1.2 of the Dockerfile syntax, heredocs and named contexts 1.4. Docker 20.10 has 1.2
//! built in, and Docker 23.0 has 1.5. With a first line such as `# syntax=docker/dockerfile:1`, the engine pulls the
//! newest version instead; this is how older engines build Dockerfiles with heredocs.
#![forbid(unsafe_code)]

mod build;
mod built;
mod context;
mod control;
mod error;
mod files;
mod grpc;
mod output;
mod plan;
mod progress;
mod proto;
mod route;
mod secret;
mod session;
mod settings;
mod stream;
mod tar_context;
mod task;

use docker_client::Docker;

pub use self::build::Build;
pub use self::built::Built;
pub use self::context::Context;
pub use self::control::{CacheRecord, Control, Info, Prune, Worker};
pub use self::error::{Error, Failed, SourceLines};
pub use self::output::{Cache, Output};
pub use self::progress::{Event, LogStream, Step, Style, Warning};
pub use self::secret::Secret;
pub use self::stream::BuildStream;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod sealed {
    pub trait Sealed {}
    impl Sealed for docker_client::Docker {}
}

/// Adds builds with BuildKit to [`Docker`]. It is implemented only for [`Docker`].
pub trait BuildkitExt: sealed::Sealed {
    /// Returns a builder for a build. `context` is the path of a directory, or a [`Context`].
    ///
    /// It uses `POST /session` and `POST /grpc`, or `POST /build?version=2` where a proxy rejects `/grpc`. Since API
    /// 1.39 (Docker 18.09).
    fn buildkit(&self, context: impl Into<Context>) -> Build;

    /// Connects to BuildKit's control API: the build cache, the workers, the version.
    ///
    /// It uses `POST /grpc`. Since API 1.39 (Docker 18.09).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Client`] if the engine cannot be reached, or has no control API or rejects it.
    fn buildkit_control(&self) -> impl Future<Output = Result<Control, Error>> + Send;
}

impl BuildkitExt for Docker {
    fn buildkit(&self, context: impl Into<Context>) -> Build {
        Build::new(self.clone(), context.into())
    }

    async fn buildkit_control(&self) -> Result<Control, Error> {
        Control::connect(self).await
    }
}
