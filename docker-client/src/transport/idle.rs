//! Gives up on connections over which no byte moves.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use docker_api::{Error, Target, UpgradedReader, UpgradedWriter};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::traffic::{Metered, Traffic};

/// Waits until no byte has moved in either direction for some time.
///
/// Only time in which the program waits is counted, not the time that it takes between two reads or writes.
pub(super) struct Idle {
    pub(super) limit: Duration,
    traffic: Traffic,
    /// How many bytes had moved when the time started to run.
    moved: u64,
    sleep: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Idle {
    pub(super) fn new(limit: Duration, traffic: Traffic) -> Self {
        let sleep = Box::pin(sleep_until(Instant::now()));
        Self { limit, traffic, moved: 0, sleep, waiting: false }
    }

    /// Stops counting time, because the program no longer waits.
    pub(super) fn stop(&mut self) {
        self.waiting = false;
    }

    /// Completes when no byte has moved for the duration of the limit.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let moved = self.traffic.total();
            if !self.waiting || moved != self.moved {
                self.waiting = true;
                self.moved = moved;
                self.sleep.as_mut().reset(Instant::now() + self.limit);
            }
            ready!(self.sleep.as_mut().poll(cx));
            if self.traffic.total() == self.moved {
                return Poll::Ready(());
            }
        }
    }
}

/// One direction of an upgraded connection. It fails when nothing moves in either direction.
struct Watched<S> {
    stream: Metered<S>,
    target: Target,
    idle: Idle,
    doing: &'static str,
}

/// Makes both directions of an upgraded connection fail when nothing moves, with an I/O error that contains
/// [`Error::Timeout`].
pub(super) fn watch(
    target: Target,
    limit: Duration,
    (reader, writer): (UpgradedReader, UpgradedWriter),
) -> (impl AsyncRead + Send + Unpin, impl AsyncWrite + Send + Unpin) {
    let traffic = Traffic::default();
    let idle = || Idle::new(limit, traffic.clone());
    let reader = Watched {
        stream: Metered { stream: reader, traffic: traffic.clone() },
        target: target.clone(),
        idle: idle(),
        doing: "waiting for output",
    };
    let writer = Watched {
        stream: Metered { stream: writer, traffic: traffic.clone() },
        target,
        idle: idle(),
        doing: "sending input",
    };
    (reader, writer)
}

impl<S> Watched<S> {
    /// Returns what was polled, or an error if nothing has moved for too long.
    fn unless_idle<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.idle.stop();
            return polled;
        }
        ready!(self.idle.poll(cx));
        self.idle.stop();
        let error = Error::timeout(self.target.clone(), self.doing, self.idle.limit);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, error)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.unless_idle(polled, cx)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.unless_idle(polled, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(cx);
        this.unless_idle(polled, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.unless_idle(polled, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.unless_idle(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
