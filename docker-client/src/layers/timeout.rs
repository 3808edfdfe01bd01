//! Limits how long a call waits for the head of its response.

use std::time::Duration;

use docker_api::{BoxFuture, Call, Error, Layer, Reply, Transport};

/// A layer that gives up on calls whose response does not start in time.
#[derive(Debug)]
pub(super) struct ReplyTimeout {
    pub(super) limit: Duration,
    /// Whether the limit applies to slow operations as well.
    pub(super) strict: bool,
}

impl Layer for ReplyTimeout {
    fn execute<'a>(
        &'a self,
        call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        if call.operation().slow && !self.strict {
            return next.execute(call);
        }
        Box::pin(async {
            let target = call.target();
            let reply = tokio::time::timeout(self.limit, next.execute(call)).await;
            let late = |_| Err(Error::timeout(target, "waiting for the response", self.limit));
            reply.unwrap_or_else(late)
        })
    }
}
