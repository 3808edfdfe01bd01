//! The output of a container or an exec as one ordered stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use docker_api::{Error, Target};
use futures_core::Stream;

use super::Chunks;
use super::demux::Demux;
use super::output::{Collected, Output};

/// The output of a container or an exec, as it arrives.
///
/// Only the data of one read is held in memory. [`next`](Self::next) is cancel safe.
///
/// Dropping the stream cancels the request; the container or the exec keeps running.
#[must_use = "no output is received unless the stream is read"]
pub struct OutputStream {
    chunks: Chunks,
    /// `None` for a terminal, whose output has no frames.
    demux: Option<Demux>,
    ended: bool,
    /// Whether the engine adds timestamps.
    stamped: bool,
}

impl OutputStream {
    pub(crate) fn new(target: Target, chunks: Chunks, terminal: bool) -> Self {
        let demux = (!terminal).then(|| Demux::new(target));
        Self { chunks, demux, ended: false, stamped: false }
    }

    /// Sets whether the engine adds a timestamp to each line, or to each part of a long one.
    pub(crate) fn with_timestamps(mut self, stamped: bool) -> Self {
        self.stamped = stamped;
        self
    }

    pub(super) fn has_timestamps(&self) -> bool {
        self.stamped
    }

    /// Returns whether the last piece is the first of its frame, or `None` for a terminal, which has no frames.
    pub(super) fn begins_frame(&self) -> Option<bool> {
        self.demux.as_ref().map(Demux::begins)
    }

    /// Returns the next piece of output, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InStream`] for an error that the engine sends in the output, after which the stream may
    /// continue. Any other error, such as [`Error::Truncated`] if the connection breaks, ends the stream.
    pub async fn next(&mut self) -> Option<Result<Output, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Reads the stream to its end and collects the output in memory.
    ///
    /// # Errors
    ///
    /// Returns the first error of the stream.
    pub async fn collect(mut self) -> Result<Collected, Error> {
        let mut collected = Collected::default();
        while let Some(piece) = self.next().await {
            collected.add(&piece?);
        }
        Ok(collected)
    }
}

impl Stream for OutputStream {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.demux.as_mut().and_then(Demux::next) {
                return Poll::Ready(Some(item));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            match (ready!(this.chunks.poll_chunk(cx)), &mut this.demux) {
                (Some(Ok(chunk)), Some(demux)) => demux.push(chunk),
                (Some(Ok(chunk)), None) => return Poll::Ready(Some(Ok(Output::Terminal(chunk)))),
                (Some(Err(error)), _) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                (None, demux) => {
                    this.ended = true;
                    let error = demux.as_mut().and_then(Demux::finish);
                    return Poll::Ready(error.map(Err));
                }
            }
        }
    }
}

impl fmt::Debug for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputStream")
            .field("terminal", &self.demux.is_none())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
