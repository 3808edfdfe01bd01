//! One connection to the engine over any transport, and how it breaks.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::memory::MemoryStream;
use crate::request::{self, Length, Request, invalid};

/// The maximum length of a head in bytes. The connection of a client that sends more is closed.
const HEAD_LIMIT: usize = 16 * 1024 * 1024;

/// How a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It is closed: the client reads the end. On TLS, no close_notify is sent.
    Close,
    /// It is reset: the client reads an error. A Unix socket is closed instead.
    Reset,
    /// Nothing more is sent, and the connection stays open.
    Stall,
}

/// One connection to the engine. Dropping it closes it, on TLS without a close_notify.
#[derive(Debug)]
pub struct Connection {
    /// `None` after the connection was broken.
    socket: Option<Socket>,
    /// Bytes that were read and not yet returned.
    read: BytesMut,
    number: usize,
    /// The maximum number of bytes in one write.
    write_size: usize,
    /// Whether to let other tasks run before the next write.
    pause: bool,
    /// The number of bytes after which the connection breaks, and how it does.
    end: Option<(usize, Break)>,
}

/// The transport of a connection.
#[derive(Debug)]
pub(crate) enum Socket {
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Memory(MemoryStream),
}

impl Connection {
    pub(crate) fn new(socket: Socket, number: usize) -> Self {
        Self {
            socket: Some(socket),
            read: BytesMut::new(),
            number,
            write_size: usize::MAX,
            pause: false,
            end: None,
        }
    }

    /// Returns the number of the connection, counted from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Limits each write to this many bytes, and lets the client run between writes.
    pub fn write_at_most(&mut self, bytes: usize) {
        self.write_size = bytes.max(1);
    }

    /// Breaks the connection after this many more bytes were written. Later writes fail with
    /// [`io::ErrorKind::BrokenPipe`], or do not complete after [`Break::Stall`].
    pub fn break_after(&mut self, bytes: usize, how: Break) {
        self.end = Some((bytes, how));
    }

    /// Breaks the connection now. [`Break::Stall`] does nothing: keep the connection instead.
    pub fn end(&mut self, how: Break) {
        match (how, self.socket.take()) {
            (Break::Stall, socket) => self.socket = socket,
            (Break::Reset, Some(socket)) => socket.reset(),
            (Break::Close, socket) => drop(socket),
            (Break::Reset, None) => {}
        }
    }

    /// Reads the head of the next request and returns it with an empty body, or `None` if the client has closed the
    /// connection.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection breaks, or the client sends something that is not the head of a request.
    pub async fn read_head(&mut self) -> io::Result<Option<Request>> {
        if self.read.is_empty() && self.fill().await? == 0 {
            return Ok(None);
        }
        let head = self.read_until(b"\r\n\r\n").await?;
        request::parse(&head, self.number).map(Some)
    }

    /// Reads the next request with its body, or returns `None` if the client has closed the connection.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read_head`](Self::read_head).
    pub async fn read_request(&mut self) -> io::Result<Option<Request>> {
        let Some(mut request) = self.read_head().await? else { return Ok(None) };
        request.body = self.read_body(request.length()).await?;
        Ok(Some(request))
    }

    /// Reads the body of a request whose head was read.
    pub(crate) async fn read_body(&mut self, length: Length) -> io::Result<Bytes> {
        match length {
            Length::Known(length) => self.read_bytes(length).await,
            Length::Chunked => {
                let mut body = BytesMut::new();
                loop {
                    let line = self.read_until(b"\r\n").await?;
                    let text = String::from_utf8_lossy(&line);
                    let digits = text.split(';').next().unwrap_or_default().trim();
                    let size = usize::from_str_radix(digits, 16)
                        .map_err(|_| invalid(format!("not the size of a chunk: {text:?}")))?;
                    let chunk = self.read_bytes(size + 2).await?;
                    if size == 0 {
                        return Ok(body.freeze());
                    }
                    body.extend_from_slice(&chunk[..size]);
                }
            }
        }
    }

    /// Takes the connection. The one that remains is closed.
    pub(crate) fn take(&mut self) -> Self {
        let empty = Self { socket: None, read: BytesMut::new(), ..*self };
        std::mem::replace(self, empty)
    }

    /// Reads up to and including `end`.
    async fn read_until(&mut self, end: &[u8]) -> io::Result<Bytes> {
        let mut searched = 0;
        loop {
            let found = self.read[searched..].windows(end.len()).position(|part| part == end);
            if let Some(at) = found {
                return Ok(self.read.split_to(searched + at + end.len()).freeze());
            }
            searched = (self.read.len() + 1).saturating_sub(end.len());
            if self.read.len() > HEAD_LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the head is too long"));
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn read_bytes(&mut self, count: usize) -> io::Result<Bytes> {
        while self.read.len() < count {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.read.split_to(count).freeze())
    }

    /// Reads the bytes that are available. Returns 0 at the end.
    async fn fill(&mut self) -> io::Result<usize> {
        match &mut self.socket {
            Some(socket) => socket.read_buf(&mut self.read).await,
            None => Ok(0),
        }
    }

    /// Returns how many bytes may be written before the break, or how the connection breaks now.
    fn allowed(&mut self, wanted: usize) -> Result<usize, Break> {
        let most = wanted.min(self.write_size);
        match self.end {
            Some((0, how)) => Err(how),
            Some((left, _)) => Ok(most.min(left)),
            None => Ok(most),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.read.is_empty() {
            let count = self.read.len().min(buf.remaining());
            buf.put_slice(&self.read.split_to(count));
            return Poll::Ready(Ok(()));
        }
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_read(cx, buf),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if std::mem::take(&mut this.pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = match this.allowed(buf.len()) {
            Ok(count) => count,
            // The task is never woken, and the connection stays open until the task is dropped.
            Err(Break::Stall) => return Poll::Pending,
            Err(how) => {
                this.end(how);
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        };
        let Some(socket) = &mut this.socket else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let written = ready!(Pin::new(socket).poll_write(cx, &buf[..count]))?;
        if let Some((left, _)) = &mut this.end {
            *left -= written;
        }
        this.pause = this.write_size != usize::MAX;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Socket {
    fn reset(self) {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => drop(stream),
            Self::Tcp(stream) => reset_tcp(stream),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => reset_tcp(stream.into_inner().0),
            Self::Memory(stream) => stream.reset(),
        }
    }
}

/// Closes a connection so that its peer reads an error.
fn reset_tcp(stream: TcpStream) {
    // With a linger time of zero, the system sends a reset.
    let _ = socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO));
}

macro_rules! each {
    ($socket:expr, $stream:ident => $result:expr) => {
        match $socket.get_mut() {
            #[cfg(unix)]
            Socket::Unix($stream) => $result,
            Socket::Tcp($stream) => $result,
            #[cfg(feature = "tls")]
            Socket::Tls($stream) => $result,
            Socket::Memory($stream) => $result,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
