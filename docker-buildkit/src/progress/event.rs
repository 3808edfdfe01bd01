//! The events of a build.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::error::SourceLines;

/// An event of a build.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A step has started.
    Started {
        /// The step.
        step: Step,
    },
    /// The result of a step was taken from the build cache.
    Cached {
        /// The step.
        step: Step,
    },
    /// A step has succeeded.
    Completed {
        /// The step.
        step: Step,
        /// The time that it took.
        duration: Duration,
    },
    /// A step has failed, or was cancelled because another one failed.
    Failed {
        /// The step.
        step: Step,
        /// The engine's message.
        message: String,
    },
    /// The command of a step has written output.
    Log {
        /// The step.
        step: Step,
        /// The stream that the command wrote to.
        stream: LogStream,
        /// The bytes as they were written, not split into lines.
        data: Bytes,
    },
    /// A part of a step has made progress, such as the download of a layer.
    Progress {
        /// The step.
        step: Step,
        /// The name of the part, such as `transferring context:`.
        name: String,
        /// The amount that is done, usually in bytes.
        current: u64,
        /// The total amount in the same unit, if it is known.
        total: Option<u64>,
        /// Whether the part is complete.
        completed: bool,
    },
    /// The engine reports a warning about the Dockerfile. Since API 1.42 (Docker 23.0).
    Warning(Box<Warning>),
}

/// A step of a build, which BuildKit calls a vertex. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Step {
    /// The number of the step, counted from 1 in the order in which the engine first reports the steps.
    pub number: usize,
    /// The name, such as `[2/3] RUN make`.
    pub name: Arc<str>,
    /// The digest of the step in BuildKit.
    pub digest: Arc<str>,
}

/// A stream that the command of a step writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A warning about a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The warning in one line.
    pub message: String,
    /// The lines of a longer explanation.
    pub detail: Vec<String>,
    /// The URL of a page about the warning, which may be empty.
    pub url: String,
    /// The lines of the Dockerfile that the warning is about.
    pub source: Option<SourceLines>,
}
