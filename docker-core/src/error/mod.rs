//! The error type of this crate and of `docker-client`.

mod constructors;
mod debug;

use std::io;
use std::time::Duration;

use http::StatusCode;

use crate::kind::of_status;
use crate::refused::by_message;
use crate::{ApiVersion, ErrorKind, InvalidVersion, Operation, Target};

/// A boxed error of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, and in which call.
///
/// Match on the variant, or on the [`kind`](Self::kind). Variants and fields may be added, and the texts may change.
///
/// `Display` writes what happened at this level, and [`source`](std::error::Error::source) is the cause below it: no
/// cause is written twice. `Debug` writes the message with all causes, one per line, so that a `main` that returns this
/// error prints what a person can read; `{:#?}` writes the fields.
///
/// ```no_run
/// # fn start() -> Result<(), docker_core::Error> { Ok(()) }
/// fn main() -> Result<(), docker_core::Error> {
///     // Error: cannot connect to the engine at unix:///var/run/docker.sock: is it running?
///     //   caused by: No such file or directory (os error 2)
///     start()
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is invalid. It was not sent.
    #[error("{target}: {message}")]
    #[non_exhaustive]
    InvalidRequest {
        /// The call.
        target: Target,
        /// What is wrong with the request.
        message: String,
        /// The cause, if there is one.
        source: Option<BoxError>,
    },

    /// A setting from the environment, a file or the program is invalid.
    #[error("{setting}: {message}")]
    #[non_exhaustive]
    Config {
        /// The setting, such as the name of a variable or the path of a file.
        setting: String,
        /// What is wrong with it, what was expected and what to do.
        message: String,
        /// The cause, if there is one.
        source: Option<BoxError>,
    },

    /// No connection to the engine could be made. The request was not sent.
    #[error("{}cannot connect to the engine at {address}: {hint}", prefix(.target))]
    #[non_exhaustive]
    Connect {
        /// The call; `None` if the connection was not for one.
        target: Option<Target>,
        /// The address of the engine, such as `unix:///var/run/docker.sock`.
        address: String,
        /// What to check or do.
        hint: String,
        /// The error of the operating system.
        source: io::Error,
    },

    /// The connection failed, or the response is not HTTP. The engine may have carried out the request.
    #[error("{target}: the connection failed while {doing}")]
    #[non_exhaustive]
    Communication {
        /// The call.
        target: Target,
        /// What the client was doing: `waiting for the response`, `reading the response`, …
        doing: &'static str,
        /// The cause.
        source: BoxError,
    },

    /// The body of the request could not be read, for example because a file was removed or a stream of the program
    /// failed.
    #[error("{target}: cannot read the body of the request")]
    #[non_exhaustive]
    Body {
        /// The call.
        target: Target,
        /// The error of the source of the body. If the source is a file, the error contains its path.
        source: BoxError,
    },

    /// An archive that the engine sent could not be unpacked on this machine.
    #[error("{target}: cannot unpack the archive")]
    #[non_exhaustive]
    Unpack {
        /// The call.
        target: Target,
        /// What is wrong with the archive or with a path on this machine.
        source: io::Error,
    },

    /// The engine returned an error.
    #[error("{target}: {message} (status {}){}", status.as_u16(), buildkit(.message))]
    #[non_exhaustive]
    Engine {
        /// The call.
        target: Target,
        /// The status of the response.
        status: StatusCode,
        /// The message of the engine.
        message: String,
        /// The newest API version of the engine, if the response states it.
        api_version: Option<String>,
    },

    /// The status of the response is neither a success nor an error that the operation defines.
    #[error("{target}: unexpected status {status}: {message}")]
    #[non_exhaustive]
    UnexpectedStatus {
        /// The call.
        target: Target,
        /// The status of the response.
        status: StatusCode,
        /// What the status may mean.
        message: String,
    },

    /// The response does not match the specification.
    #[error("{target}: cannot decode the response at {at}")]
    #[non_exhaustive]
    Decode {
        /// The call.
        target: Target,
        /// The place, such as a JSON pointer with its line and column, or the name of a header.
        at: String,
        /// What does not match.
        source: BoxError,
    },

    /// A timeout that is configured on the client has elapsed.
    #[error("{target}: timed out after {after:?} while {doing}")]
    #[non_exhaustive]
    Timeout {
        /// The call.
        target: Target,
        /// What the client was doing.
        doing: &'static str,
        /// The timeout.
        after: Duration,
    },

    /// The client and the engine have no version of the API in common.
    #[error("{message}")]
    #[non_exhaustive]
    Version {
        /// The newest version that the client supports, or the one that it was pinned to.
        client: String,
        /// The newest version that the engine supports.
        engine: String,
        /// The ranges of both, and what to do.
        message: String,
    },

    /// The call needs a later version of the API than the negotiated one. It was not sent.
    #[error("{target}: {} needs API {needs}, but API {negotiated} was negotiated", thing(.parameter))]
    #[non_exhaustive]
    TooNew {
        /// The call.
        target: Target,
        /// The parameter that is too new, or `None` if the operation is.
        parameter: Option<String>,
        /// The version that introduced it.
        needs: ApiVersion,
        /// The negotiated or pinned version.
        negotiated: ApiVersion,
    },

    /// A stream ended early. Everything that was received before was delivered.
    #[error("{target}: the stream ended within {within}")]
    #[non_exhaustive]
    Truncated {
        /// The call.
        target: Target,
        /// What is incomplete, how much of it was received, and how much was expected.
        within: String,
    },

    /// A frame of a multiplexed stream belongs to an unknown stream. The output is probably raw output from a terminal.
    #[error(
        "{target}: unknown stream {id} at byte {offset}: expected 0 to 3; \
         if the container has a terminal, its output has no frames"
    )]
    #[non_exhaustive]
    UnknownStream {
        /// The call.
        target: Target,
        /// The first byte of the frame's header.
        id: u8,
        /// The offset of the frame in the stream, in bytes.
        offset: u64,
    },

    /// The engine reported a failure in a stream that had started successfully.
    #[error("{target}: {message}{}", buildkit(.message))]
    #[non_exhaustive]
    InStream {
        /// The call.
        target: Target,
        /// The code of the failure: an HTTP status, or the exit code of a build step.
        code: Option<i64>,
        /// The message of the engine.
        message: String,
    },

    /// A stream of JSON values contains something that is not JSON.
    #[error("{target}: malformed JSON at byte {offset} of the stream")]
    #[non_exhaustive]
    Malformed {
        /// The call.
        target: Target,
        /// The offset of the value in the stream, in bytes.
        offset: u64,
        /// What is wrong with the value.
        source: BoxError,
    },
}

