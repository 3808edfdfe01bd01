//! The reports of a running build.

use crate::built::Built;
use crate::progress::Event;
use crate::proto::control::StatusResponse;

/// A report of a running build.
pub(crate) enum Report {
    /// BuildKit's own report.
    Status(StatusResponse),
    /// An event of a part of the build that BuildKit is not involved in.
    Event(Event),
    /// The build has succeeded.
    Done(Built),
}
