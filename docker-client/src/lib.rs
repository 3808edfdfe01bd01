//! A client for the Docker Engine.
//!
//! [`Docker`] connects to an engine and negotiates the version of the API. Every operation of the Engine API is a
//! method, generated from the engine's specification. On top of these, the crate provides what a specification cannot
//! express: streams of output, input, progress, credentials, and methods for common tasks.
//!
//! # Run a command and collect its output
//!
//! ```no_run
//! # async fn example() -> Result<(), docker_client::Error> {
//! let docker = docker_client::Docker::connect()?;
//! let output = docker.run("busybox").cmd(["echo", "hello world"]).remove(true).output().await?;
//! assert_eq!((output.code, &output.stdout[..]), (0, &b"hello world\n"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! # Run a container in the background and wait until it is healthy
//!
//! ```no_run
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! // The Dockerfile of the image contains a HEALTHCHECK.
//! let web = docker.run("team/web:1").name("web").detach().await?;
//! docker.wait_healthy(web.id()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Call any operation
//!
//! Operations have the names of the specification. Required parameters are arguments of the method; optional ones are
//! set on the builder that it returns. A [`Response`] dereferences to its value.
//!
//! ```no_run
//! use docker_client::operations::ContainerListFilters;
//!
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! let exited = ContainerListFilters::new().status("exited");
//! for container in docker.container_list().all(true).filters(exited).send().await? {
//!     println!("{:?} {:?}", container.names, container.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Follow logs
//!
//! ```no_run
//! use docker_client::{Output, prelude::*};
//!
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! let mut lines = docker.container_logs("web").follow(true).tail("10").stream().await?.lines();
//! while let Some(line) = lines.next().await {
//!     match line? {
//!         Output::Stderr(line) => eprintln!("{}", line.escape_ascii()),
//!         line => println!("{}", line.text()),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Execute a command in a running container
//!
//! ```no_run
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! let output = docker.exec("web").cmd(["nginx", "-t"]).output().await?;
//! assert_eq!(output.code, 0, "{}", String::from_utf8_lossy(&output.stderr));
//! # Ok(())
//! # }
//! ```
//!
//! # Attach to a container, write its input and read its output
//!
//! ```no_run
//! use docker_client::prelude::*;
//! use tokio::io::AsyncWriteExt;
//!
//! # async fn example(docker: docker_client::Docker) -> Result<(), Box<dyn std::error::Error>> {
//! let mut attached = docker.container_attach("calculator").stdin(true).attach().await?;
//! attached.input.write_all(b"6 * 7\n").await?;
//! attached.input.close().await?;
//! println!("{}", String::from_utf8_lossy(&attached.output.collect().await?.stdout));
//! # Ok(())
//! # }
//! ```
//!
//! # Pull an image
//!
//! ```no_run
//! use docker_client::{RegistryAuth, prelude::*};
//!
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! let auth = RegistryAuth::password("user", "secret");
//! let mut progress =
//!     docker.pull("registry.example.com/team/app:1").auth(&auth).progress().await?;
//! while let Some(report) = progress.next().await {
//!     let report = report?;
//!     println!("{:?} {:?}", report.id, report.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Build an image and copy files
//!
//! ```no_run
//! use docker_client::{BuildContext, prelude::*};
//!
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! let built = docker.build(BuildContext::from_dir("./app")).t(["app:1"]).finish().await?;
//! println!("{:?}", built.image_id);
//! docker.copy_to("web", "/etc/app.conf").bytes("threads = 4\n").await?;
//! docker.copy_from("web", "/var/log/app").path("./logs").await?;
//! # Ok(())
//! # }
//! ```
//!
//! The body of a request can be bytes, a file, an `AsyncRead`, a stream, or the output of a function: see [`Body`].
//!
//! # Errors
//!
//! Requests fail with an [`Error`], which names the operation and the object and contains the engine's message.
//! [`Error::kind`] classifies errors independently of the status that an engine sends:
//!
//! ```no_run
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! match docker.container_start("web").send().await {
//!     Ok(_) => {}
//!     Err(error) if error.is_not_found() => println!("there is no container `web`"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Cancellation
//!
//! Nothing is sent before a future is polled. Dropping a future or a stream cancels its request: the connection is
//! closed, and the engine detects this. It may still complete what it has begun, and a container that was started keeps
//! running.
//!
//! The method `next` of every stream is cancel safe: if it is dropped before it returns, no item is lost.
//!
//! # Connections
//!
//! Connections are kept open and reused. Each tokio runtime has its own, so a client can be used by several runtimes.
//! An idle connection is closed after 30 seconds, or when its runtime is shut down.
//!
//! Before its first request, the client asks the engine for its API version (`HEAD /_ping`). All requests then use the
//! lower of that version and [`API_VERSION`].
//!
//! If a reused connection turns out to be closed before any part of a request was sent, the request is sent on a new
//! connection. A `GET` or `HEAD` is also repeated once if it was sent but no part of the response was received.
//! Requests with other methods are not repeated after a part of them was sent.
//!
//! # Timeouts
//!
//! | set by | limits | does not limit | default |
//! |---|---|---|---|
//! | [`Builder::connect_timeout`] | connecting, including the tunnel of a proxy and the TLS handshake | connecting with ssh, which has a limit of 30 s | 10 s |
//! | [`Builder::reply_timeout`] | the time until the head of the response: connecting, sending the request, waiting. The negotiation of the API version has the same limit of its own | the body; operations that are expected to take long | none |
//! | [`Docker::with_reply_timeout`] | the same, for every operation | the body | none |
//! | [`Builder::idle_timeout`], [`Docker::with_idle_timeout`] | any time in which no byte is transferred in either direction while a request is sent, the body of a response is read, or an upgraded connection is read or written | waiting for the head after the request was sent; the time between two reads of the program | none |
//! | [`Builder::call_timeout`], [`Docker::with_call_timeout`] | the whole call: negotiating, connecting, sending the request, and the response to the end of its body. Events resume after it, because each of their connections is a call of its own | an upgraded connection | none |
//!
//! For some operations, such as `ContainerWait`, the engine sends the head of the response at once and the body when
//! the result is available. The reply timeout does not limit the wait for such a body; the idle timeout and the timeout
//! of the whole call do.
//!
//! # Tracing
//!
//! Each request has a [`tracing`](https://docs.rs/tracing) span `request` at the level `DEBUG`, with the operation and
//! the status. When the response has been read, an event contains the duration and the number of bytes. Paths,
//! parameters, headers and bodies are never recorded.
//!
//! If a request body contains fields that are newer than the negotiated API version, an event at the level `WARN` names
//! them, because the engine ignores them. [`Response::ignored`] returns them, too.
//!
//! # Features
//!
//! No feature is enabled by default. TCP works on every platform, Unix sockets and ssh on Unix, named pipes on Windows.
//!
//! - `gzip`: compresses build contexts (`BuildContext::gzip`).
//! - `tls`: TLS over TCP with rustls and *ring*, for `Builder::tls`, `DOCKER_TLS_VERIFY` and contexts with
//!   certificates.
//! - `websocket`: attaches to containers over a WebSocket (`container_attach_websocket("web").attach()`), for proxies
//!   that support no other protocol upgrade.
//! - `jiff`: accepts `jiff::Timestamp`, and text in the format of RFC 3339, as `since` and `until` of logs and events.
//! - `indicatif`: shows the progress of pulls, pushes, builds and loads in a terminal (`ProgressExt::show`).
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod archive;
mod builder;
mod config;
mod docker;
mod layers;
pub mod prelude;
pub mod registry;
mod sealed;
mod stream;
pub mod text;
mod transport;
mod verbs;

pub use builder::Builder;
#[cfg(feature = "tls")]
pub use config::Tls;
pub use config::{ConfigWarning, Host, SshHost, TcpHost};
pub use docker::Docker;
pub use docker_api::{
    API_VERSION, ApiVersion, Body, BoxError, BoxFuture, ByteStream, Call, Client, Error, ErrorKind,
    Filters, IgnoredField, JsonStream, Layer, Operation, Reply, Request, Response,
    StreamingResponse, Transport, UnixTime, Upgraded, operations, types,
};
pub use layers::UsageRecorder;
pub use registry::{CredentialProvider, Credentials, ImageReference, RegistryAuth, RegistryConfig};
pub use stream::{
    Collected, EventStream, EventsExt, Finished, Lines, Output, OutputReader, OutputStream,
    Progress, ProgressDetail, ProgressExt, ProgressStream, Stats, StatsExt, StatsStream,
};
pub use text::ConfigureExt;
pub use verbs::{
    AttachExt, Attached, AuthExt, BuildContext, Container, CopiedOut, CopyFrom, CopyTo, DetachExt,
    Detached, DetachedExec, Exec, ExecOutput, Exit, Input, KeyValues, LogsExt, PathKind, PathStat,
    Run, RunOutput, Running, RunningExec, Terminal, TerminalSize,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Compiles the examples of the migration guide.
#[cfg(doctest)]
#[doc = include_str!("../../MIGRATING.md")]
struct Migrating;
