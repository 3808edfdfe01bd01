//! What goes wrong while engines are set up: each error names the step, what was tried and what came back.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The harness's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A step of the harness that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program could not be started, or ended with an error.
    #[error("{step}: `{command}` {outcome}{}", indented(output))]
    Command {
        /// What was to be done.
        step: String,
        /// The command line.
        command: String,
        /// How it ended.
        outcome: String,
        /// What it wrote to standard output and standard error.
        output: String,
    },
    /// A file or directory could not be read or written.
    #[error("{step}: {}", path.display())]
    File {
        /// What was to be done.
        step: String,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// No complete response to a request was received.
    #[error("{request} on {address} failed")]
    Request {
        /// Method and path.
        request: String,
        /// The engine's address.
        address: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A reply has another status or another shape than was expected.
    #[error("{request} on {address}: expected {expected}, got {status}: {body}")]
    Reply {
        /// Method and path.
        request: String,
        /// The engine's address.
        address: String,
        /// What the harness expected.
        expected: String,
        /// The HTTP status that came.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// A program that was started did not become ready.
    #[error("{what} was not ready after {} s: {state}{}", waited.as_secs(), indented(log))]
    NotReady {
        /// The program.
        what: String,
        /// How long the harness waited.
        waited: Duration,
        /// What it last saw.
        state: String,
        /// The end of the program's log.
        log: String,
    },
    /// This machine cannot run engines; the tests that need one are skipped for this reason.
    #[error("{0}")]
    Unavailable(String),
}

/// An error together with everything that caused it, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn indented(text: &str) -> impl fmt::Display {
    text.trim_end().lines().map(|line| format!("\n    {line}")).collect::<String>()
}
