//! How long is waited, for what.

use std::time::Duration;

use docker_api::Operation;

/// How long is waited, for what; `None` is for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection.
    pub(crate) connect: Option<Duration>,
    /// For the head of the reply, from the begin of the call; before it, as long again for negotiating the version.
    pub(crate) reply: Option<Duration>,
    /// Whether `reply` holds for operations that may take any time, too.
    pub(crate) strict: bool,
    /// For the next byte in either direction.
    pub(crate) idle: Option<Duration>,
    /// For the whole call.
    pub(crate) call: Option<Duration>,
}

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

impl Timeouts {
    /// How long is waited for the head of the reply to `operation`.
    pub(crate) fn reply_to(&self, operation: &Operation) -> Option<Duration> {
        self.reply.filter(|_| self.strict || !operation.slow)
    }
}
