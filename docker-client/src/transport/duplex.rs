//! Connections whose two directions depend on each other: reading also sends what is left to be sent.
//!
//! TLS and WebSockets buffer data while the socket accepts no more. They also buffer the end of the input. A writer
//! that was dropped, or waits for something else, would never send the rest, and an engine may respond only when it has
//! received everything.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection in both directions, which is split with a lock.
pub(crate) struct Duplex<S> {
    stream: S,
    unfinished: Unfinished,
    waiting: Arc<Waiting>,
    /// Wakes the reader and the writer: a socket keeps only one waker for each of its directions.
    waker: Waker,
}

/// What remains to be done to send the data that was written.
#[derive(PartialEq)]
enum Unfinished {
    Nothing,
    Flush,
    Shutdown,
}

/// The tasks that wait for the connection.
#[derive(Default)]
struct Waiting(Mutex<Wakers>);

#[derive(Default)]
struct Wakers {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl<S> Duplex<S> {
    pub(crate) fn new(stream: S) -> Self {
        let waiting = Arc::<Waiting>::default();
        let waker = Waker::from(Arc::clone(&waiting));
        Self { stream, unfinished: Unfinished::Nothing, waiting, waker }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Wakers { reader, writer } = mem::take(&mut *self.lock());
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Duplex<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, unfinished, waiting, waker } = self.get_mut();
        waiting.lock().reader = Some(cx.waker().clone());
        let mut both = Context::from_waker(waker);
        let sent = match unfinished {
            Unfinished::Nothing => Poll::Pending,
            Unfinished::Flush => Pin::new(&mut *stream).poll_flush(&mut both),
            Unfinished::Shutdown => Pin::new(&mut *stream).poll_shutdown(&mut both),
        };
        if sent.is_ready() {
            // The writer reports the error. What the engine sent before it stopped reading can still be read.
            *unfinished = Unfinished::Nothing;
        }
        Pin::new(stream).poll_read(&mut both, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Duplex<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, unfinished, waiting, waker } = self.get_mut();
        waiting.lock().writer = Some(cx.waker().clone());
        *unfinished = Unfinished::Flush;
        Pin::new(stream).poll_write(&mut Context::from_waker(waker), buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, unfinished, waiting, waker } = self.get_mut();
        waiting.lock().writer = Some(cx.waker().clone());
        let flushed = Pin::new(stream).poll_flush(&mut Context::from_waker(waker));
        if flushed.is_ready() && *unfinished == Unfinished::Flush {
            *unfinished = Unfinished::Nothing;
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, unfinished, waiting, waker } = self.get_mut();
        waiting.lock().writer = Some(cx.waker().clone());
        let ended = Pin::new(stream).poll_shutdown(&mut Context::from_waker(waker));
        *unfinished = if ended.is_ready() { Unfinished::Nothing } else { Unfinished::Shutdown };
        ended
    }
}
