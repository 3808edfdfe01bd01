//! Reads the body of a response on a thread that may block, as archives are extracted with blocking calls.

use std::future::poll_fn;
use std::io::{self, Read};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use docker_api::{ByteStream, Error};
use docker_core::on_thread;
use futures_core::Stream;
use tokio::sync::mpsc;

/// The number of pieces that are buffered for the thread.
const AHEAD: usize = 4;

/// The body of a response, as the thread reads it.
#[derive(Debug)]
pub(crate) struct Blocking {
    pieces: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
}

impl Blocking {
    /// Runs `read` on another thread, which reads the stream. If the future is dropped, the thread's next read fails.
    ///
    /// An error of the stream takes precedence over that of `read`, which `failed` converts. The thread has finished
    /// when this returns.
    pub(crate) async fn read<T: Send + 'static>(
        mut stream: ByteStream,
        read: impl FnOnce(&mut Self) -> io::Result<T> + Send + 'static,
        failed: impl FnOnce(io::Error) -> Error,
    ) -> Result<T, Error> {
        let (to, pieces) = mpsc::channel(AHEAD);
        let task = on_thread(move || read(&mut Self { pieces, piece: Bytes::new(), ended: false }));
        let streamed = forward(&mut stream, to).await;
        let read = task.await.and_then(|read| read);
        streamed.and_then(|()| read.map_err(failed))
    }
}

/// Sends the pieces of a stream to the thread until the stream ends or the thread stops reading.
async fn forward(stream: &mut ByteStream, to: mpsc::Sender<Option<Bytes>>) -> Result<(), Error> {
    loop {
        // If the thread has failed, this must not wait for an engine that sends nothing.
        let mut closed = pin!(to.closed());
        let next = poll_fn(|cx| match Pin::new(&mut *stream).poll_next(cx) {
            Poll::Ready(piece) => Poll::Ready(Some(piece)),
            Poll::Pending => closed.as_mut().poll(cx).map(|()| None),
        });
        let Some(piece) = next.await else { return Ok(()) };
        let piece = piece.transpose()?;
        let last = piece.is_none();
        if to.send(piece).await.is_err() || last {
            return Ok(());
        }
    }
}

impl Read for Blocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.ended = true,
                None => return Err(io::Error::other("the copy was cancelled")),
            }
        }
        let piece = self.piece.split_to(self.piece.len().min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Context;
    use std::time::Duration;

    use docker_api::operations::ContainerArchive;
    use http_body::Frame;

    use super::*;

    const OPERATION: &docker_api::Operation = &ContainerArchive::OPERATION;

    /// A body of some pieces, after which it breaks off, or stays silent.
    struct Pieces {
        left: usize,
        breaks: bool,
    }

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            if self.left > 0 {
                self.left -= 1;
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))));
            }
            let broken = || Error::communication(OPERATION, "reading the response", "reset");
            if self.breaks { Poll::Ready(Some(Err(broken()))) } else { Poll::Pending }
        }
    }

    fn failed(error: io::Error) -> Error {
        Error::unpack(OPERATION, error)
    }

    #[tokio::test]
    async fn a_reader_that_fails_is_heard_though_the_engine_is_silent() {
        let stream = ByteStream::new(Pieces { left: 1, breaks: false });
        let full = |reader: &mut Blocking| {
            reader.read_exact(&mut [0])?;
            Err::<(), _>(io::ErrorKind::StorageFull.into())
        };
        let read = Blocking::read(stream, full, failed);
        let error = tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Unpack { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn nothing_is_written_after_the_error() {
        let stream = ByteStream::new(Pieces { left: 3, breaks: true });
        let done = Arc::new(AtomicBool::new(false));
        let at_end = done.clone();
        let slow = move |reader: &mut Blocking| {
            std::thread::sleep(Duration::from_millis(50));
            let mut text = Vec::new();
            let ended = reader.read_to_end(&mut text);
            assert_eq!(text, b"xxx");
            at_end.store(true, Ordering::SeqCst);
            ended
        };
        let error = Blocking::read(stream, slow, failed).await.unwrap_err();
        assert!(matches!(error, Error::Communication { .. }), "{error:?}");
        assert!(done.load(Ordering::SeqCst), "the thread still reads");
    }
}
