//! Splits output into lines.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use docker_api::Error;
use futures_core::Stream;

use super::stamps::Stamps;
use super::{Output, OutputStream};

/// The maximum length of a line in bytes. A longer line is returned in pieces.
const LINE_LIMIT: usize = 1024 * 1024;

/// The lines of an [`OutputStream`], without their terminators (`\n` or `\r\n`).
///
/// [`OutputStream::lines`] creates it. Standard output and standard error are split independently. Data after the last
/// line break is a line, too. A line of more than 1 MiB is returned in pieces of 1 MiB and a remainder.
///
/// Engines store a long line of a log in parts, each with a timestamp. The lines of logs with `timestamps(true)` have the
/// timestamp of the first part alone, except those of a terminal on podman. With `details(true)`, the attributes of later
/// parts stay within the line. See `docs/engines.md`.
///
/// [`next`](Self::next) is cancel safe. Dropping this cancels the request.
#[must_use = "no line is received unless the stream is read"]
pub struct Lines {
    output: OutputStream,
    /// Complete lines and errors that were not yet returned.
    ready: VecDeque<Result<Output, Error>>,
    /// The incomplete lines of standard output (or the terminal) and of standard error.
    begun: [Line; 2],
    /// The timestamps of each stream, if the output has timestamps.
    stamps: Option<[Stamps; 2]>,
    /// Whether the output is that of a terminal.
    terminal: bool,
}

/// An incomplete line.
#[derive(Default)]
struct Line {
    bytes: BytesMut,
    /// Whether pieces of the line were already returned.
    cut: bool,
}

impl OutputStream {
    /// Splits the output into lines.
    pub fn lines(self) -> Lines {
        Lines::new(self)
    }
}

impl Lines {
    fn new(output: OutputStream) -> Self {
        let stamps = output.has_timestamps().then(Default::default);
        let (ready, begun) = (VecDeque::new(), Default::default());
        Self { output, ready, begun, stamps, terminal: false }
    }

    /// Returns the next line, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`OutputStream::next`].
    pub async fn next(&mut self) -> Option<Result<Output, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn push(&mut self, piece: Output) {
        self.terminal |= matches!(piece, Output::Terminal(_));
        let error = matches!(piece, Output::Stderr(_));
        let bytes = piece.into_bytes();
        let Some(stamps) = &mut self.stamps else { return self.add(error, bytes) };
        for kept in stamps[usize::from(error)].push(bytes, self.output.begins_frame()) {
            self.add(error, kept);
        }
    }

    /// Adds data to the incomplete line, and completes the lines that end in it.
    fn add(&mut self, error: bool, mut bytes: Bytes) {
        while let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
            let rest = bytes.split_to(at);
            bytes.advance(1);
            self.end(error, rest);
        }
        let rest = self.cut(error, bytes);
        self.begun[usize::from(error)].bytes.extend_from_slice(&rest);
    }

    /// Returns pieces of a line while it is too long, and keeps the remainder of `end`.
    fn cut(&mut self, error: bool, mut end: Bytes) -> Bytes {
        loop {
            let begun = &mut self.begun[usize::from(error)];
            let room = LINE_LIMIT - begun.bytes.len();
            if end.len() <= room {
                return end;
            }
            begun.cut = true;
            let piece = begun.join(end.split_to(room));
            self.emit(error, piece);
        }
    }

    /// Completes a line with its end.
    fn end(&mut self, error: bool, end: Bytes) {
        let end = self.cut(error, end);
        let begun = &mut self.begun[usize::from(error)];
        let mut line = begun.join(end);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        // All pieces of the line may already have been returned.
        if !std::mem::take(&mut begun.cut) || !line.is_empty() {
            self.emit(error, line);
        }
    }

    fn emit(&mut self, error: bool, line: Bytes) {
        self.ready.push_back(Ok(match (error, self.terminal) {
            (true, _) => Output::Stderr(line),
            (false, true) => Output::Terminal(line),
            (false, false) => Output::Stdout(line),
        }));
    }

    /// Completes all incomplete lines.
    fn flush(&mut self) {
        for error in [false, true] {
            let stamps = self.stamps.as_mut().map(|stamps| &mut stamps[usize::from(error)]);
            if let Some(held) = stamps.and_then(Stamps::flush) {
                self.add(error, held);
            }
            let begun = std::mem::take(&mut self.begun[usize::from(error)]);
            if !begun.bytes.is_empty() {
                self.emit(error, begun.bytes.freeze());
            }
        }
    }
}

