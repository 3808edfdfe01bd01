//! A fake Docker engine for tests.
//!
//! A test defines the replies of the engine, starts it, and connects a client to it. The engine records every request
//! and the connection that it arrived on. It depends on no client.
//!
//! There are two levels of control:
//!
//! - **Replies** ([`FakeEngine::start`], [`Builder::answer`]): a function, or [`Routes`], turns each [`Request`] into a
//!   [`Reply`], which defines what is sent, and how it is framed, paced and ended.
//! - **Connections** ([`Builder::connections`]): a function gets each [`Connection`], and reads and writes bytes
//!   itself.
//!
//! The engine listens on a Unix socket, on TCP, on TLS (feature `tls`) or in memory. In memory and with tokio's clock
//! paused, waiting takes no time.
//!
//! ```
//! use fake_engine::{FakeEngine, Reply};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let engine = FakeEngine::start(|request| match request.path() {
//!     "/containers/json" => Reply::json(200, r#"[{"Names":["/web"]}]"#),
//!     other => Reply::error(404, format!("no such path: {other}")),
//! })?;
//! let socket = engine.socket().expect("it listens on a unix socket");
//! // Connect a client to `socket`, call it, then check its requests.
//! assert!(engine.requests().is_empty());
//! # drop(socket);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod answer;
mod connection;
mod engine;
mod frame;
mod listen;
mod memory;
mod reply;
mod request;
mod script;
mod serve;
#[cfg(feature = "tls")]
mod tls;

pub use answer::{Answer, InOrder, Routes};
pub use connection::{Break, Connection};
pub use engine::{Builder, Dialer, FakeEngine};
pub use frame::{Stream, frame};
pub use memory::MemoryStream;
pub use reply::{After, Framing, Piece, Reply};
pub use request::Request;

/// An error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A boxed future that can move between threads.
pub(crate) type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;
