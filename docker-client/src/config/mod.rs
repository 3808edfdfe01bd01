//! Where the engine is and how it is spoken to, from the environment and from what the program sets.

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

/// Stands for the settings of TLS where the feature is off.
#[cfg(not(feature = "tls"))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls;
