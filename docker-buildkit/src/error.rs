//! The error type of this crate.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;

use docker_client::operations::ImageBuild;

use crate::grpc::Status;
use crate::proto::control::{Position, Range, SourceInfo};

/// The error of a build, or of a call of the control API.
///
/// `Display` writes what happened at this level, and `source()` is the cause below it. `{:?}` writes the message and
/// all causes, which is what a `main` that returns the error prints, and `{:#?}` the fields. Messages may change, and
/// variants and fields may be added.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine could not be reached, or refused a request.
    #[error("the request to the engine failed")]
    Client(#[from] docker_client::Error),

    /// A step of the build failed, or the Dockerfile is not valid.
    #[error("{0}")]
    Failed(Box<Failed>),

    /// A file on this machine cannot be read or written, or is of the wrong type.
    #[error("cannot use {}", path.display())]
    #[non_exhaustive]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// A setting of the build is not valid. Nothing was built.
    #[error("invalid build: {message}")]
    #[non_exhaustive]
    Invalid {
        /// The setting, what is wrong with it, and what is expected.
        message: String,
    },

    /// The engine has no BuildKit, or its BuildKit does not support what the build needs. Nothing was built.
    #[error("the engine does not support {what}: {reason}")]
    #[non_exhaustive]
    Unsupported {
        /// What the build needs.
        what: String,
        /// Which engines support it, and what to do.
        reason: String,
    },

    /// The connection to BuildKit broke, or a call of its control API failed.
    #[error("the connection to BuildKit broke: {message}")]
    #[non_exhaustive]
    Connection {
        /// The message of the engine or of the transport.
        message: String,
    },

    /// The engine sent a response that this crate does not expect from BuildKit.
    #[error("unexpected response of BuildKit: {message}")]
    #[non_exhaustive]
    Protocol {
        /// What was wrong with the response.
        message: String,
    },
}

/// The details of a build that failed on the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failed {
    /// The engine's message.
    pub message: String,
    /// The name of the step, such as `[2/3] RUN make`; `None` if the build failed outside of a step.
    pub step: Option<String>,
    /// The exit code of the command of the step, if it is a command that failed.
    pub exit_code: Option<i32>,
    /// The last lines of output of the step, at most 20 complete ones, each of at most 4096 bytes.
    pub log: Vec<String>,
    /// The lines of the step in the Dockerfile. Since API 1.44 (Docker 25.0).
    pub source: Option<SourceLines>,
}

/// An excerpt of a Dockerfile, with the lines that an error or a warning is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceLines {
    /// The name of the Dockerfile.
    pub file: String,
    /// The number of the first of `lines`, counted from 1.
    pub first: usize,
    /// The lines, with up to two lines of context before and after.
    pub lines: Vec<String>,
    /// The numbers of the lines that the error or warning is about, counted from 1.
    pub marked: std::ops::RangeInclusive<usize>,
}

impl fmt::Display for Failed {
    /// Writes the message, the step, its last output, and its lines of the Dockerfile.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(step) = self.step.as_ref().filter(|step| !self.message.contains(*step)) {
            write!(f, "\nin the step {step}")?;
        }
        if !self.log.is_empty() {
            f.write_str("\nits last output:")?;
            for line in &self.log {
                write!(f, "\n  {line}")?;
            }
        }
        if let Some(source) = &self.source {
            write!(f, "\n{source}")?;
        }
        Ok(())
    }
}

/// Writes `Dockerfile:3`, and below it the numbered lines. Those that the error or warning is about are marked with
/// `>`.
impl fmt::Display for SourceLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.marked.start())?;
        for (line, number) in self.lines.iter().zip(self.first..) {
            let mark = if self.marked.contains(&number) { '>' } else { ' ' };
            write!(f, "\n{mark}{number:4} | {line}")?;
        }
        Ok(())
    }
}

impl SourceLines {
    /// Returns the lines of these ranges. A step of several lines has a range for each of them.
    pub(crate) fn of(source: &SourceInfo, ranges: &[Range]) -> Option<Self> {
        let line = |position: Option<Position>| {
            usize::try_from(position.map_or(0, |position| position.line)).unwrap_or_default()
        };
        let first = ranges.iter().map(|range| line(range.start)).min()?;
        let last = ranges.iter().map(|range| line(range.end)).max()?;
        Self::cut(&source.filename, &source.data, first, last)
    }

    /// Returns the lines from `first` to `last`, or `None` if the file does not have them.
    fn cut(file: &str, text: &[u8], first: usize, last: usize) -> Option<Self> {
        const CONTEXT: usize = 2;
        let text = String::from_utf8_lossy(text);
        let all: Vec<&str> = text.lines().collect();
        if first == 0 || first > all.len() || last < first {
            return None;
        }
        let last = last.min(all.len());
        let from = first.saturating_sub(CONTEXT).max(1);
        let to = (last + CONTEXT).min(all.len());
        Some(Self {
            file: file.to_owned(),
            first: from,
            lines: all[from - 1..to].iter().map(|line| (*line).to_owned()).collect(),
            marked: first..=last,
        })
    }
}

