//! The timeouts of a client.

use std::time::Duration;

/// The timeouts of a client; `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection.
    pub(crate) connect: Option<Duration>,
    /// For the head of the response, from the start of the call. The negotiation of the version before it has as long
    /// again.
    pub(crate) reply: Option<Duration>,
    /// Whether `reply` applies to slow operations as well.
    pub(crate) strict: bool,
    /// For the next byte in either direction.
    pub(crate) idle: Option<Duration>,
    /// For the whole call.
    pub(crate) call: Option<Duration>,
}

/// A longer limit would end after the last time that a clock can have, and is no limit in practice.
pub(crate) const LONGEST: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Some(Duration::from_secs(10)),
            reply: None,
            strict: false,
            idle: None,
            call: None,
        }
    }
}
