//! The result of a piece of work: counts, and fingerprints to compare results.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::fixture::prune;

/// The result of a piece of work. Equal fingerprints mean equal results.
#[derive(Debug)]
pub struct Summary {
    /// The number of values, or of pieces of a stream.
    pub items: u64,
    /// The payload in bytes.
    pub bytes: u64,
    started: Instant,
    first: Option<Duration>,
    prints: Option<[Fingerprint; 3]>,
}

/// A hash (FNV-1a) that does not depend on how the bytes are split.
#[derive(Debug)]
struct Fingerprint(u64);

impl Fingerprint {
    const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Summary {
    /// Returns a tally that only counts, for measurements.
    pub fn counting() -> Self {
        Self { items: 0, bytes: 0, started: Instant::now(), first: None, prints: None }
    }

    /// Returns a tally that can be compared with others.
    pub fn comparing() -> Self {
        Self { prints: Some([const { Fingerprint::EMPTY }; 3]), ..Self::counting() }
    }

    /// Adds a decoded value.
    pub fn value<T: Serialize>(&mut self, value: &T) {
        self.value_as(value, |value| serde_json::to_value(value).unwrap_or_default());
    }

    /// Adds a decoded value that cannot be written as JSON. `show` is called if results are compared.
    pub fn value_as<T>(&mut self, value: &T, show: impl FnOnce(&T) -> Value) {
        self.arrived();
        self.items += 1;
        if let Some(prints) = &mut self.prints {
            // The keys of a map are in order.
            prints[0].write(prune(show(value)).to_string().as_bytes());
        }
        std::hint::black_box(value);
    }

    /// Adds a piece of the stream number `stream` (0 to 2).
    pub fn piece(&mut self, stream: usize, bytes: &[u8]) {
        self.arrived();
        self.items += 1;
        self.bytes += bytes.len() as u64;
        if let Some(prints) = &mut self.prints {
            prints[stream].write(bytes);
        }
        std::hint::black_box(bytes);
    }

    /// Returns the time to the first value or piece.
    pub fn first(&self) -> Option<Duration> {
        self.first
    }

    /// Returns what is compared: bytes, fingerprints, and the number of values. Clients split pieces differently.
    pub fn result(&self) -> String {
        let items = if self.bytes == 0 { self.items } else { 0 };
        let prints: Vec<String> =
            self.prints.iter().flatten().map(|print| format!("{:016x}", print.0)).collect();
        format!("{items} values, {} bytes, {}", self.bytes, prints.join(" "))
    }

    fn arrived(&mut self) {
        if self.first.is_none() {
            self.first = Some(self.started.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_a_stream_is_cut_makes_no_difference_and_what_it_says_does() {
        let result = |pieces: &[(usize, &str)]| {
            let mut summary = Summary::comparing();
            pieces.iter().for_each(|(stream, text)| summary.piece(*stream, text.as_bytes()));
            summary.result()
        };
        assert_eq!(result(&[(1, "ab"), (2, "c")]), result(&[(1, "a"), (2, "c"), (1, "b")]));
        assert_ne!(result(&[(1, "abc")]), result(&[(1, "ab"), (2, "c")]));
    }

    #[test]
    fn values_are_compared_without_what_is_empty() {
        let result = |value| {
            let mut summary = Summary::comparing();
            summary.value(&value);
            summary.result()
        };
        assert_eq!(result(json!({"a": 1, "b": null})), result(json!({"c": [], "a": 1})));
        assert_ne!(result(json!({"a": 1})), result(json!({"a": 2})));
    }
}
