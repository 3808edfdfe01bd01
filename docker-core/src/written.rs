//! Bodies that a function writes while they are sent, on a thread on which it may block.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::{Body, BoxFuture, on_thread};

/// The size of the pieces that are sent, in bytes.
const PIECE: usize = 64 * 1024;

/// The number of pieces that may be queued before the function has to wait.
const AHEAD: usize = 4;

type Writes = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

impl Body {
    /// Creates a body that a function writes while the body is sent, for example an archive of files. The function runs
    /// on a separate thread, on which it may block.
    ///
    /// The function is called when the body is first read, and waits while the engine does not read, so that at most
    /// 320 KiB are in memory. If it fails, the request fails with [`Error::Body`](crate::Error::Body). If the request
    /// is dropped, the next write fails with [`io::ErrorKind::BrokenPipe`], and the function should return.
    ///
    /// ```
    /// use docker_core::Body;
    ///
    /// let body = Body::from_writer(|out| (0..1_000_000).try_for_each(|line| writeln!(out, "{line}")));
    /// ```
    pub fn from_writer(
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self::from_stream(Written::Waiting(Some(Box::new(write))))
    }

    /// Creates a body from the content of a file. The file is opened when the body is first read, and is never entirely
    /// in memory.
    ///
    /// If the file cannot be read, the request fails with [`Error::Body`](crate::Error::Body), which names the file.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::from_writer(move |out| {
            let copied = File::open(&path).and_then(|mut file| io::copy(&mut file, out));
            match copied {
                Ok(_) => Ok(()),
                Err(error) => {
                    Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
                }
            }
        })
    }
}

/// The stream of what a function writes.
enum Written {
    Waiting(Option<Writes>),
    Running { pieces: mpsc::Receiver<Bytes>, task: BoxFuture<'static, io::Result<io::Result<()>>> },
    Ended,
}

impl Stream for Written {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Self::Waiting(write) = this {
            let Some(write) = write.take() else { return Poll::Ready(None) };
            let (to, pieces) = mpsc::channel(AHEAD);
            let task = on_thread(move || {
                let mut out = Pieces { to, piece: BytesMut::new() };
                write(&mut out)?;
                out.flush()
            });
            *this = Self::Running { pieces, task: Box::pin(task) };
        }
        let Self::Running { pieces, task } = this else { return Poll::Ready(None) };
        if let Some(piece) = ready!(pieces.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(piece)));
        }
        // The channel also closes if the function fails or panics.
        let ended = ready!(task.as_mut().poll(cx));
        *this = Self::Ended;
        Poll::Ready(ended.and_then(|written| written).err().map(Err))
    }
}

/// Collects what is written into pieces, and passes them on.
struct Pieces {
    to: mpsc::Sender<Bytes>,
    piece: BytesMut,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.reserve(PIECE.saturating_sub(self.piece.len()));
        let count = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..count]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.to.blocking_send(self.piece.split().freeze()).map_err(|_| {
            io::Error::new(io::ErrorKind::BrokenPipe, "the request was dropped or refused")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use futures_util::StreamExt as _;

    use super::*;

    fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Written {
        Written::Waiting(Some(Box::new(write)))
    }

    #[tokio::test]
    async fn what_is_written_is_sent_in_pieces() {
        let text = "0123456789".repeat(20_000);
        let written = text.clone();
        let pieces = stream(move |out| out.write_all(written.as_bytes())).collect::<Vec<_>>().await;
        let pieces: Vec<_> = pieces.into_iter().map(Result::unwrap).collect();
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [PIECE, PIECE, PIECE, 3392]);
        assert!(pieces.concat() == text.as_bytes());
    }

    #[tokio::test]
    async fn an_error_and_a_panic_end_the_body_with_an_error() {
        let mut failing = stream(|out| {
            out.write_all(b"a")?;
            out.flush()?;
            Err(io::Error::other("disk gone"))
        });
        assert_eq!(failing.next().await.unwrap().unwrap(), "a");
        assert_eq!(failing.next().await.unwrap().unwrap_err().to_string(), "disk gone");
        assert!(failing.next().await.is_none());
        let mut panicking = stream(|_| panic!("of the test"));
        assert!(panicking.next().await.unwrap().is_err(), "an incomplete body ends with an error");
    }

    #[tokio::test]
    async fn the_function_waits_for_the_reader_and_ends_with_it() {
        let written = Arc::new(AtomicUsize::new(0));
        let (count, (ended, end)) = (written.clone(), mpsc::channel());
        let mut endless = stream(move |out| {
            let outcome = loop {
                if let Err(error) = out.write_all(&[0; PIECE]) {
                    break error;
                }
                count.fetch_add(1, Ordering::SeqCst);
            };
            ended.send(outcome.kind()).unwrap();
            Err(outcome)
        });
        for _ in 0..3 {
            endless.next().await.unwrap().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(written.load(Ordering::SeqCst) <= 3 + AHEAD, "no more than fits is written ahead");
        drop(endless);
        let kind = tokio::task::spawn_blocking(move || end.recv_timeout(Duration::from_secs(10)));
        assert_eq!(kind.await.unwrap(), Ok(io::ErrorKind::BrokenPipe));
    }

    #[tokio::test]
    async fn a_file_is_sent_and_a_missing_one_named() {
        let sent = |path: &str| {
            let mut body = Body::from_path(path);
            async move {
                std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx))
                    .await
                    .unwrap()
            }
        };
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let frame = sent(manifest).await.unwrap();
        assert!(frame.into_data().unwrap().starts_with(b"[package]"));
        let error = sent("/no/such/file").await.unwrap_err().to_string();
        assert!(error.starts_with("/no/such/file: "), "{error}");
    }
}