/// The target in any variant that has one, borrowed as the error is.
macro_rules! each_target {
    ($error:expr) => {
        match $error {
            Self::Config { .. } | Self::Version { .. } | Self::Connect { target: None, .. } => None,
            Self::InvalidRequest { target, .. }
            | Self::Connect { target: Some(target), .. }
            | Self::Communication { target, .. }
            | Self::Body { target, .. }
            | Self::Unpack { target, .. }
            | Self::Engine { target, .. }
            | Self::UnexpectedStatus { target, .. }
            | Self::Decode { target, .. }
            | Self::Timeout { target, .. }
            | Self::TooNew { target, .. }
            | Self::Truncated { target, .. }
            | Self::UnknownStream { target, .. }
            | Self::InStream { target, .. }
            | Self::Malformed { target, .. } => Some(target),
        }
    };
}

/// The call in front of a message.
fn prefix(target: &Option<Target>) -> String {
    target.as_ref().map(|target| format!("{target}: ")).unwrap_or_default()
}

fn thing(parameter: &Option<String>) -> String {
    match parameter {
        None => "the operation".to_owned(),
        Some(name) => format!("the parameter `{name}`"),
    }
}

impl Error {
    /// Adds the call to an error of a transport, which may know only the operation, or not even that.
    ///
    /// An error that already names its object, or that is about another operation, is returned unchanged.
    #[must_use]
    pub fn with_target(mut self, call: &Target) -> Self {
        if let Self::Connect { target: target @ None, .. } = &mut self {
            *target = Some(call.clone());
        } else if let Some(target) = self.target_mut()
            && !target.names_object()
            && target.operation() == call.operation()
        {
            *target = call.clone();
        }
        self
    }

    /// Returns what the error means.
    ///
    /// The kind is derived from the status of the response, or from the code in a stream. Errors of registries are also
    /// recognized by their message, because engines report the same error with status 500, with 404 or in a stream:
    /// missing or wrong credentials are [`ErrorKind::Unauthenticated`] on every engine.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidRequest { .. } | Self::Config { .. } => ErrorKind::InvalidArgument,
            Self::Connect { .. } | Self::Communication { .. } => ErrorKind::Connection,
            Self::Engine { target, status, message, .. } => by_message(target.operation(), message)
                .unwrap_or_else(|| of_status(status.as_u16())),
            Self::InStream { target, code, message, .. } => {
                let code = code.and_then(|code| u16::try_from(code).ok());
                by_message(target.operation(), message)
                    .unwrap_or_else(|| code.map_or(ErrorKind::Other, of_status))
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

    /// Returns whether the engine reports that the object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns whether the state of an object does not permit the call, or a name is taken.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Returns whether no connection to the engine could be made.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }

    /// Returns whether a timeout elapsed.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns the status of the response, if the engine sent one that is not a success.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Engine { status, .. } | Self::UnexpectedStatus { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the call that failed; `None` if the error does not belong to one.
    pub fn target(&self) -> Option<&Target> {
        each_target!(self)
    }

    fn target_mut(&mut self) -> Option<&mut Target> {
        each_target!(self)
    }

    /// Returns the operation of the call that failed; `None` if the error does not belong to one.
    pub fn operation(&self) -> Option<&'static Operation> {
        self.target().map(Target::operation)
    }
}

