//! Builds images with BuildKit, through the Docker Engine.
//!
//! This crate adds to [`docker_client`] what `docker build` does today: a session that sends only files that changed, secrets, SSH
//! agents, registry credentials, outputs to this machine, and typed progress. It needs an engine with BuildKit: Docker 18.09 or later.
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
//! [`Build::progress`] returns a stream of [`Event`]s; [`BuildStream::show`] draws it on a terminal as `docker build` does.
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
//! The engine keeps the files of a directory for the next build. It takes a file for unchanged if its size, its mode and its time of
//! modification are the same, and asks only for the others. Where a tool writes other contents with the same size and time, the
//! engine does not notice, whatever the client is: see [`Build::resend`]. A file that cannot be read, or that changes while it is
//! read, ends the build with an error that names it.
//!
//! # Cancellation
//!
//! Dropping the future of [`Build::build`] or a [`BuildStream`] closes the connections, and the engine cancels the build.
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
//! What an engine does not have is refused with [`Error::Unsupported`] before the build.
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

/// Adds builds with BuildKit to [`Docker`]. It is implemented for [`Docker`] alone.
pub trait BuildkitExt: sealed::Sealed {
    /// Begins to put together a build of `context`, which is a path of a directory or a [`Context`].
    ///
    /// `POST /session`, and `POST /grpc` or `POST /build?version=2`. Since API 1.39 (Docker 18.09).
    fn buildkit(&self, context: impl Into<Context>) -> Build;

    /// Connects to BuildKit's control API: the build cache, the workers, the version.
    ///
    /// `POST /grpc`. Since API 1.39 (Docker 18.09).
    ///
    /// # Errors
    ///
    /// Fails if the engine cannot be reached or has no control API.
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
