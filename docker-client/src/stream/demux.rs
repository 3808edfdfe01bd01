//! Demultiplexes a stream of frames. A frame is a header of eight bytes (the number of the stream, three bytes of zero,
//! and the length as a big-endian `u32`) and a payload.
//!
//! Payload is returned as it arrives, in slices of the received buffers, without a copy. No memory is allocated because
//! of a length in a header.

use bytes::{Buf, Bytes};
use docker_api::{Error, Target};

use super::Output;

/// The maximum number of bytes that are kept of an error in the stream.
const MESSAGE_LIMIT: usize = 64 * 1024;

pub(crate) struct Demux {
    target: Target,
    state: State,
    /// Data that was received and not yet parsed.
    chunk: Bytes,
    /// The position of `chunk` in the stream.
    offset: u64,
    /// Whether the last piece was the first of its frame.
    begins: bool,
}

enum State {
    /// The header, and how many bytes of it have arrived.
    Header([u8; 8], usize),
    /// In the payload of a frame.
    Payload { stream: Standard, length: u32, missing: u32 },
    /// In the payload of a frame that contains an error.
    Message { text: Vec<u8>, missing: u32 },
    /// After an error, the boundaries of the frames are not known.
    Failed,
}

#[derive(Clone, Copy)]
enum Standard {
    Out,
    Err,
}

impl Demux {
    pub(crate) fn new(target: Target) -> Self {
        let state = State::Header([0; 8], 0);
        Self { target, state, chunk: Bytes::new(), offset: 0, begins: false }
    }

    /// Returns whether the piece that was returned last is the first of its frame.
    pub(crate) fn begins(&self) -> bool {
        self.begins
    }

    /// Adds received data. [`next`](Self::next) must have returned `None` before.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty());
        self.chunk = chunk;
    }

    /// Returns the next piece of output, or `None` if more data is needed.
    ///
    /// After an error that the engine has sent in the stream, more output may follow; after any other error, none does.
    pub(crate) fn next(&mut self) -> Option<Result<Output, Error>> {
        while !self.chunk.is_empty() {
            match &mut self.state {
                State::Header(header, filled) => {
                    let count = self.chunk.len().min(header.len() - *filled);
                    self.chunk.copy_to_slice(&mut header[*filled..*filled + count]);
                    self.offset += count as u64;
                    *filled += count;
                    if *filled == header.len() {
                        let header = *header;
                        match self.begin(header) {
                            Ok(State::Message { missing: 0, .. }) => {
                                return Some(Err(self.report("")));
                            }
                            Ok(State::Payload { missing: 0, .. }) => self.await_header(),
                            Ok(state) => self.state = state,
                            Err(error) => return Some(Err(self.fail(error))),
                        }
                    }
                }
                State::Payload { stream, missing, length } => {
                    let stream = *stream;
                    self.begins = missing == length;
                    let piece = take(&mut self.chunk, missing);
                    if *missing == 0 {
                        self.await_header();
                    }
                    self.offset += piece.len() as u64;
                    return Some(Ok(match stream {
                        Standard::Out => Output::Stdout(piece),
                        Standard::Err => Output::Stderr(piece),
                    }));
                }
                State::Message { text, missing } => {
                    let piece = take(&mut self.chunk, missing);
                    self.offset += piece.len() as u64;
                    let room = MESSAGE_LIMIT.saturating_sub(text.len());
                    text.extend_from_slice(&piece[..piece.len().min(room)]);
                    if *missing == 0 {
                        let text = String::from_utf8_lossy(text).into_owned();
                        return Some(Err(self.report(&text)));
                    }
                }
                State::Failed => {
                    self.chunk.clear();
                    return None;
                }
            }
        }
        None
    }

    /// Returns an error if the end of the stream is not the end of a frame.
    pub(crate) fn finish(&mut self) -> Option<Error> {
        let within = match &self.state {
            State::Header(_, 0) | State::Failed => return None,
            State::Header(_, filled) => {
                format!("the header of a frame ({filled} of 8 bytes arrived)")
            }
            State::Payload { length, missing, .. } => format!(
                "a frame of {length} bytes ({} of them arrived and were returned)",
                length - missing
            ),
            State::Message { text, .. } => format!(
                "an error that the engine reported: {}",
                String::from_utf8_lossy(text).trim()
            ),
        };
        Some(self.fail(Error::truncated(self.target.clone(), within)))
    }

    fn begin(&self, header: [u8; 8]) -> Result<State, Error> {
        let [id, _, _, _, length @ ..] = header;
        let missing = u32::from_be_bytes(length);
        let payload = |stream| State::Payload { stream, length: missing, missing };
        match id {
            // Echoed input counts as output, as in the Go client.
            0 | 1 => Ok(payload(Standard::Out)),
            2 => Ok(payload(Standard::Err)),
            3 => Ok(State::Message { text: Vec::new(), missing }),
            id => Err(Error::unknown_stream(
                self.target.clone(),
                id,
                self.offset - header.len() as u64,
            )),
        }
    }

    fn await_header(&mut self) {
        self.state = State::Header([0; 8], 0);
    }

    /// Returns the error of a message that the engine has sent.
    fn report(&mut self, text: &str) -> Error {
        self.await_header();
        let message = match text.trim() {
            "" => "the engine reported an error without a message",
            text => text,
        };
        Error::in_stream(self.target.clone(), None, message)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed;
        self.chunk.clear();
        error
    }
}

