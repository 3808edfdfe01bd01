//! Removes the timestamps that an engine adds within a long line of a log.
//!
//! An engine stores a long line in parts, and adds a timestamp to each of them. With frames, each part is a frame. The output of
//! a terminal has no frames; there, only the parts of dockerd are known, which have 16 KiB.

use bytes::{Bytes, BytesMut};

/// The size of dockerd's parts of a line, without the timestamp.
const PART: usize = 16 * 1024;
/// The length of the longest timestamp and the space after it: `2006-01-02T15:04:05.000000000+07:00 `.
const LONGEST: usize = 36;

/// What is known about a stream of output that has timestamps.
#[derive(Default)]
pub(super) struct Stamps {
    /// Data that may be the beginning of a timestamp.
    held: Option<BytesMut>,
    /// Whether a line has begun.
    within: bool,
    /// The length of the current part of a terminal's line, without the timestamp.
    part: usize,
}

impl Stamps {
    /// Returns the data without the timestamps within lines. `frame` tells whether the data begins a frame, or is `None`
    /// for a terminal.
    pub(super) fn push(&mut self, mut bytes: Bytes, frame: Option<bool>) -> Vec<Bytes> {
        let mut kept = Vec::new();
        if frame == Some(true) {
            kept.extend(self.flush());
            self.held = self.within.then(BytesMut::new);
        }
        while !bytes.is_empty() {
            if let Some(held) = &mut self.held {
                let room = LONGEST - held.len();
                let end = bytes.iter().take(room).position(|byte| matches!(byte, b' ' | b'\n'));
                let space = end.filter(|at| bytes[*at] == b' ').map(|at| at + 1);
                let taken = space.or(end).unwrap_or(room.min(bytes.len()));
                held.extend_from_slice(&bytes.split_to(taken));
                if end.is_some() || held.len() == LONGEST {
                    kept.extend(self.decide());
                }
                continue;
            }
            let length = match frame {
                Some(_) => bytes.len(),
                None if !self.within || self.part == PART => {
                    self.held = Some(BytesMut::new());
                    continue;
                }
                None => {
                    let length = bytes.len().min(PART - self.part);
                    let end = bytes[..length].iter().position(|byte| *byte == b'\n');
                    end.map_or(length, |at| at + 1)
                }
            };
            let data = bytes.split_to(length);
            self.part += length;
            self.within = data.last() != Some(&b'\n');
            kept.push(data);
        }
        kept
    }

    /// Returns the data that is held because a timestamp may follow.
    pub(super) fn flush(&mut self) -> Option<Bytes> {
        let held = self.held.take()?.freeze();
        self.within |= !held.is_empty();
        Some(held).filter(|held| !held.is_empty())
    }

    /// Returns the held data unless it is a timestamp within a line. A part begins after it.
    fn decide(&mut self) -> Option<Bytes> {
        let within = std::mem::replace(&mut self.within, true);
        let held = self.held.take()?.freeze();
        let stamp = is_stamp(&held);
        self.part = if stamp { 0 } else { held.len() };
        (!(within && stamp)).then_some(held)
    }
}

/// Returns whether the bytes are a timestamp, such as `2006-01-02T15:04:05.000000000Z`, and a space.
fn is_stamp(bytes: &[u8]) -> bool {
    const DATE: &[u8] = b"0000-00-00T00:00:00";
    let Some((start, rest)) = bytes.split_at_checked(DATE.len()) else { return false };
    let same = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    };
    let Some((b' ', zone)) = rest.split_last() else { return false };
    let zone = zone.iter().all(|byte| byte.is_ascii_digit() || b".:+-Z".contains(byte));
    zone && start.iter().zip(DATE).all(same)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAMP: &str = "2006-01-02T15:04:05.000000000Z ";

    fn terminal(pieces: impl IntoIterator<Item = Bytes>) -> Vec<u8> {
        let mut stamps = Stamps::default();
        let mut kept: Vec<Bytes> =
            pieces.into_iter().flat_map(|piece| stamps.push(piece, None)).collect();
        kept.extend(stamps.flush());
        kept.concat()
    }

    proptest! {
        #[test]
        fn a_line_has_one_timestamp_however_it_arrives(
            length in 0usize..50_000,
            size in 1usize..20_000,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let (mut sent, mut expected) = (Vec::new(), Vec::new());
            let (mut stamps, mut framed) = (Stamps::default(), Vec::new());
            for _ in 0..2 {
                let line = [vec![b'x'; length], b"\r\n".to_vec()].concat();
                for part in line.chunks(PART) {
                    let frame = [STAMP.as_bytes(), part].concat();
                    for (at, piece) in frame.chunks(size).enumerate() {
                        let piece = Bytes::copy_from_slice(piece);
                        framed.extend(stamps.push(piece, Some(at == 0)));
                    }
                    sent.extend(frame);
                }
                expected.extend([STAMP.as_bytes(), &line].concat());
            }
            let sent = Bytes::from(sent);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(sent.len())).collect();
            cuts.extend([0, sent.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| sent.slice(pair[0]..pair[1]));
            prop_assert!(terminal(pieces) == expected, "a terminal's line");
            prop_assert!(framed.concat() == expected, "a line in frames");
        }

        #[test]
        fn nothing_but_timestamps_is_removed(
            text in prop::collection::vec(prop_oneof![Just(b' '), Just(b'\n'), any::<u8>()], 0..200),
            frames in prop::collection::vec(1usize..50, 1..20),
        ) {
            let mut stamps = Stamps::default();
            let (mut rest, mut kept) = (Bytes::from(text.clone()), Vec::new());
            for length in frames.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let frame = rest.split_to((*length).min(rest.len()));
                kept.extend(stamps.push(frame, Some(true)));
            }
            kept.extend(stamps.flush());
            prop_assert_eq!(kept.concat(), text.clone());
            prop_assert_eq!(terminal([Bytes::from(text.clone())]), text);
        }
    }
}
