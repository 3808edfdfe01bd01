//! The body of a reply: errors that name the operation, the idle timeout, and the count of its bytes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use docker_api::{Error, Operation};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::Span;

pub(crate) struct ReplyBody {
    body: Incoming,
    operation: &'static Operation,
    idle: Option<Idle>,
    span: Span,
    started: Instant,
    bytes: u64,
    ended: bool,
}

/// Gives up when nothing comes for too long.
struct Idle {
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
    /// Whether the reader waits; the time that it takes between two reads is its own affair.
    waiting: bool,
}

impl ReplyBody {
    pub(crate) fn new(
        body: Incoming,
        operation: &'static Operation,
        idle: Option<Duration>,
        started: Instant,
    ) -> Self {
        let idle = idle.map(|limit| Idle {
            limit,
            sleep: Box::pin(sleep_until(Instant::now())),
            waiting: false,
        });
        Self { body, operation, idle, span: Span::current(), started, bytes: 0, ended: false }
    }
}

impl Idle {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.waiting {
            self.waiting = true;
            self.sleep.as_mut().reset(Instant::now() + self.limit);
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let operation = this.operation;
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Some(idle) = &mut this.idle {
            if polled.is_ready() {
                idle.waiting = false;
            } else {
                ready!(idle.poll(cx));
                let (doing, after) = ("more of the reply was awaited", idle.limit);
                return Poll::Ready(Some(Err(Error::Timeout { operation, doing, after })));
            }
        }
        Poll::Ready(match ready!(polled) {
            None => {
                this.ended = true;
                None
            }
            Some(Ok(frame)) => {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                Some(Ok(frame))
            }
            Some(Err(source)) => Some(Err(Error::Communication {
                operation,
                doing: "the reply was read",
                source: source.into(),
            })),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        tracing::debug!(
            parent: &self.span,
            bytes = self.bytes,
            complete = self.ended || self.body.is_end_stream(),
            milliseconds = self.started.elapsed().as_millis() as u64,
            "done"
        );
    }
}
