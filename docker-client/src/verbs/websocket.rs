//! Attaching to a container over a WebSocket, for proxies that let no other protocol upgrade through.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes};
use docker_api::operations::ContainerAttachWebsocket;
use docker_api::{ApiVersion, Error, Request, Response, StreamingResponse, Upgraded};
use futures_core::Stream;
use futures_sink::Sink;
use http::header::{HeaderName, SEC_WEBSOCKET_ACCEPT};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_websockets::{ClientBuilder, Limits, Message, WebSocketStream};

use super::attach::{AttachExt, Attached, select_stream, selects_input};
use super::logs::select_both;
use crate::sealed::Sealed;
use crate::stream::Framing;
use crate::transport::Duplex;

/// The first API version in which the call selects what is attached. Earlier engines always attach input and output.
const SELECTS_STREAMS: ApiVersion = ApiVersion::new(1, 42);

/// The string that is appended to the key before it is hashed. See
/// <https://datatracker.ietf.org/doc/html/rfc6455#section-1.3>
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The maximum size of a message that is sent, in bytes.
const MESSAGE_SIZE: usize = 16 * 1024;

/// The maximum size of a message that is received, in bytes. Engines send at most 32 KiB in one message.
const MESSAGE_LIMIT: usize = 1024 * 1024;

impl Sealed for ContainerAttachWebsocket {}

/// Attaches over a WebSocket. Requires the feature `websocket`.
///
/// Standard output and standard error cannot be told apart: both arrive as
/// [`Output::Terminal`](crate::Output::Terminal). Closing the input sends the closing message of the WebSocket. The
/// engine treats it as the end of the input, and the output still arrives. Below API 1.42, input and output are
/// attached regardless of what the call selects.
impl AttachExt for ContainerAttachWebsocket {
    async fn attach(self) -> Result<Attached, Error> {
        let mut request = Request::from(self);
        select_stream(&mut request);
        let old = request.api_version().await?.is_some_and(|version| version < SELECTS_STREAMS);
        if old {
            // Such an engine attaches everything, and has no parameters to select it.
            for name in ["stdin", "stdout", "stderr"] {
                if request.query_value(name) == Some("true") {
                    request.query_all(name, [false; 0]);
                }
            }
        } else {
            select_both(&mut request);
        }
        // Earlier engines always attach the input.
        let input = old || selects_input(&request);
        Attached::open(request, upgrade, Framing::Known(true), input).await
    }
}

/// Upgrades the connection to a WebSocket, whose messages are then a stream of bytes in each direction.
async fn upgrade(mut request: Request) -> Result<StreamingResponse<Upgraded>, Error> {
    let target = request.target();
    let failed = |source: docker_api::BoxError| {
        Error::communication(target.clone(), "opening the WebSocket", source)
    };
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| failed(error.to_string().into()))?;
    let key = STANDARD.encode(key);
    request.header("Upgrade", "websocket");
    request.header("Sec-WebSocket-Version", "13");
    request.header("Sec-WebSocket-Key", &*key);
    let reply = request.upgrade().await?;
    let expected = STANDARD.encode(sha1_smol::Sha1::from(format!("{key}{SALT}")).digest().bytes());
    if header(&reply, SEC_WEBSOCKET_ACCEPT) != Some(expected.as_bytes()) {
        return Err(failed("the header Sec-WebSocket-Accept does not match this request; a proxy may have cached the response".into()));
    }
    let limits = Limits::default().max_payload_len(Some(MESSAGE_LIMIT));
    Ok(reply.map(|connection| {
        Upgraded::new(Duplex::new(Messages {
            socket: ClientBuilder::new()
                .limits(limits)
                .take_over(IgnoreWriteErrors { connection, broken: None }),
            received: Bytes::new(),
            ended: false,
            closed: false,
        }))
    }))
}

fn header<T>(reply: &Response<T>, name: HeaderName) -> Option<&[u8]> {
    reply.headers().get(name).map(|value| value.as_bytes())
}

/// The messages of a WebSocket as a stream of bytes in each direction.
struct Messages {
    socket: WebSocketStream<IgnoreWriteErrors>,
    /// Data that was received and not yet read.
    received: Bytes,
    /// Whether the engine has sent the closing message, as it does after the container has exited.
    ended: bool,
    /// Whether the closing message was sent.
    closed: bool,
}

impl Messages {
    /// Returns the error of a broken connection to the writer. It is hidden from the WebSocket crate.
    fn unbroken<T>(&self, value: T) -> Poll<io::Result<T>> {
        Poll::Ready(self.socket.get_ref().broken.map_or(Ok(value), |kind| Err(kind.into())))
    }
}

impl AsyncRead for Messages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.received.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(message)) if message.is_binary() || message.is_text() => {
                    self.received = Bytes::from(message.into_payload());
                }
                // The WebSocket crate responds to pings and closing messages.
                Some(Ok(message)) => self.ended |= message.is_close(),
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
                None if self.ended => return Poll::Ready(Ok(())),
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
        let count = self.received.len().min(buf.remaining());
        buf.put_slice(&self.received[..count]);
        self.received.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Messages {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io_error)?;
        let piece = &buf[..buf.len().min(MESSAGE_SIZE)];
        let message = Message::binary(Bytes::copy_from_slice(piece));
        Pin::new(&mut self.socket).start_send(message).map_err(io_error)?;
        // Interactive input is not flushed by the caller. What cannot be sent now is sent while the output is read.
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(Err(io_error(error)));
        }
        self.unbroken(piece.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_flush(cx)).map_err(io_error)?;
        self.unbroken(())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.closed {
            ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io_error)?;
            self.closed = true;
            match Pin::new(&mut self.socket).start_send(Message::close(None, "")) {
                // The engine has closed the WebSocket before.
                Ok(()) | Err(tokio_websockets::Error::AlreadyClosed) => {}
                Err(error) => return Poll::Ready(Err(io_error(error))),
            }
        }
        ready!(Pin::new(&mut self.socket).poll_flush(cx)).map_err(io_error)?;
        self.unbroken(())
    }
}

/// The connection of the WebSocket.
///
/// The WebSocket crate stops reading when it cannot write, even if that is only the response to the engine's closing
/// message. Errors of writing are therefore hidden from it, so that the data that the engine has sent can still be
/// read.
struct IgnoreWriteErrors {
    connection: Upgraded,
    /// The kind of the error after which nothing can be written.
    broken: Option<io::ErrorKind>,
}

impl IgnoreWriteErrors {
    /// Records an error of writing or flushing, and returns `done` in its place.
    fn note<T>(&mut self, written: io::Result<T>, done: T) -> Poll<io::Result<T>> {
        Poll::Ready(Ok(written.unwrap_or_else(|error| {
            self.broken = Some(error.kind());
            done
        })))
    }
}

impl AsyncRead for IgnoreWriteErrors {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(cx, buf)
    }
}

impl AsyncWrite for IgnoreWriteErrors {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.connection).poll_write(cx, buf));
        self.note(written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.connection).poll_write_vectored(cx, bufs));
        self.note(written, bufs.iter().map(|buf| buf.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.connection).poll_flush(cx));
        self.note(flushed, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

fn io_error(error: tokio_websockets::Error) -> io::Error {
    match error {
        tokio_websockets::Error::Io(error) => error,
        tokio_websockets::Error::AlreadyClosed => io::ErrorKind::BrokenPipe.into(),
        other => io::Error::other(other),
    }
}
