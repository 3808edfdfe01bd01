//! A client for the Docker Engine.
//!
//! [`Docker`] reaches an engine and agrees with it on a version of the API. It has every operation of the Engine API as a
//! method, generated from the engine's own specification, and on top of them what a specification cannot say: output
//! as a stream, input, progress, credentials.
//!
//! # Run a command and keep its output
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
//! # Run in the background, and wait until it is healthy
//!
//! ```no_run
//! # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
//! // The Dockerfile of the image has a HEALTHCHECK.
//! let web = docker.run("team/web:1").name("web").detach().await?;
//! docker.wait_healthy(web.id()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Call any operation
//!
//! Operations carry the names of the specification. What an operation requires are the arguments of its method, all else is
//! set on the builder that it returns. A reply dereferences to its value.
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
//! # Attach, write to a container and read from it
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
//! # Build an image, copy files
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
//! What is sent can be bytes, a file, an `AsyncRead`, a stream, or what a function writes: see [`Body`].
//!
//! # Errors
//!
//! There is one type, [`Error`], which says what failed, where, and what the engine says to it. [`Error::kind`] tells what it
//! means, whichever way it came:
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
//! Nothing is sent before a future is polled. Dropping a future or a stream ends its request, and the engine sees the
//! connection close; what it had begun may still happen, and a container that was started goes on. `next` of every
//! stream is cancel safe: dropped in `select!`, it has taken nothing.
//!
//! # Connections
//!
//! Connections are kept open between requests, apart for each tokio runtime, so that one client can serve several
//! runtimes in turn and at once. An idle connection is closed after 30 seconds, and with its runtime. The first request asks
//! the engine for the version of the API that it speaks (`HEAD /_ping`), and the lower of both goes into every path.
//!
//! If a kept connection dies as the next request is sent, the request goes out again on a new one: any request of which
//! nothing was sent, and a `GET` or `HEAD`, once, to which nothing was answered. A `POST` is never sent twice.
//!
//! # Timeouts
//!
//! | set by | limits | not limited by it | default |
//! |---|---|---|---|
//! | [`Builder::connect_timeout`] | making a connection, with a proxy's tunnel and the TLS handshake | the connection that ssh makes, which has 30 s | 10 s |
//! | [`Builder::reply_timeout`] | the time to the head of the response: connecting, sending the request, waiting; the negotiation of the API version has as long again | the body; operations that may rightly take long | none |
//! | [`Docker::with_reply_timeout`] | the same, for every operation | the body | none |
//! | [`Builder::idle_timeout`], [`Docker::with_idle_timeout`] | any time in which no byte moves in either direction while a request is sent, a response's body is read, or an upgraded connection is read or written | waiting for the head once the request is sent; the program's own time between two reads | none |
//! | [`Builder::call_timeout`], [`Docker::with_call_timeout`] | the whole call: negotiation, connection, request, response to the end of its body | what follows an upgrade | none |
//!
//! The engine sends the head of some responses at once and the result, as the body, when it is there: `ContainerWait` is one.
//! A timeout for the whole call limits these.
//!
//! # Tracing
//!
//! Each request has a span `request` of `tracing` at the level `DEBUG`, with the operation and the status, and an event
//! when its reply was read, with duration and bytes. No path, parameter, header or body is in it. What of a body the engine
//! may have ignored, because it came with a later version of the API, is named in an event at the level `WARN`, and in
//! [`Response::ignored`].
//!
//! # Features
//!
//! None is on by default. Unix sockets, TCP and ssh are always there, on Windows named pipes.
//!
//! - `gzip`: build contexts that are sent packed (`BuildContext::gzip`).
//! - `tls`: TLS over TCP, with rustls and *ring*: `Builder::tls`, `DOCKER_TLS_VERIFY`, contexts with certificates.
//! - `websocket`: attaching over a WebSocket (`container_attach_websocket("web").attach()`), for where no other change of
//!   protocol gets through.
//! - `indicatif`: shows the progress of pulls, pushes, builds and loads on a terminal (`ProgressExt::show`).
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
    Filters, IgnoredField, JsonStream, Layer, Operation, Reply, Request, Response, Transport,
    Upgraded, operations, types,
};
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

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The examples for those who come from bollard compile, too.
#[cfg(doctest)]
#[doc = include_str!("../../MIGRATING.md")]
struct Migrating;
