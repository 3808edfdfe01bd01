//! Splits a stream of output into two readers.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use super::{Output, OutputStream};

/// The maximum number of bytes that are buffered for one reader while the other one is read.
const BUFFER_LIMIT: usize = 1024 * 1024;

/// An [`AsyncRead`] of either standard output or standard error.
///
/// [`OutputStream::into_readers`] creates both. They share a connection: while one is read, up to 1 MiB of the other is
/// buffered. If the buffer is full, reading waits until the other reader is read or dropped, so read both concurrently.
///
/// An error of the stream is returned by both readers as an [`io::Error`]. In the reader that returns it first, it
/// wraps the [`Error`](docker_api::Error); in the other one, it contains only the message. Dropping both readers
/// cancels the request.
#[must_use = "no output is received unless the reader is read"]
pub struct OutputReader {
    shared: Arc<Shared>,
    side: usize,
}

struct Shared {
    state: Mutex<State>,
    wakers: Arc<Wakers>,
}

struct State {
    output: OutputStream,
    sides: [Side; 2],
    /// The end of the stream, or the message of the error that ended it.
    end: Option<Result<(), String>>,
}

#[derive(Default)]
struct Side {
    kept: VecDeque<Bytes>,
    bytes: usize,
    dropped: bool,
}

/// Wakes the tasks of both readers, because it is not known which of them the next piece is for.
#[derive(Default)]
struct Wakers(Mutex<[Option<Waker>; 2]>);

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.iter_mut().filter_map(Option::take).for_each(Waker::wake);
    }
}

impl OutputStream {
    /// Splits the stream into readers of standard output and of standard error. The first reader also returns the
    /// output of a terminal.
    pub fn into_readers(self) -> (OutputReader, OutputReader) {
        let state = State { output: self, sides: Default::default(), end: None };
        let shared = Arc::new(Shared { state: Mutex::new(state), wakers: Arc::default() });
        let reader = |side| OutputReader { shared: Arc::clone(&shared), side };
        (reader(0), reader(1))
    }
}

impl OutputReader {
    fn poll_chunk(&self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<Bytes>> {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        loop {
            let side = &mut state.sides[self.side];
            if let Some(chunk) = side.kept.front_mut() {
                let piece = chunk.split_to(room.min(chunk.len()));
                if !chunk.has_remaining() {
                    side.kept.pop_front();
                }
                let was_full = side.bytes >= BUFFER_LIMIT;
                side.bytes -= piece.len();
                if was_full && side.bytes < BUFFER_LIMIT {
                    Arc::clone(&self.shared.wakers).wake();
                }
                return Poll::Ready(Ok(piece));
            }
            match &state.end {
                Some(Ok(())) => return Poll::Ready(Ok(Bytes::new())),
                Some(Err(text)) => return Poll::Ready(Err(io::Error::other(text.clone()))),
                None => {}
            }
            self.register(cx);
            if state.sides[1 - self.side].bytes >= BUFFER_LIMIT {
                return Poll::Pending;
            }
            let waker = Waker::from(Arc::clone(&self.shared.wakers));
            match Pin::new(&mut state.output).poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => state.finish(&self.shared.wakers, Ok(())),
                Poll::Ready(Some(Ok(piece))) => state.keep(&self.shared.wakers, piece),
                Poll::Ready(Some(Err(error))) => {
                    state.finish(&self.shared.wakers, Err(error.to_string()));
                    return Poll::Ready(Err(io::Error::other(error)));
                }
            }
        }
    }

    fn register(&self, cx: &Context<'_>) {
        let mut wakers = self.shared.wakers.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakers[self.side] = Some(cx.waker().clone());
    }
}

impl State {
    fn keep(&mut self, wakers: &Arc<Wakers>, piece: Output) {
        let side = &mut self.sides[usize::from(matches!(piece, Output::Stderr(_)))];
        if !side.dropped {
            let bytes = piece.into_bytes();
            side.bytes += bytes.len();
            side.kept.push_back(bytes);
            Arc::clone(wakers).wake();
        }
    }

    fn finish(&mut self, wakers: &Arc<Wakers>, end: Result<(), String>) {
        self.end = Some(end);
        Arc::clone(wakers).wake();
    }
}