impl Line {
    /// Takes the incomplete line and appends its end.
    fn join(&mut self, end: Bytes) -> Bytes {
        if self.bytes.is_empty() {
            return end;
        }
        self.bytes.extend_from_slice(&end);
        self.bytes.split().freeze()
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
                    // An error that the engine sends in the output does not end a line.
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

    #[tokio::test]
    async fn a_line_of_several_parts_has_the_timestamp_of_the_first() {
        let stamp = |second: u8| format!("2006-01-02T15:04:0{second}.000000000Z ");
        let frames = [
            frame(1, &(stamp(1) + "a")),
            frame(2, &(stamp(2) + "e")),
            frame(1, &(stamp(3) + "b")),
            frame(2, &(stamp(4) + "f\n")),
            frame(1, &(stamp(5) + "\n")),
            frame(1, &(stamp(6) + &stamp(7) + "c\n")),
        ];
        let body = Chunks::Body(ByteStream::from(Bytes::from(frames.concat())));
        let output = OutputStream::new(Target::from(&LOGS), body, false);
        let mut lines = output.with_timestamps(true).lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next().await {
            let line = line.unwrap();
            let mark = if matches!(line, Output::Stderr(_)) { 2 } else { 1 };
            found.push(format!("{mark}{}", line.text()));
        }
        let expected = [
            format!("2{}ef", stamp(2)),
            format!("1{}ab", stamp(1)),
            format!("1{}{}c", stamp(6), stamp(7)),
        ];
        assert_eq!(found, expected);
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

    #[test]
    fn a_long_line_comes_in_the_same_pieces_however_it_arrives() {
        let all = |text: &[u8], sizes: &[usize]| {
            let mut lines =
                OutputStream::new(Target::from(&LOGS), Chunks::Body(ByteStream::empty()), true)
                    .lines();
            let mut rest = text;
            for size in sizes.iter().cycle() {
                let (piece, left) = rest.split_at((*size).min(rest.len()));
                lines.push(Output::Terminal(Bytes::copy_from_slice(piece)));
                rest = left;
                if rest.is_empty() {
                    break;
                }
            }
            lines.flush();
            let lines = lines.ready.drain(..);
            lines.map(|line| line.unwrap().into_bytes()).collect::<Vec<_>>()
        };
        let long = vec![b'x'; LINE_LIMIT];
        for (tail, expected) in [
            (&b"\n"[..], &[][..]),
            (b"\r\n", &[]),
            (b"", &[]),
            (b"\nab", &["ab"]),
            (b"ab\ncd", &["ab", "cd"]),
            (b"\r", &["\r"]),
            (b"\rx\n", &["\rx"]),
            (b"\r\r\n", &["\r"]),
            (b"\n\n\n", &["", ""]),
        ] {
            let text = [&long, tail].concat();
            for sizes in [&[usize::MAX][..], &[LINE_LIMIT], &[LINE_LIMIT - 1, 1], &[4099]] {
                let found = all(&text, sizes);
                assert!(found[0] == long, "{tail:?} by {sizes:?}: {} bytes", found[0].len());
                assert_eq!(found[1..], *expected, "{tail:?} by {sizes:?}");
            }
        }
        let two = all(&[&long[..], &long, b"\r\nz"].concat(), &[LINE_LIMIT + 7]);
        assert_eq!(two.iter().map(Bytes::len).collect::<Vec<_>>(), [LINE_LIMIT, LINE_LIMIT, 1]);
    }

    #[tokio::test]
    async fn a_carriage_return_at_the_end_of_the_output_belongs_to_it() {
        assert_eq!(lines(true, b"50%\r".to_vec()).await, ["t50%\\r"]);
    }
}
