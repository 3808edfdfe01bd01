//! Where the engine is and how it is spoken to, from the environment and from what the program sets.

mod context;
mod endpoint;
mod environment;
mod file;
mod headers;
mod host;

pub(crate) use endpoint::{Choice, Endpoint};
pub(crate) use environment::Environment;
pub(crate) use file::{ConfigFile, StoredAuth};
pub(crate) use headers::headers;
pub use host::{Host, SshHost, TcpHost};