impl AsyncRead for OutputReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        self.poll_chunk(cx, room).map_ok(|chunk| buf.put_slice(&chunk))
    }
}

impl Drop for OutputReader {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.sides[self.side] = Side { dropped: true, ..Side::default() };
        drop(state);
        // The other reader may be waiting for this one.
        Arc::clone(&self.shared.wakers).wake();
    }
}

impl fmt::Debug for OutputReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.side == 0 { "stdout" } else { "stderr" };
        f.debug_tuple("OutputReader").field(&name).finish()
    }
}

#[cfg(test)]
mod tests {
    use docker_api::{ByteStream, Error, Operation, Target};
    use tokio::io::AsyncReadExt;

    use super::super::Chunks;
    use super::*;

    static LOGS: Operation = Operation::new("ContainerLogs", "GET", "/containers/{id}/logs");

    fn frame(id: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&[id, 0, 0, 0], &length[..], payload].concat()
    }

    /// Readers of these frames, which come one at a time.
    fn readers(frames: Vec<Vec<u8>>) -> (OutputReader, OutputReader) {
        struct Frames(std::vec::IntoIter<Vec<u8>>, bool);
        impl http_body::Body for Frames {
            type Data = Bytes;
            type Error = Error;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
                // Every second poll has nothing yet.
                self.1 = !self.1;
                if self.1 {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(self.0.next().map(|data| Ok(http_body::Frame::data(data.into()))))
            }
        }
        let body = Chunks::Body(ByteStream::new(Frames(frames.into_iter(), false)));
        OutputStream::new(Target::from(&LOGS), body, false).into_readers()
    }

    #[tokio::test]
    async fn both_are_read_at_once_or_one_after_the_other() {
        let frames = || vec![frame(2, b"x"), frame(1, b"a"), frame(1, b"b"), frame(2, b"y")];
        let (mut out, mut err) = readers(frames());
        let (mut first, mut second) = (String::new(), String::new());
        out.read_to_string(&mut first).await.unwrap();
        err.read_to_string(&mut second).await.unwrap();
        assert_eq!((&*first, &*second), ("ab", "xy"));

        let (mut out, mut err) = readers(frames());
        let read = |reader: &mut OutputReader| {
            let mut reader = std::mem::replace(reader, readers(vec![]).0);
            tokio::spawn(async move {
                let mut text = String::new();
                reader.read_to_string(&mut text).await.map(|_| text)
            })
        };
        let (first, second) = (read(&mut out), read(&mut err));
        assert_eq!(first.await.unwrap().unwrap(), "ab");
        assert_eq!(second.await.unwrap().unwrap(), "xy");
    }

    #[tokio::test]
    async fn what_is_kept_for_the_other_is_bounded() {
        let frames = (0..40).map(|_| frame(2, &[b'e'; 64 * 1024])).chain([frame(1, b"out")]);
        let (mut out, mut err) = readers(frames.collect());
        let reader = tokio::spawn(async move {
            let mut text = String::new();
            out.read_to_string(&mut text).await.map(|_| text)
        });
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        assert!(!reader.is_finished(), "the first waits for the second");
        assert!(err.shared.state.lock().unwrap().sides[1].bytes <= BUFFER_LIMIT + 64 * 1024);
        let mut all = Vec::new();
        err.read_to_end(&mut all).await.unwrap();
        assert_eq!(all.len(), 40 * 64 * 1024);
        assert_eq!(reader.await.unwrap().unwrap(), "out");
    }

    #[tokio::test]
    async fn a_dropped_reader_does_not_block_the_other() {
        let frames = (0..40).map(|_| frame(2, &[b'e'; 64 * 1024])).chain([frame(1, b"out")]);
        let (mut out, err) = readers(frames.collect());
        drop(err);
        let mut text = String::new();
        out.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "out");
    }

    #[tokio::test]
    async fn an_error_comes_from_both() {
        let (mut out, mut err) = readers(vec![frame(1, b"a"), vec![9; 8]]);
        let mut text = Vec::new();
        let first = out.read_to_end(&mut text).await.unwrap_err();
        assert_eq!(text, b"a");
        assert!(first.get_ref().unwrap().downcast_ref::<Error>().is_some());
        let second = err.read_to_end(&mut text).await.unwrap_err();
        assert!(second.to_string().contains("stream 9"), "{second}");
    }
}
