//! A connection that was upgraded from HTTP and carries raw bytes in both directions.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The half of an upgraded connection that reads from the engine.
pub type UpgradedReader = Box<dyn AsyncRead + Send + Unpin>;

/// The half of an upgraded connection that writes to the engine.
pub type UpgradedWriter = Box<dyn AsyncWrite + Send + Unpin>;

/// An upgraded connection, as attach, exec and session return it.
///
/// Bytes that arrived together with the head of the response are read first. [`AsyncWriteExt::shutdown`] closes only
/// the writing side: the engine sees the end of the input, and its output can still be read. Dropping the value closes
/// the connection.
///
/// [`AsyncWriteExt::shutdown`]: tokio::io::AsyncWriteExt::shutdown
#[must_use = "the connection closes when this is dropped"]
pub struct Upgraded {
    reader: UpgradedReader,
    writer: UpgradedWriter,
}

impl Upgraded {
    /// Creates an upgraded connection from a stream. Its halves share a lock.
    pub fn new(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (reader, writer) = tokio::io::split(io);
        Self::from_halves(reader, writer)
    }

    /// Creates an upgraded connection from two halves that work independently of each other.
    pub fn from_halves(
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self { reader: Box::new(reader), writer: Box::new(writer) }
    }

    /// Splits the connection into its halves. It closes when both are dropped.
    pub fn into_split(self) -> (UpgradedReader, UpgradedWriter) {
        (self.reader, self.writer)
    }
}

impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").finish_non_exhaustive()
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.writer.is_write_vectored()
    }
}
