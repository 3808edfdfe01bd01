//! The bodies of requests and responses. Both can be streams.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, ReadBuf};

use crate::{BoxError, Error};

/// How many bytes are read from an `AsyncRead` at once.
const READ_SIZE: usize = 64 * 1024;

/// A body of any kind. The lock is only accessed through `&mut`, so it is never contended. It makes the type `Sync`,
/// although the body need not be.
struct Boxed<E>(Mutex<Pin<Box<dyn http_body::Body<Data = Bytes, Error = E> + Send>>>);

impl<E> Boxed<E> {
    fn new(body: impl http_body::Body<Data = Bytes, Error = E> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(body)))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_frame(cx)
    }
}

/// The body of a request: empty, bytes, or a stream that is never entirely in memory.
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Bytes(Bytes),
    Stream(Boxed<BoxError>),
}

impl Body {
    /// Creates an empty body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a body from a stream. Items are sent as the stream yields them. If the stream fails, the request fails
    /// with [`Error::Body`].
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self(Content::Stream(Boxed::new(FromStream(Box::pin(stream)))))
    }

    /// Creates a body from a reader, which is read while the body is sent, up to 64 KiB at a time. If reading fails,
    /// the request fails with [`Error::Body`].
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self(Content::Stream(Boxed::new(FromReader {
            reader: Box::pin(reader),
            buffer: BytesMut::new(),
        })))
    }

    /// Returns the bytes, or `None` if the body is a stream.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Empty => Some(&[]),
            Content::Bytes(bytes) => Some(bytes),
            Content::Stream(_) => None,
        }
    }

    /// Returns a copy of the body, or `None` if it is a stream, which can be sent only once.
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Content::Empty => Some(Self::empty()),
            Content::Bytes(bytes) => Some(bytes.clone().into()),
            Content::Stream(_) => None,
        }
    }
}

/// Shows the size, never the content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            None => f.write_str("Body(stream)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Content::Bytes(bytes)) }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Content::Empty => Poll::Ready(None),
            Content::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Content::Stream(stream) => stream.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Empty => SizeHint::with_exact(0),
            Content::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(_) => SizeHint::default(),
        }
    }
}

struct FromStream<S>(Pin<Box<S>>);

impl<S, B, E> http_body::Body for FromStream<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let item = ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(item.map(|item| item.map(|data| Frame::data(data.into())).map_err(Into::into)))
    }
}

struct FromReader<R> {
    reader: Pin<Box<R>>,
    buffer: BytesMut,
}

impl<R: AsyncRead> http_body::Body for FromReader<R> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let FromReader { reader, buffer } = &mut *self;
        buffer.reserve(READ_SIZE);
        Poll::Ready(match ready!(pin!(reader.read_buf(buffer)).poll(cx)) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Frame::data(buffer.split().freeze()))),
            Err(error) => Some(Err(error.into())),
        })
    }
}

/// The body of a response: a stream of [`Bytes`], as they arrive.
///
/// Nothing is read before the stream is polled, apart from what the connection has already received. Dropping the
/// stream before its end closes the connection, and the engine stops sending. Trailers are ignored.
#[must_use = "dropping it cancels the request, and for some operations also the work of the engine"]
pub struct ByteStream {
    body: Boxed<Error>,
    /// The explanation that is added to the errors that the stream reports.
    note: Option<Box<str>>,
}

impl ByteStream {
    /// Creates the stream of a body.
    pub fn new(body: impl http_body::Body<Data = Bytes, Error = Error> + Send + 'static) -> Self {
        Self { body: Boxed::new(body), note: None }
    }

    /// Adds an explanation to the message of every error that the engine reports within the stream, for a
    /// [`Layer`](crate::Layer) that knows a reason for which the operation may fail. The bytes are not changed.
    ///
    /// [`JsonStream`](crate::JsonStream) adds it as `message; explanation`.
    pub fn explaining_errors(mut self, explanation: impl Into<String>) -> Self {
        self.note = Some(explanation.into().into());
        self
    }