impl Error {
    /// Returns the details if the build failed on the engine.
    pub fn failed(&self) -> Option<&Failed> {
        match self {
            Self::Failed(failed) => Some(failed),
            _ => None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into() }
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::Protocol { message: message.into() }
    }

    /// The error of a call whose failure is not that of a build.
    pub(crate) fn call(status: &Status) -> Self {
        Self::Connection { message: status.to_string() }
    }
}

/// `{:?}` writes the message and its causes, for people; `{:#?}` the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return match self {
                Self::Client(error) => f.debug_tuple("Client").field(error).finish(),
                Self::Failed(failed) => f.debug_tuple("Failed").field(failed).finish(),
                Self::File { path, source } => {
                    f.debug_struct("File").field("path", path).field("source", source).finish()
                }
                Self::Invalid { message } => {
                    f.debug_struct("Invalid").field("message", message).finish()
                }
                Self::Unsupported { what, reason } => f
                    .debug_struct("Unsupported")
                    .field("what", what)
                    .field("reason", reason)
                    .finish(),
                Self::Connection { message } => {
                    f.debug_struct("Connection").field("message", message).finish()
                }
                Self::Protocol { message } => {
                    f.debug_struct("Protocol").field("message", message).finish()
                }
            };
        }
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(below) = cause {
            write!(f, "\n  caused by: {below}")?;
            cause = below.source();
        }
        Ok(())
    }
}

/// Converts an error of a build for functions that return [`docker_client::Error`].
///
/// The error of a request is returned as it is. Any other error becomes the cause of an error of the operation
/// `ImageBuild`: [`InvalidRequest`](docker_client::Error::InvalidRequest) if nothing was built,
/// [`InStream`](docker_client::Error::InStream), which has the message alone, if the build failed, and
/// [`Communication`](docker_client::Error::Communication) otherwise.
impl From<Error> for docker_client::Error {
    fn from(error: Error) -> Self {
        let build = &ImageBuild::OPERATION;
        match error {
            Error::Client(error) => error,
            Error::Failed(failed) => Self::in_stream(build, None, failed.to_string()),
            Error::File { .. } | Error::Invalid { .. } | Error::Unsupported { .. } => {
                Self::invalid_request_from(build, "cannot build with BuildKit", error)
            }
            Error::Connection { .. } | Error::Protocol { .. } => {
                Self::communication(build, "building with BuildKit", error)
            }
        }
    }
}

impl From<crate::files::FileError> for Error {
    fn from(fault: crate::files::FileError) -> Self {
        Self::File { path: fault.path, source: fault.source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_that_returns_the_error_prints_what_a_person_reads() {
        let error = Error::File { path: "Dockerfile".into(), source: io::Error::other("gone") };
        assert_eq!(format!("{error:?}"), "cannot use Dockerfile\n  caused by: gone");
        assert!(format!("{error:#?}").starts_with("File {"), "{error:#?}");
        let failed = Failed { message: "exit code: 2".into(), ..Failed::default() };
        assert_eq!(format!("{:?}", Error::Failed(Box::new(failed))), "exit code: 2");
    }

    #[test]
    fn every_error_converts_into_that_of_docker_client() {
        use docker_client::ErrorKind;
        let convert = |error: Error| docker_client::Error::from(error);
        let invalid = convert(Error::invalid("no such stage"));
        assert_eq!(invalid.kind(), ErrorKind::InvalidArgument);
        assert_eq!(invalid.to_string(), "ImageBuild (POST /build): cannot build with BuildKit");
        let shown = format!("{invalid:?}");
        assert!(shown.ends_with("caused by: invalid build: no such stage"), "{shown}");
        let failed = Failed { message: "exit code: 2".into(), ..Failed::default() };
        let failed = convert(Error::Failed(Box::new(failed)));
        assert_eq!(failed.to_string(), "ImageBuild (POST /build): exit code: 2");
        let lost = format!("{:?}", convert(Error::protocol("no digest")));
        assert!(lost.ends_with("caused by: unexpected response of BuildKit: no digest"), "{lost}");
        let client = convert(Error::Client(invalid));
        assert_eq!(client.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_failure_shows_the_step_its_output_and_its_lines() {
        let text = b"FROM busybox\nRUN true\nRUN make \\\n  all\nCMD sh\n";
        let failed = Failed {
            message: "exit code: 2".into(),
            step: Some("[3/3] RUN make all".into()),
            exit_code: Some(2),
            log: vec!["make: no rule".into()],
            source: SourceLines::cut("Dockerfile", text, 3, 4),
        };
        let expected = "exit code: 2\nin the step [3/3] RUN make all\nits last output:\n  make: no rule\n\
                        Dockerfile:3\n    1 | FROM busybox\n    2 | RUN true\n>   3 | RUN make \\\n>   4 |   all\n    5 | CMD sh";
        assert_eq!(failed.to_string(), expected);
        assert_eq!(SourceLines::cut("Dockerfile", text, 9, 9), None);
    }
}
