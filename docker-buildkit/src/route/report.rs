//! The reports of a build under way.

use crate::built::Built;
use crate::progress::Event;
use crate::proto::control::StatusResponse;

/// A report of a build under way.
pub(crate) enum Report {
    /// BuildKit's own report.
    Status(StatusResponse),
    /// An event of a part of the build that BuildKit does not do.
    Event(Event),
    /// The build has succeeded.
    Done(Built),
}