impl From<InvalidVersion> for Error {
    fn from(error: InvalidVersion) -> Self {
        Self::config("API version", error.to_string())
    }
}

/// Returns the hint for a Dockerfile that the classic builder refuses.
fn buildkit(message: &str) -> &'static str {
    if message.contains("requires BuildKit") {
        "; the crate docker-buildkit builds with BuildKit"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop");

    fn connect() -> Error {
        let source = io::Error::from_raw_os_error(2);
        Error::connect("unix:///run/x.sock", "is the engine running?", source)
    }

    #[test]
    fn the_kind_follows_the_status_and_the_code_within_a_stream() {
        let engine = |status| Error::Engine {
            target: Target::from(&STOP),
            status: StatusCode::from_u16(status).unwrap(),
            message: String::new(),
            api_version: None,
        };
        let in_stream = |code| Error::in_stream(&STOP, code, "");
        assert!(engine(404).is_not_found());
        assert!(engine(409).is_conflict());
        assert_eq!(engine(418).kind(), ErrorKind::Other);
        assert!(in_stream(Some(404)).is_not_found());
        assert_eq!(in_stream(Some(-1)).kind(), ErrorKind::Other);
    }

    #[test]
    fn display_shows_one_level_and_debug_all_of_them() {
        let error = connect();
        let message = "cannot connect to the engine at unix:///run/x.sock: is the engine running?";
        assert_eq!(error.to_string(), message);
        let cause = error.source().unwrap().to_string();
        assert!(cause.ends_with("(os error 2)"), "{cause}");
        assert_eq!(format!("{error:?}"), format!("{message}\n  caused by: {cause}"));
        let outer = Error::communication(&STOP, "waiting for the response", connect());
        let shown = format!("{outer:?}");
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert_eq!(shown.matches("os error 2").count(), 1, "{shown}");
    }

    #[test]
    fn the_fields_are_shown_on_request() {
        let shown = format!("{:#?}", connect());
        assert!(
            shown.starts_with("Connect {\n    target: None,\n    address: \"unix:///run/x.sock\""),
            "{shown}"
        );
        assert!(shown.contains("source: Os {"), "{shown}");
    }

    #[test]
    fn an_error_names_the_object() {
        let error = Error::in_stream(Target::new(&STOP, [("id", "web")]), None, "gone");
        assert_eq!(error.to_string(), "ContainerStop (POST /containers/web/stop): gone");
        assert_eq!(error.operation(), Some(&STOP));
    }

    #[test]
    fn a_transport_error_names_the_call() {
        let call = Target::new(&STOP, [("id", "web")]);
        let error = connect().with_target(&call);
        let text = error.to_string();
        assert!(
            text.starts_with("ContainerStop (POST /containers/web/stop): cannot connect"),
            "{text}"
        );
        assert_eq!(error.operation(), Some(&STOP));
        let late = Error::timeout(&STOP, "waiting for the response", Duration::from_secs(3));
        assert_eq!(
            late.with_target(&call).to_string(),
            "ContainerStop (POST /containers/web/stop): timed out after 3s while waiting for the response"
        );
        static PING: Operation = Operation::new("SystemPing", "GET", "/_ping");
        let other = Error::timeout(&PING, "negotiating", Duration::from_secs(3));
        assert!(other.with_target(&call).to_string().starts_with("SystemPing (GET /_ping)"));
        let named = Error::in_stream(Target::new(&STOP, [("id", "db")]), None, "gone");
        assert_eq!(
            named.with_target(&call).to_string(),
            "ContainerStop (POST /containers/db/stop): gone"
        );
    }

    #[test]
    fn what_needs_buildkit_names_the_crate_for_it() {
        static BUILD: Operation = Operation::new("ImageBuild", "POST", "/build");
        let error = Error::in_stream(&BUILD, None, "the --mount option requires BuildKit");
        assert!(error.to_string().ends_with("; the crate docker-buildkit builds with BuildKit"));
        let other = Error::in_stream(&BUILD, None, "no such stage");
        assert_eq!(other.to_string(), "ImageBuild (POST /build): no such stage");
    }

    #[test]
    fn results_stay_small() {
        assert!(size_of::<Error>() <= 88, "{}", size_of::<Error>());
    }
}
