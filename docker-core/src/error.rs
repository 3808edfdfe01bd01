//! The one error type, of this crate and of `docker-client`.

use std::io;
use std::time::Duration;

use http::StatusCode;

use crate::{ApiVersion, Operation};

/// Any error beneath one of ours.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, with the operation that it concerns.
///
/// Match on the variant, or on [`kind`](Self::kind); the texts may change. More variants and fields may come, so end
/// patterns with `..`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request cannot be sent as it was put together; nothing was sent.
    #[error("{operation}: {message}")]
    InvalidRequest {
        /// The operation.
        operation: &'static Operation,
        /// What is wrong with the request.
        message: String,
    },

    /// A setting, from the environment, a file or the program, is not usable.
    #[error("{setting}: {message}")]
    Config {
        /// Where the setting comes from: a variable, a file.
        setting: String,
        /// What is wrong with it, what is expected and what to do.
        message: String,
    },

    /// No connection to the engine could be made; nothing was sent.
    #[error("cannot connect to the engine at {address}: {error}; {hint}")]
    Connect {
        /// Where the engine was looked for, such as `unix:///var/run/docker.sock`.
        address: String,
        /// What the operating system says.
        error: io::Error,
        /// What to check or do.
        hint: String,
    },

    /// The connection broke, or what came is not HTTP.
    #[error("{operation}: the exchange with the engine broke off while {doing}")]
    Communication {
        /// The operation.
        operation: &'static Operation,
        /// What was being done: `the reply was awaited`, `the reply was read`, …
        doing: &'static str,
        /// The cause.
        source: BoxError,
    },

    /// What was to be sent could not be read: a file that is gone, a stream of the program's own that failed.
    #[error("{operation}: the body of the request broke off: {error}")]
    Body {
        /// The operation.
        operation: &'static Operation,
        /// What the source of the body says, with the name of the file where it is one.
        error: BoxError,
    },

    /// An archive that the engine sent could not be unpacked on this machine.
    #[error("{operation}: the archive cannot be unpacked: {error}")]
    Unpack {
        /// The operation.
        operation: &'static Operation,
        /// What is wrong with the archive or the path on this machine, which it names.
        error: io::Error,
    },

    /// The engine refused the request, with a message of its own.
    #[error("{operation}: {message} (status {})", status.as_u16())]
    Engine {
        /// The operation.
        operation: &'static Operation,
        /// The status of the reply.
        status: StatusCode,
        /// The engine's message.
        message: String,
        /// The newest API version that the engine speaks, where it told.
        api_version: Option<String>,
    },

    /// The status is neither a success nor an error that has a meaning for this operation.
    #[error("{operation}: unexpected status {status}: {message}")]
    UnexpectedStatus {
        /// The operation.
        operation: &'static Operation,
        /// The status of the reply.
        status: StatusCode,
        /// What that may mean.
        message: String,
    },

    /// The reply is not what the specification says.
    #[error("{operation}: the reply does not fit at {at}")]
    Decode {
        /// The operation.
        operation: &'static Operation,
        /// Where: JSON pointer, line and column; or the header's name.
        at: String,
        /// What does not fit.
        source: BoxError,
    },

    /// Something took longer than the client was told to wait.
    #[error("{operation}: gave up after {after:?} while {doing}")]
    Timeout {
        /// The operation.
        operation: &'static Operation,
        /// What was awaited.
        doing: &'static str,
        /// How long was waited.
        after: Duration,
    },

    /// The client and the engine have no version of the API in common.
    #[error("{message}")]
    Version {
        /// The newest version that the client knows, or the one it was pinned to.
        client: String,
        /// The newest version that the engine speaks.
        engine: String,
        /// Both ranges, and what to do.
        message: String,
    },

    /// The call uses what came with a later version of the API than the one agreed on with the engine. Nothing was sent.
    #[error("{operation}: {} needs API {needs}, but the engine is spoken to in {speaks}", thing(.parameter))]
    TooNew {
        /// The operation.
        operation: &'static Operation,
        /// The parameter that is too new, or none where the operation itself is.
        parameter: Option<String>,
        /// The version that it came with.
        needs: ApiVersion,
        /// The version that was agreed on, or pinned.
        speaks: ApiVersion,
    },

    /// A stream ended in the midst of something; what came before it was delivered.
    #[error("{operation}: the stream ended within {within}")]
    Truncated {
        /// The operation.
        operation: &'static Operation,
        /// What is incomplete, how much of it came, how much was announced.
        within: String,
    },

    /// A multiplexed stream names a stream that does not exist: the output is probably raw, from a terminal.
    #[error(
        "{operation}: frame at byte {offset} is for stream {id}, known are 0 to 3; \
         if the container has a terminal, the output has no frames"
    )]
    UnknownStream {
        /// The operation.
        operation: &'static Operation,
        /// The first byte of the frame's header.
        id: u8,
        /// Where the frame begins, in bytes from the begin of the stream.
        offset: u64,
    },

    /// The engine reported a failure within a stream that began well.
    #[error("{operation}: {message}")]
    InStream {
        /// The operation.
        operation: &'static Operation,
        /// The code that came with it: an HTTP status, or the exit code of a build step.
        code: Option<i64>,
        /// The engine's message.
        message: String,
    },

    /// A stream of JSON values has something in it that is none.
    #[error("{operation}: malformed JSON at byte {offset} of the stream")]
    Malformed {
        /// The operation.
        operation: &'static Operation,
        /// Where the value begins, in bytes from the begin of the stream.
        offset: u64,
        /// What is wrong with it.
        source: BoxError,
    },
}

