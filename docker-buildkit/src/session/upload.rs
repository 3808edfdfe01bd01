//! The archives that a build uses as its context.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use crate::files::{Failure, FileError};
use crate::grpc::{Call, Code, Status};
use crate::proto::services::BytesMessage;

/// The maximum number of bytes in a message.
const PIECE: usize = 256 * 1024;

/// The number of messages that may wait to be sent before the writer waits.
const AHEAD: usize = 4;

/// A function that writes an archive.
type WriteArchive = dyn Fn(&mut dyn Write) -> Result<(), FileError> + Send + Sync;

/// An archive, which is written when the engine requests it.
#[derive(Clone)]
pub(crate) struct Archive(Arc<WriteArchive>);

impl Archive {
    pub(crate) fn new(
        write: impl Fn(&mut dyn Write) -> Result<(), FileError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(write))
    }
}

/// Sends the archive that the engine requests by the path of its URL.
pub(super) async fn send(
    archives: &BTreeMap<String, Archive>,
    call: &mut Call,
) -> Result<(), Failure> {
    let path = call.values("urlpath").concat();
    let archive = archives.get(path.trim_start_matches('/')).cloned();
    let Some(Archive(write)) = archive else {
        return Err(Status::new(Code::NOT_FOUND, format!("there is no archive `{path}`")).into());
    };
    let (to, mut pieces) = mpsc::channel(AHEAD);
    let writer = tokio::task::spawn_blocking(move || {
        let mut out = Pieces { to, buffer: BytesMut::new() };
        write(&mut out)?;
        // An error means that the call has ended.
        let _ = out.flush();
        Ok::<_, FileError>(())
    });
    let sink = call.sink()?;
    while let Some(data) = pieces.recv().await {
        sink.send(&BytesMessage { data }).await?;
    }
    match writer.await {
        Ok(written) => Ok(written?),
        Err(error) => Err(FileError::other(
            "",
            &format!("the thread that writes the archive failed: {error}"),
        )
        .into()),
    }
}

struct Pieces {
    to: mpsc::Sender<Bytes>,
    buffer: BytesMut,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(PIECE - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..count]);
        if self.buffer.len() == PIECE {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.to
            .blocking_send(self.buffer.split().freeze())
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