/// Splits off the part of `chunk` that belongs to the current frame, of which `missing` bytes have not arrived.
fn take(chunk: &mut Bytes, missing: &mut u32) -> Bytes {
    let count = u32::try_from(chunk.len()).map_or(*missing, |length| length.min(*missing));
    *missing -= count;
    chunk.split_to(count as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use docker_api::Operation;

    use super::*;

    static LOGS: Operation = Operation::new("ContainerLogs", "GET", "/containers/{id}/logs");

    fn frame(id: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![id, 0, 0, 0];
        frame.extend((payload.len() as u32).to_be_bytes());
        frame.extend(payload);
        frame
    }

    /// What came out, in order: the stream's mark and the joined bytes, or the text of an error.
    fn demux<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<(char, Vec<u8>)> {
        let mut all: Vec<(char, Vec<u8>)> = Vec::new();
        let mut put = |item| {
            let (mark, bytes) = match item {
                Ok(Output::Stdout(bytes)) => ('1', bytes.to_vec()),
                Ok(Output::Stderr(bytes)) => ('2', bytes.to_vec()),
                Ok(Output::Terminal(_)) => unreachable!(),
                Err::<_, Error>(error) => ('!', error.to_string().into_bytes()),
            };
            match all.last_mut() {
                Some((last, joined)) if *last == mark && mark != '!' => joined.extend(bytes),
                _ => all.push((mark, bytes)),
            }
        };
        let mut demux = Demux::new(Target::from(&LOGS));
        for chunk in chunks {
            demux.push(Bytes::copy_from_slice(chunk));
            while let Some(item) = demux.next() {
                put(item);
            }
        }
        if let Some(error) = demux.finish() {
            put(Err(error));
        }
        all
    }

    fn text(items: &[(char, Vec<u8>)]) -> Vec<String> {
        let line =
            |(mark, bytes): &(char, Vec<u8>)| format!("{mark}{}", String::from_utf8_lossy(bytes));
        items.iter().map(line).collect()
    }

    #[test]
    fn payload_is_a_slice_of_what_was_received() {
        let chunk = Bytes::from([frame(1, b"out"), frame(2, b"err")].concat());
        let range = chunk.as_ptr_range();
        let mut demux = Demux::new(Target::from(&LOGS));
        demux.push(chunk);
        for _ in 0..2 {
            let piece = demux.next().unwrap().unwrap().into_bytes();
            assert!(range.contains(&piece.as_ptr()));
        }
        assert!(demux.next().is_none() && demux.finish().is_none());
    }

    #[test]
    fn an_error_of_the_engine_comes_after_what_was_before_and_ends_nothing() {
        let bytes = [frame(1, b"a"), frame(3, b"bad\n"), frame(1, b"b"), frame(3, b"")].concat();
        assert_eq!(
            text(&demux([&bytes[..]])),
            [
                "1a",
                "!ContainerLogs: bad",
                "1b",
                "!ContainerLogs: the engine reported an error without a message",
            ]
        );
    }

    #[test]
    fn an_unknown_stream_is_named_with_its_place() {
        let bytes = [frame(1, b"abc"), b"GET / HTTP".to_vec(), frame(1, b"lost")].concat();
        let items = text(&demux([&bytes[..]]));
        assert_eq!(items.len(), 2);
        assert!(items[1].contains("unknown stream 71 at byte 11"), "{items:?}");
    }

    #[test]
    fn a_stream_that_ends_early_says_where() {
        let bytes = [frame(2, b"x"), frame(1, b"hello")].concat();
        assert_eq!(
            text(&demux([&bytes[..12]])),
            [
                "2x",
                "!ContainerLogs: the stream ended within the header of a frame \
             (3 of 8 bytes arrived)",
            ]
        );
        assert_eq!(
            text(&demux([&bytes[..19]])),
            [
                "2x",
                "1he",
                "!ContainerLogs: the stream ended within a frame of 5 bytes \
             (2 of them arrived and were returned)",
            ]
        );
    }

    #[test]
    fn a_length_of_four_gigabytes_reserves_nothing_and_is_handed_out_as_it_comes() {
        let mut bytes = vec![1, 0, 0, 0, 255, 255, 255, 255];
        bytes.extend(b"begin");
        let items = text(&demux([&bytes[..]]));
        assert_eq!(items[0], "1begin");
        assert!(items[1].contains("a frame of 4294967295 bytes (5 of them"), "{items:?}");
        let long = [vec![3, 0, 0, 0, 0, 2, 0, 0], vec![b'x'; 0x20000]].concat();
        let items = demux([&long[..]]);
        assert!(items[0].1.len() < MESSAGE_LIMIT + 100, "the text of an error is bounded");
    }

    proptest! {
        #[test]
        fn no_split_makes_a_difference(
            frames in prop::collection::vec((0u8..4, prop::collection::vec(any::<u8>(), 0..20)), 0..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            cut_end in 0usize..10,
        ) {
            let all: Vec<u8> = frames.iter().flat_map(|(id, payload)| frame(*id, payload)).collect();
            let bytes = &all[..all.len().saturating_sub(cut_end)];
            let whole = demux([bytes]);
            let single = demux(bytes.chunks(1));
            prop_assert_eq!(&whole, &single);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(&whole, &demux(pieces));
        }

        #[test]
        fn nothing_that_comes_brings_it_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(demux([&bytes[..]]), demux(bytes.chunks(1)));
        }
    }
}
