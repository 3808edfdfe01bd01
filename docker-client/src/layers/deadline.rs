//! Limits how long a whole call takes: negotiation, connection, request and response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use docker_api::{
    ApiVersion, BoxFuture, ByteStream, Call, Error, IgnoredField, Operation, Reply, Target,
    Transport,
};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

/// A transport that gives up on calls that take longer than a limit.
#[derive(Debug)]
pub(super) struct Deadline {
    pub(super) next: Arc<dyn Transport>,
    pub(super) limit: Duration,
}

impl Deadline {
    async fn send(&self, call: Call) -> Result<Reply, Error> {
        let target = call.target();
        let end = Instant::now() + self.limit;
        let sent = timeout_at(end, self.next.execute(call)).await;
        let mut reply = sent.unwrap_or_else(|_| {
            Err(Error::timeout(target.clone(), "waiting for the response", self.limit))
        })?;
        // An upgraded connection lasts as long as its user wants.
        if reply.upgraded.is_none() {
            let explanation = reply.body.explanation().map(str::to_owned);
            reply.body = ByteStream::new(Limited {
                body: reply.body,
                target,
                limit: self.limit,
                end: Some(Box::pin(sleep_until(end))),
            });
            if let Some(explanation) = explanation {
                reply.body = reply.body.explaining_errors(explanation);
            }
        }
        Ok(reply)
    }
}

impl Transport for Deadline {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.send(call))
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        Box::pin(async {
            let negotiated = tokio::time::timeout(self.limit, self.next.api_version()).await;
            negotiated.unwrap_or_else(|_| Err(super::version::timed_out(self.limit)))
        })
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        self.next.note_ignored(operation, fields);
    }
}

/// A body that has to end in time.
struct Limited {
    body: ByteStream,
    target: Target,
    limit: Duration,
    /// `None` once it was exceeded.
    end: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Some(end) = &mut this.end else { return Poll::Ready(None) };
        if end.as_mut().poll(cx).is_pending() {
            let piece = ready!(futures_core::Stream::poll_next(Pin::new(&mut this.body), cx));
            return Poll::Ready(piece.map(|piece| piece.map(Frame::data)));
        }
        this.end = None;
        // The connection closes, so that the engine stops.
        this.body = ByteStream::empty();
        let target = this.target.clone();
        Poll::Ready(Some(Err(Error::timeout(target, "reading the response", this.limit))))
    }
}
