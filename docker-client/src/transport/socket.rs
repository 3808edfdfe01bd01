//! A connection to an engine, of any kind.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use docker_api::Upgraded;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::duplex::Duplex;
#[cfg(unix)]
use super::ssh::SshStream;

/// A stream of bytes in both directions.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Io for T {}

/// A connection, in both directions.
pub(crate) enum Socket {
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
    #[cfg(unix)]
    Ssh(SshStream),
    /// TLS, a tunnel through a proxy, a named pipe, or a connection that the program opened.
    Other(Pin<Box<dyn Io>>),
}

impl Socket {
    /// Returns the raw connection after an upgrade. `read` arrived together with the head of the response.
    pub(crate) fn into_upgraded(self, read: bytes::Bytes) -> Upgraded {
        let read = io::Cursor::new(read);
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => {
                let (reader, writer) = stream.into_split();
                Upgraded::from_halves(read.chain(reader), writer)
            }
            Self::Tcp(stream) => {
                let (reader, writer) = stream.into_split();
                Upgraded::from_halves(read.chain(reader), writer)
            }
            #[cfg(unix)]
            Self::Ssh(stream) => {
                let (reader, writer) = stream.into_split();
                Upgraded::from_halves(read.chain(reader), writer)
            }
            // The two directions of these depend on each other, so they share a lock.
            Self::Other(stream) => {
                let (reader, writer) = tokio::io::split(Duplex::new(stream));
                Upgraded::from_halves(read.chain(reader), writer)
            }
        }
    }
}

macro_rules! each {
    ($socket:expr, $stream:ident => $result:expr) => {
        match $socket.get_mut() {
            #[cfg(unix)]
            Socket::Unix($stream) => {
                let $stream = Pin::new($stream);
                $result
            }
            Socket::Tcp($stream) => {
                let $stream = Pin::new($stream);
                $result
            }
            #[cfg(unix)]
            Socket::Ssh($stream) => {
                let $stream = Pin::new($stream);
                $result
            }
            Socket::Other($stream) => {
                let $stream = $stream.as_mut();
                $result
            }
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.is_write_vectored(),
            Self::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Self::Ssh(stream) => stream.is_write_vectored(),
            Self::Other(stream) => stream.is_write_vectored(),
        }
    }
}
