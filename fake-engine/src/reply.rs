//! Replies: their contents, the framing and pacing of their bodies, and the end of the connection.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, UPGRADE};

use crate::BoxFuture;
use crate::connection::{Break, Connection};

/// A part of a body. Each [`Bytes`](Piece::Bytes) is a separate write and, in a chunked body, a separate chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the body.
    Bytes(Bytes),
    /// Nothing is sent for this long.
    Pause(Duration),
    /// The connection breaks. The parts that follow are not sent.
    Break(Break),
}

impl<T: Into<Bytes>> From<T> for Piece {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// With a `Content-Length` of the length of the body. The default for a body in one piece.
    Length,
    /// With this `Content-Length`, whatever the length of the body is.
    Announced(u64),
    /// With chunks. The default for a stream.
    Chunked,
    /// With the end of the connection.
    Close,
}

/// What happens with the connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It stays open for the next request, unless the client or the framing requires closing it.
    Keep,
    /// It breaks.
    End(Break),
}

/// Handles a connection that was upgraded.
pub(crate) type Handler = Box<dyn FnOnce(Connection) -> BoxFuture<()> + Send>;

/// A reply of the engine.
pub struct Reply {
    pub(crate) prelude: Bytes,
    pub(crate) version: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) framing: Framing,
    pub(crate) body: Body,
    pub(crate) trailers: Vec<(String, String)>,
    pub(crate) afterwards: Vec<Piece>,
    pub(crate) after: After,
    pub(crate) delay: Duration,
    pub(crate) write_size: Option<usize>,
    pub(crate) break_after: Option<(usize, Break)>,
    pub(crate) upgrade: Option<Handler>,
}

