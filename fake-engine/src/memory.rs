//! Connections in memory, which the engine can reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// The number of bytes that are buffered in each direction.
pub(crate) const CAPACITY: usize = 64 * 1024;

/// One end of a connection in memory.
#[derive(Debug)]
pub struct MemoryStream {
    stream: DuplexStream,
    /// Set by the engine to end the connection with an error, as with a reset of TCP.
    reset: Arc<AtomicBool>,
}

/// Returns the ends of a connection that buffers this many bytes in each direction.
pub(crate) fn pair(capacity: usize) -> (MemoryStream, MemoryStream) {
    let (near, far) = tokio::io::duplex(capacity);
    let reset = Arc::<AtomicBool>::default();
    (MemoryStream { stream: near, reset: reset.clone() }, MemoryStream { stream: far, reset })
}

impl MemoryStream {
    /// Ends the connection. The peer reads an error after the bytes that were sent.
    pub(crate) fn reset(self) {
        self.reset.store(true, Ordering::SeqCst);
    }

    fn is_reset(&self) -> bool {
        self.reset.load(Ordering::SeqCst)
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() == before && buf.remaining() > 0 && self.is_reset() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(Pin::new(&mut self.stream).poll_write(cx, buf)) {
            Err(_) if self.is_reset() => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            written => Poll::Ready(written),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_reset_comes_after_the_bytes_that_were_sent() {
        let (mut near, mut far) = pair(64);
        far.write_all(b"last words").await.unwrap();
        far.reset();
        let mut text = [0; 10];
        near.read_exact(&mut text).await.unwrap();
        assert_eq!(near.read(&mut text).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let error = near.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn one_direction_ends_without_the_other() {
        let (mut near, mut far) = pair(64);
        near.shutdown().await.unwrap();
        far.write_all(b"still here").await.unwrap();
        assert_eq!(far.read(&mut [0; 4]).await.unwrap(), 0);
        drop(far);
        let mut text = String::new();
        near.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "still here");
    }
}
