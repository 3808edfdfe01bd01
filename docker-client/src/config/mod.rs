//! The address of the engine and how to connect to it, from the environment, `config.json` and the program.

mod context;
mod endpoint;
mod environment;
mod file;
mod headers;
mod host;
pub(crate) mod json;
mod proxy;
#[cfg(feature = "tls")]
mod tls;
mod warning;

pub(crate) use endpoint::{Choice, Endpoint};
pub(crate) use environment::Environment;
pub(crate) use file::{ConfigFile, StoredAuth, StoredProxies};
pub(crate) use headers::headers;
pub use host::{Host, SshHost, TcpHost};
pub(crate) use proxy::{Protocol, Proxy};
#[cfg(feature = "tls")]
pub(crate) use tls::Pem;
#[cfg(feature = "tls")]
pub use tls::Tls;

pub use warning::ConfigWarning;
pub(crate) use warning::Warnings;

/// Takes the place of the TLS settings if the feature `tls` is disabled.
#[cfg(not(feature = "tls"))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls;
