//! How the engine is reached.

/// How the engine is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// The unix socket.
    Unix,
    /// TCP with mutual TLS.
    Tls,
}
