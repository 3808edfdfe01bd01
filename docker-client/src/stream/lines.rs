//! Output cut into lines.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use docker_api::Error;
use futures_core::Stream;

use super::{Output, OutputStream};

/// How long a line may be; what is longer comes in several.
const LINE_LIMIT: usize = 1024 * 1024;

/// The lines of an [`OutputStream`], without their ends (`\n`, `\r\n`).
///
/// Standard output and standard error each have lines of their own. What stands at the end without a line break is
/// a line too. A line of more than 1 MiB comes in several.
pub struct Lines {
    output: OutputStream,
    /// Lines that are complete, and errors in their place.
    ready: VecDeque<Result<Output, Error>>,
    /// The begin of a line, of standard output (or the terminal) and of standard error.
    begun: [BytesMut; 2],
    /// Makes the rest of `begun[0]` what its begin was.
    terminal: bool,
}

impl OutputStream {
    /// The same output, line by line.
    pub fn lines(self) -> Lines {
        Lines::new(self)
    }
}

impl Lines {
    fn new(output: OutputStream) -> Self {
        Self { output, ready: VecDeque::new(), begun: Default::default(), terminal: false }
    }

    /// The next line; `None` at the end. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Output, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn push(&mut self, piece: Output) {
        self.terminal |= matches!(piece, Output::Terminal(_));
        let error = matches!(piece, Output::Stderr(_));
        let mut bytes = piece.into_bytes();
        while let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
            let line = bytes.split_to(at);
            bytes.advance(1);
            self.end(error, line);
        }
        let begun = &mut self.begun[usize::from(error)];
        begun.extend_from_slice(&bytes);
        if begun.len() >= LINE_LIMIT {
            self.end(error, Bytes::new());
        }
    }

    /// Puts the end of a line behind what had begun of it.
    fn end(&mut self, error: bool, end: Bytes) {
        let begun = &mut self.begun[usize::from(error)];
        let mut line = end;
        if !begun.is_empty() {
            begun.extend_from_slice(&line);
            line = begun.split().freeze();
        }
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        self.ready.push_back(Ok(match (error, self.terminal) {
            (true, _) => Output::Stderr(line),
            (false, true) => Output::Terminal(line),
            (false, false) => Output::Stdout(line),
        }));
    }

    /// Makes lines of what has no end.
    fn flush(&mut self) {
        for error in [false, true] {
            if !self.begun[usize::from(error)].is_empty() {
                self.end(error, Bytes::new());
            }
        }
    }
}

impl Stream for Lines {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Poll::Ready(Some(line));
            }
            match ready!(Pin::new(&mut self.output).poll_next(cx)) {
                Some(Ok(piece)) => self.push(piece),
                Some(Err(error)) => {
                    // What the engine reports among the output does not end a line.
                    if !matches!(error, Error::InStream { .. }) {
                        self.flush();
                    }
                    self.ready.push_back(Err(error));
                }
                None => {
                    self.flush();
                    if self.ready.is_empty() {
                        return Poll::Ready(None);
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("output", &self.output).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use docker_api::{ByteStream, Operation, Target};

    use super::super::Chunks;
    use super::*;

    static LOGS: Operation = Operation::new("ContainerLogs", "GET", "/containers/{id}/logs");

    async fn lines(terminal: bool, bytes: Vec<u8>) -> Vec<String> {
        let body = Chunks::Body(ByteStream::from(Bytes::from(bytes)));
        let mut lines = OutputStream::new(Target::from(&LOGS), body, terminal).lines();
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            all.push(match line {
                Ok(Output::Stdout(line)) => format!("1{}", line.escape_ascii()),
                Ok(Output::Stderr(line)) => format!("2{}", line.escape_ascii()),
                Ok(Output::Terminal(line)) => format!("t{}", line.escape_ascii()),
                Err(error) => format!("!{}", error.to_string().len()),
            });
        }
        all
    }

    fn frame(id: u8, payload: &str) -> Vec<u8> {
        [&[id, 0, 0, 0, 0, 0, 0, payload.len() as u8], payload.as_bytes()].concat()
    }

    #[tokio::test]
    async fn lines_span_frames_and_each_stream_has_its_own() {
        let frames = [frame(1, "a"), frame(2, "x\ny"), frame(1, "b\n\nc\r\nd"), frame(2, "z")];
        assert_eq!(lines(false, frames.concat()).await, ["2x", "1ab", "1", "1c", "1d", "2yz"]);
    }

    #[tokio::test]
    async fn a_terminals_lines_lose_their_carriage_return() {
        assert_eq!(lines(true, b"a\r\nprompt> ".to_vec()).await, ["ta", "tprompt> "]);
    }

    #[tokio::test]
    async fn the_begin_of_a_line_comes_before_the_error_that_ends_the_stream() {
        let frames = [frame(1, "a\nb"), frame(9, "")];
        let lines = lines(false, frames.concat()).await;
        assert_eq!((&lines[..2], lines.len()), (&["1a".to_owned(), "1b".to_owned()][..], 3));
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_pieces() {
        let lines = lines(true, vec![b'x'; LINE_LIMIT + 5]).await;
        assert_eq!(lines.len(), 1, "one read brings at most one piece: {}", lines[0].len());
    }
}
