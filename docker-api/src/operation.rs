//! What is fixed about an operation of the API: its name, method and path.

use std::fmt;

/// One operation of the API, as its specification names it.
///
/// Operations are constants: each generated builder has its own as `OPERATION`. One that the specification does not
/// know can be made with [`Operation::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId` of the specification, such as `ContainerStop`.
    pub id: &'static str,
    /// The HTTP method in capitals. A text and not an `http::Method`: a constant of that type cannot be borrowed as
    /// `'static`.
    pub method: &'static str,
    /// The path without a version, its parameters in braces: `/containers/{id}/stop`.
    pub path: &'static str,
    /// Whether the connection changes to a raw byte stream in both directions.
    pub upgrade: bool,
}

impl Operation {
    /// An operation that answers with an ordinary reply.
    #[must_use]
    pub const fn new(id: &'static str, method: &'static str, path: &'static str) -> Self {
        Self { id, method, path, upgrade: false }
    }

    /// An operation that answers `101 Switching Protocols` and goes on as a raw byte stream.
    #[must_use]
    pub const fn upgrading(id: &'static str, method: &'static str, path: &'static str) -> Self {
        Self { id, method, path, upgrade: true }
    }
}

/// Writes `ContainerStop (POST /containers/{id}/stop)`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.id, self.method, self.path)
    }
}