/// What an error means, whichever way it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request is wrong: refused here, or with status 400.
    InvalidArgument,
    /// Credentials are missing or wrong (401).
    Unauthenticated,
    /// The credentials, or an authorization plugin of the engine, do not allow it (403).
    PermissionDenied,
    /// There is no such object (404).
    NotFound,
    /// The state of the object does not allow it, or the name is taken (409).
    Conflict,
    /// A condition of the request does not hold (412).
    FailedPrecondition,
    /// Too many requests (429).
    ResourceExhausted,
    /// The engine failed (500).
    Internal,
    /// The engine, or its platform, cannot do this (501).
    NotImplemented,
    /// The engine cannot do it now, such as a node that is not part of a swarm (503).
    Unavailable,
    /// The engine was not reached, or the connection to it broke.
    Connection,
    /// It took longer than allowed.
    Timeout,
    /// Client and engine do not speak the same version of the API, or the same protocol.
    Protocol,
    /// None of these.
    Other,
}

fn thing(parameter: &Option<String>) -> String {
    match parameter {
        None => "the operation".to_owned(),
        Some(name) => format!("the parameter `{name}`"),
    }
}

impl Error {
    /// What the error means.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidRequest { .. } | Self::Config { .. } => ErrorKind::InvalidArgument,
            Self::Connect { .. } | Self::Communication { .. } => ErrorKind::Connection,
            Self::Engine { status, .. } => of_status(status.as_u16()),
            Self::InStream { code, .. } => {
                code.and_then(|code| u16::try_from(code).ok()).map_or(ErrorKind::Other, of_status)
            }
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Body { .. } | Self::Unpack { .. } => ErrorKind::Other,
            Self::UnexpectedStatus { .. }
            | Self::Decode { .. }
            | Self::Version { .. }
            | Self::TooNew { .. }
            | Self::Truncated { .. }
            | Self::UnknownStream { .. }
            | Self::Malformed { .. } => ErrorKind::Protocol,
        }
    }

    /// Whether the engine says that there is no such object.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the state of an object, or a name that is taken, stands against it.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether no connection to the engine could be made.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }

    /// Whether it took longer than allowed.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// The status of the reply, where there was one that refused.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Engine { status, .. } | Self::UnexpectedStatus { status, .. } => Some(*status),
            _ => None,
        }
    }
}

fn of_status(status: u16) -> ErrorKind {
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

#[cfg(test)]
mod tests {
    use super::*;

    static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop");

    #[test]
    fn the_kind_follows_the_status_and_the_code_within_a_stream() {
        let engine = |status| Error::Engine {
            operation: &STOP,
            status: StatusCode::from_u16(status).unwrap(),
            message: String::new(),
            api_version: None,
        };
        let in_stream = |code| Error::InStream { operation: &STOP, code, message: String::new() };
        assert!(engine(404).is_not_found());
        assert!(engine(409).is_conflict());
        assert_eq!(engine(418).kind(), ErrorKind::Other);
        assert!(in_stream(Some(404)).is_not_found());
        assert_eq!(in_stream(Some(-1)).kind(), ErrorKind::Other);
    }

    #[test]
    fn the_text_says_what_failed_where_and_what_to_do() {
        let error = Error::Connect {
            address: "unix:///run/x.sock".into(),
            error: io::Error::from_raw_os_error(2),
            hint: "is the engine running?".into(),
        };
        let text = error.to_string();
        assert!(text.starts_with("cannot connect to the engine at unix:///run/x.sock: "), "{text}");
        assert!(text.ends_with("(os error 2); is the engine running?"), "{text}");
        assert!(error.is_connect());
    }

    #[test]
    fn results_stay_small() {
        assert!(size_of::<Error>() <= 80, "{}", size_of::<Error>());
    }
}
