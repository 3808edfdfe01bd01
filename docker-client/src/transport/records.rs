//! TLS connections that are closed without a close_notify.
//!
//! Without the close_notify, an attacker may have cut the connection, but many servers and proxies never send one. As
//! in Go, closing the connection between two records is therefore a regular end: the layers above TLS detect whether
//! something is missing, by a length, chunks or frames. Within a record it is an error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::forward::forward_async_write;

/// The length of the head of a record: its type, two bytes of version, two bytes of length.
const HEAD: usize = 5;

/// A stream below TLS that tracks the boundaries of the records that are read.
pub(super) struct Records<S> {
    stream: S,
    head: [u8; HEAD],
    /// How many bytes of the head of the next record have arrived.
    heads: usize,
    /// How many bytes of the current record are missing.
    left: usize,
}

impl<S> Records<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, head: [0; HEAD], heads: 0, left: 0 }
    }

    /// Returns whether everything that has arrived is whole records.
    fn at_boundary(&self) -> bool {
        self.heads == 0 && self.left == 0
    }

    fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let count = self.left.min(bytes.len());
                self.left -= count;
                bytes = &bytes[count..];
                continue;
            }
            let count = (HEAD - self.heads).min(bytes.len());
            self.head[self.heads..self.heads + count].copy_from_slice(&bytes[..count]);
            self.heads += count;
            bytes = &bytes[count..];
            if self.heads == HEAD {
                self.left = usize::from(u16::from_be_bytes([self.head[3], self.head[4]]));
                self.heads = 0;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Records<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.follow(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Records<S> {
    forward_async_write!(stream);
}

/// A TLS connection that may be closed between two records.
pub(super) struct Tls<S>(pub(super) TlsStream<Records<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tls<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.0).poll_read(cx, buf)) {
            Err(error)
                if error.kind() == io::ErrorKind::UnexpectedEof
                    && self.0.get_ref().0.at_boundary() =>
            {
                Poll::Ready(Ok(()))
            }
            result => Poll::Ready(result),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tls<S> {
    forward_async_write!(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_found_however_the_records_arrive() {
        let record = |length: u16| {
            [&[23, 3, 3][..], &length.to_be_bytes(), &vec![0; length.into()]].concat()
        };
        let bytes = [record(3), record(0), record(300)].concat();
        let boundaries = [0, 8, 13, 318];
        for size in 1..bytes.len() {
            let mut records = Records::new(());
            for (index, part) in bytes.chunks(size).enumerate() {
                records.follow(part);
                let at = index * size + part.len();
                assert_eq!(records.at_boundary(), boundaries.contains(&at), "{at} by {size}");
            }
        }
    }
}
