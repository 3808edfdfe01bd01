//! Where the engine is and how it is spoken to, from the environment and from what the program sets.

mod context;
mod endpoint;
mod environment;
mod file;
mod headers;
mod host;
pub(crate) mod json;
mod proxy;

pub(crate) use endpoint::{Choice, Endpoint};
pub(crate) use environment::Environment;
pub(crate) use file::{ConfigFile, StoredAuth, StoredProxies};
pub(crate) use headers::headers;
pub use host::{Host, SshHost, TcpHost};
pub(crate) use proxy::Proxy;