/// The body of a reply.
pub(crate) enum Body {
    Whole(Bytes),
    Pieces(BoxStream<'static, Piece>),
    /// All bytes that are sent, including the head.
    Raw(Bytes),
}

impl Reply {
    /// Returns a reply with this status, content type and body. An empty content type is not sent.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self {
            prelude: Bytes::new(),
            version: "HTTP/1.1",
            status,
            headers: HeaderMap::new(),
            framing: Framing::Length,
            body: Body::Whole(body.into()),
            trailers: Vec::new(),
            afterwards: Vec::new(),
            after: After::Keep,
            delay: Duration::ZERO,
            write_size: None,
            break_after: None,
            upgrade: None,
        };
        if let Ok(value) = HeaderValue::from_str(content_type)
            && !value.is_empty()
        {
            reply.headers.insert(CONTENT_TYPE, value);
        }
        reply
    }

    /// Returns a reply without a body and a content type.
    pub fn empty(status: u16) -> Self {
        Self::new(status, "", Bytes::new())
    }

    /// Returns a reply with JSON.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// Returns an error in the form of the engine: `{"message": …}`.
    pub fn error(status: u16, message: impl AsRef<str>) -> Self {
        let escaped = message.as_ref().replace('\\', r"\\").replace('"', "\\\"");
        Self::json(status, format!("{{\"message\":\"{}\"}}\n", escaped.replace('\n', r"\n")))
    }

    /// Returns the reply to a ping of an engine with this API version.
    pub fn pong(version: &str) -> Self {
        Self::new(200, "text/plain; charset=utf-8", "OK").header("Api-Version", version)
    }

    /// Returns a reply with status 200 whose body is sent in these pieces.
    pub fn pieces<I>(content_type: &str, pieces: I) -> Self
    where
        I: IntoIterator<Item: Into<Piece> + 'static>,
        I::IntoIter: Send + 'static,
    {
        Self::stream(content_type, stream::iter(pieces.into_iter().map(Into::into)))
    }

    /// Returns a reply with status 200 whose body is sent as the stream yields it.
    pub fn stream(
        content_type: &str,
        pieces: impl futures_util::Stream<Item = Piece> + Send + 'static,
    ) -> Self {
        let mut reply = Self::new(200, content_type, Bytes::new()).framed(Framing::Chunked);
        reply.body = Body::Pieces(pieces.boxed());
        reply
    }

    /// Returns a reply with status 101, after which `handle` gets the connection.
    pub fn upgrade<F, R>(content_type: &str, handle: F) -> Self
    where
        F: FnOnce(Connection) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let mut reply = Self::new(101, content_type, Bytes::new());
        reply.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        reply.headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
        reply.upgrade = Some(Box::new(move |connection| Box::pin(handle(connection))));
        reply
    }

    /// Returns a reply that consists of these bytes, including its head.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(200);
        reply.body = Body::Raw(bytes.into());
        reply
    }

    /// Returns an empty reply, after which the connection breaks.
    pub fn none(how: Break) -> Self {
        Self::raw(Bytes::new()).then(After::End(how))
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Sets a header. A header that is not valid is not sent.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        if let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_str(value.as_ref()))
        {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets the framing of the body.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Sends the reply as HTTP/1.0, whose bodies end with the connection.
    #[must_use]
    pub fn http10(mut self) -> Self {
        self.version = "HTTP/1.0";
        self.framing = Framing::Close;
        self
    }

    /// Sends these bytes before the head, such as `HTTP/1.1 100 Continue\r\n\r\n`.
    #[must_use]
    pub fn after(mut self, prelude: impl Into<Bytes>) -> Self {
        self.prelude = prelude.into();
        self
    }

    /// Waits this long before the first byte.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends a trailer after the last chunk.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this after the reply, unframed, while the connection is idle.
    #[must_use]
    pub fn afterwards(mut self, pieces: impl IntoIterator<Item = Piece>) -> Self {
        self.afterwards.extend(pieces);
        self
    }

    /// Sets what happens with the connection after the reply.
    #[must_use]
    pub fn then(mut self, after: After) -> Self {
        self.after = after;
        self
    }

    /// Limits each write of head and body to this many bytes.
    #[must_use]
    pub fn written_by(mut self, bytes: usize) -> Self {
        self.write_size = Some(bytes);
        self
    }

    /// Breaks the connection after this many bytes of the reply, counted from the first byte of its head.
    #[must_use]
    pub fn broken_after(mut self, bytes: usize, how: Break) -> Self {
        self.break_after = Some((bytes, how));
        self
    }

    pub(crate) fn has_no_body(&self, method: &str) -> bool {
        method == "HEAD" || self.status < 200 || self.status == 204 || self.status == 304
    }

    /// Returns the head, including its empty line.
    pub(crate) fn head(&self) -> String {
        let reason = http::StatusCode::from_u16(self.status).ok();
        let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
        let mut head = format!("{} {} {reason}\r\n", self.version, self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
        }
        if self.status >= 200 && self.status != 204 {
            head += &match (self.framing, &self.body) {
                (Framing::Announced(length), _) => format!("content-length: {length}\r\n"),
                (Framing::Length, Body::Whole(body)) => {
                    format!("content-length: {}\r\n", body.len())
                }
                (Framing::Chunked, _) => "transfer-encoding: chunked\r\n".to_owned(),
                (Framing::Close | Framing::Length, _) => "connection: close\r\n".to_owned(),
            };
        }
        head + "\r\n"
    }

    /// Returns whether the end of the connection marks the end of the body.
    pub(crate) fn ends_connection(&self) -> bool {
        match self.framing {
            Framing::Close => true,
            Framing::Length => matches!(self.body, Body::Pieces(_)),
            Framing::Announced(_) | Framing::Chunked => false,
        }
    }
}

impl Body {
    pub(crate) fn into_pieces(self) -> Pin<Box<dyn futures_util::Stream<Item = Piece> + Send>> {
        match self {
            Self::Whole(bytes) | Self::Raw(bytes) => {
                stream::iter((!bytes.is_empty()).then_some(Piece::Bytes(bytes))).boxed()
            }
            Self::Pieces(pieces) => pieces,
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("framing", &self.framing)
            .finish_non_exhaustive()
    }
}
