//! The body of a response: drives its connection, applies the idle timeout, adds the call to errors and counts bytes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use docker_api::{Error, Target};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;
use tracing::Span;

use super::connection::Connection;
use super::idle::Idle;
use super::pool::Pool;
use super::upload::Upload;

pub(crate) struct ReplyBody {
    body: Incoming,
    /// `Some` until the body ends. If it is dropped before, the connection is closed, and the engine stops sending.
    connection: Option<(Connection, Arc<Pool>)>,
    target: Target,
    idle: Option<Idle>,
    span: Span,
    started: Instant,
    upload: Upload,
    bytes: u64,
    ended: bool,
    /// Whether it ended with an error, after which nothing follows.
    failed: bool,
}

impl ReplyBody {
    pub(crate) async fn new(
        body: Incoming,
        connection: Option<(Connection, Arc<Pool>)>,
        target: Target,
        idle: Option<Duration>,
        started: Instant,
        upload: Upload,
    ) -> Self {
        let traffic = connection.as_ref().map(|(connection, _)| connection.traffic().clone());
        let idle = idle.map(|limit| Idle::new(limit, traffic.unwrap_or_default()));
        let span = Span::current();
        let mut this = Self {
            body,
            connection,
            target,
            idle,
            span,
            started,
            upload,
            bytes: 0,
            ended: false,
            failed: false,
        };
        if this.body.is_end_stream() {
            // An empty body need not be read.
            poll_fn(|cx| {
                this.release(cx);
                Poll::Ready(())
            })
            .await;
        }
        this
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending()
            && let Some((connection, _)) = &mut self.connection
        {
            connection.drive(cx);
            polled = Pin::new(&mut self.body).poll_frame(cx);
        }
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.release(cx);
        }
        polled
    }

    /// Closes the connection, and ends the body.
    fn fail(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.failed = true;
        self.connection = None;
        Poll::Ready(Some(Err(error)))
    }

    /// Returns the connection to the pool, once the body has ended.
    fn release(&mut self, cx: &mut Context<'_>) {
        if let Some((mut connection, pool)) = self.connection.take()
            && connection.is_ready(cx)
        {
            pool.put(connection);
        }
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
        if this.failed {
            return Poll::Ready(None);
        }
        let polled = this.poll_body(cx);
        if let Some(idle) = &mut this.idle {
            if polled.is_ready() {
                idle.stop();
            } else {
                ready!(idle.poll(cx));
                let error = Error::timeout(this.target.clone(), "reading the response", idle.limit);
                return this.fail(error);
            }
        }
        match ready!(polled) {
            None => {
                this.ended = true;
                Poll::Ready(None)
            }
            Some(Ok(frame)) => {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(source)) => {
                let error = this.upload.failure(&this.target).unwrap_or_else(|| {
                    Error::communication(this.target.clone(), "reading the response", source)
                });
                this.fail(error)
            }
        }
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
