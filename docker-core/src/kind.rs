//! The kinds of errors.

/// What an error means, regardless of how it was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request or a setting is invalid: the client refused it, or the engine returned status 400.
    InvalidArgument,
    /// Credentials are missing or wrong (401).
    Unauthenticated,
    /// The credentials or an authorization plugin of the engine do not permit it (403).
    PermissionDenied,
    /// The object does not exist (404).
    NotFound,
    /// The state of the object does not permit it, or the name is taken (409).
    Conflict,
    /// A condition of the request is not met (412).
    FailedPrecondition,
    /// There were too many requests (429).
    ResourceExhausted,
    /// The engine failed (500).
    Internal,
    /// The engine or its platform does not implement it (501).
    NotImplemented,
    /// The engine cannot do it now, for example because the node is not part of a swarm (503).
    Unavailable,
    /// The engine could not be reached, or the connection to it failed.
    Connection,
    /// A timeout elapsed.
    Timeout,
    /// The client and the engine do not support the same version of the API or the same protocol.
    Protocol,
    /// Anything else.
    Other,
}

/// Returns what the status of an error means.
pub(crate) fn of_status(status: u16) -> ErrorKind {
    match status {
        400 => ErrorKind::InvalidArgument,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::FailedPrecondition,
        429 => ErrorKind::ResourceExhausted,
        500 => ErrorKind::Internal,
        501 => ErrorKind::NotImplemented,
        503 => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}