    /// Returns what [`explaining_errors`](Self::explaining_errors) has set, for a layer that replaces the stream.
    pub fn explanation(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Creates an empty stream.
    pub fn empty() -> Self {
        Bytes::new().into()
    }

    /// Reads the stream to its end and returns all its bytes.
    ///
    /// # Errors
    ///
    /// Returns the first error of the stream. The bytes received before it are lost.
    pub async fn collect(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Reads the stream to its end and returns all its bytes, or `None` if there are more than `limit`.
    pub(crate) async fn collect_within(mut self, limit: usize) -> Result<Option<Bytes>, Error> {
        let Some(first) = self.chunk().await? else { return Ok(Some(Bytes::new())) };
        let mut length = first.len();
        if length > limit {
            return Ok(None);
        }
        let Some(second) = self.chunk().await? else { return Ok(Some(first)) };
        let mut all = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            length += chunk.len();
            if length > limit {
                return Ok(None);
            }
            all.extend_from_slice(&chunk);
            next = self.chunk().await?;
        }
        Ok(Some(all.freeze()))
    }

    /// Returns the next bytes, or `None` at the end.
    ///
    /// This method is cancel safe: if the future is dropped, no bytes are lost.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Communication`] if the connection fails early, and [`Error::Timeout`] if a timeout elapses.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    /// Returns the stream as an [`AsyncRead`].
    pub fn into_reader(self) -> ByteReader {
        ByteReader { stream: self, chunk: Bytes::new() }
    }
}

impl From<Bytes> for ByteStream {
    fn from(bytes: Bytes) -> Self {
        struct Whole(Option<Bytes>);

        impl http_body::Body for Whole {
            type Data = Bytes;
            type Error = Error;

            fn poll_frame(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
                Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
            }
        }

        Self::new(Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }
}

impl From<String> for ByteStream {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for ByteStream {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.body.poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}

/// A [`ByteStream`] as an [`AsyncRead`] and [`AsyncBufRead`].
///
/// Its errors are of type [`io::Error`] and contain the [`Error`].
#[derive(Debug)]
#[must_use = "dropping it cancels the request, and for some operations also the work of the engine"]
pub struct ByteReader {
    stream: ByteStream,
    chunk: Bytes,
}

impl AsyncRead for ByteReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let chunk = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = chunk.len().min(buf.remaining());
        buf.put_slice(&chunk[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for ByteReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.chunk.is_empty()
            && let Some(chunk) = ready!(Pin::new(&mut this.stream).poll_next(cx))
        {
            this.chunk = chunk.map_err(io::Error::other)?;
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.chunk.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// What the connection would send of a body, and how the body ended.
    async fn sent(mut body: Body) -> (Vec<u8>, Option<String>) {
        let mut all = Vec::new();
        while let Some(frame) =
            std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await
        {
            match frame {
                Ok(frame) => all.extend(frame.into_data().unwrap()),
                Err(error) => return (all, Some(error.to_string())),
            }
        }
        (all, None)
    }

    fn chunks(chunks: &'static [&'static str]) -> ByteStream {
        struct Chunks(std::slice::Iter<'static, &'static str>);
        impl http_body::Body for Chunks {
            type Data = Bytes;
            type Error = Error;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
                Poll::Ready(self.0.next().map(|text| Ok(Frame::data((*text).into()))))
            }
        }
        ByteStream::new(Chunks(chunks.iter()))
    }

    #[tokio::test]
    async fn every_kind_of_body_arrives_whole() {
        let long = "x".repeat(3 * READ_SIZE + 1);
        let pieces = stream::iter([Ok::<_, io::Error>("a"), Ok("b")]);
        let reader = io::Cursor::new(long.clone());
        assert_eq!(sent(Body::empty()).await, (vec![], None));
        assert_eq!(sent("text".into()).await, (b"text".to_vec(), None));
        assert_eq!(sent(Body::from_stream(pieces)).await, (b"ab".to_vec(), None));
        assert_eq!(sent(Body::from_reader(reader)).await, (long.into_bytes(), None));
    }

    #[tokio::test]
    async fn an_error_of_the_source_ends_the_body() {
        let pieces = stream::iter([Ok("a"), Err(io::Error::other("disk gone"))]);
        assert_eq!(
            sent(Body::from_stream(pieces)).await,
            (b"a".to_vec(), Some("disk gone".into()))
        );
    }

    #[test]
    fn bodies_can_be_sent_and_shared() {
        fn check<T: Send + Sync + Unpin + 'static>() {}
        check::<Body>();
        check::<ByteStream>();
        check::<crate::Request>();
        check::<crate::StreamingResponse<ByteStream>>();
    }

    #[test]
    fn only_bytes_have_a_length_and_can_be_cloned() {
        use http_body::Body as _;
        assert_eq!(Body::from("abc").size_hint().exact(), Some(3));
        assert_eq!(Body::from("abc").try_clone().unwrap().as_bytes(), Some(&b"abc"[..]));
        let stream = Body::from_reader(io::Cursor::new("abc"));
        assert_eq!((stream.size_hint().exact(), stream.try_clone().is_none()), (None, true));
        assert_eq!(format!("{:?} {stream:?}", Body::from("secret")), "Body(6 bytes) Body(stream)");
    }

    #[tokio::test]
    async fn a_reply_is_collected_and_read_across_pieces() {
        assert_eq!(chunks(&["ab", "", "c", "d"]).collect().await.unwrap(), "abcd");
        let mut text = String::new();
        chunks(&["ab", "", "cd"]).into_reader().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "abcd");
    }
}
