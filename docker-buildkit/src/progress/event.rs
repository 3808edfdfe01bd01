//! Events of a build.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::error::SourceLines;

/// Something that happened during a build.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A step began.
    Started {
        /// The step.
        step: Step,
    },
    /// The result of a step was taken from the build cache.
    Cached {
        /// The step.
        step: Step,
    },
    /// A step ended well.
    Completed {
        /// The step.
        step: Step,
        /// How long it took.
        duration: Duration,
    },
    /// A step failed, or was cancelled because another one failed.
    Failed {
        /// The step.
        step: Step,
        /// The engine's message.
        message: String,
    },
    /// The command of a step wrote something.
    Log {
        /// The step.
        step: Step,
        /// Where the command wrote it.
        stream: LogStream,
        /// The bytes as they were written, not cut to lines.
        data: Bytes,
    },
    /// A part of a step went on, such as the download of a layer.
    Progress {
        /// The step.
        step: Step,
        /// The name of the part, such as `transferring context:`.
        name: String,
        /// What is done, mostly in bytes.
        current: u64,
        /// What is to be done, if the engine knows.
        total: Option<u64>,
        /// Whether the part is complete.
        completed: bool,
    },
    /// The engine warns of something in the Dockerfile. Engines before API 1.42 never do.
    Warning(Box<Warning>),
}

/// A step of a build, which BuildKit calls a vertex. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Step {
    /// The number of the step in the order in which steps were first heard of, from 1.
    pub number: usize,
    /// The name, such as `[2/3] RUN make`.
    pub name: Arc<str>,
    /// The digest by which BuildKit knows the step.
    pub digest: Arc<str>,
}

/// Where the command of a step writes.
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
    /// What is warned of, in one line.
    pub message: String,
    /// More about it, in lines.
    pub detail: Vec<String>,
    /// A page about it; may be empty.
    pub url: String,
    /// Where it is in the Dockerfile.
    pub source: Option<SourceLines>,
}
