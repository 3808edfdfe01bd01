//! Streams of JSON values, regardless of how the values are separated.
//!
//! Engines separate values with `\r\n`, `\n`, the record separator of `application/json-seq`, or nothing, and a chunk
//! may end in the middle of a value. The scanner reads each byte once and finds the values; `serde_json` decodes them.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::late;
use crate::reply::decode;
use crate::report::reported;
use crate::{BoxError, ByteStream, Error, Target};

/// How long one value may be, in bytes.
const VALUE_LIMIT: usize = 64 * 1024 * 1024;

/// A stream of JSON values, which are decoded as they arrive.
///
/// [`next`](Self::next) is cancel safe. Dropping the stream ends the request.
///
/// A value that does not match the type is an [`Error::Decode`], one that reports an error is an [`Error::InStream`],
/// and an error object of podman is an [`Error::Engine`]. The stream continues after these errors, and ends after any
/// other error.
#[must_use = "no value is received unless the stream is read"]
pub struct JsonStream<T> {
    target: Target,
    body: ByteStream,
    scanner: Scanner,
    errors: bool,
    /// Whether a value is expected and none has arrived.
    empty: bool,
    ended: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonStream<T> {
    /// Creates the stream of the values in the body of a response. Errors name the call `target`.
    pub fn new(target: impl Into<Target>, body: ByteStream) -> Self {
        Self {
            target: target.into(),
            body,
            scanner: Scanner::default(),
            errors: false,
            empty: false,
            ended: false,
            of: PhantomData,
        }
    }

    /// Returns [`Error::InStream`] for a value that has a field `error` or `errorDetail`, as in the progress of an
    /// operation.
    pub fn reporting_errors(mut self) -> Self {
        self.errors = true;
        self
    }

    /// Returns [`Error::Truncated`] at the end of a body that contains no value. An operation that reports its progress
    /// always sends at least one report, so an empty response is not from an engine.
    pub fn expecting_values(mut self) -> Self {
        self.empty = true;
        self
    }

    /// Returns the next value, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn decode(&self, value: Found) -> Result<T, Error> {
        let offset = value.offset;
        if self.errors
            && let Some((code, message)) = reported(&value.text)
        {
            let message = match self.body.explanation() {
                Some(explanation) => format!("{message}; {explanation}"),
                None => message,
            };
            return Err(Error::in_stream(self.target.clone(), code, message));
        }
        if let Some(error) = late::refused(&self.target, &value.text) {
            return Err(error);
        }
        decode(&value.text).map_err(|error| match error.is_data() {
            true => {
                let at = format!("the value that begins at byte {offset} of the stream");
                Error::decode(self.target.clone(), at, error)
            }
            false => Error::Malformed { target: self.target.clone(), offset, source: error.into() },
        })
    }

    fn fail(&mut self, fault: Fault) -> Error {
        self.ended = true;
        self.empty = false;
        let target = self.target.clone();
        match fault {
            Fault::Malformed { offset, source } => Error::Malformed { target, offset, source },
            Fault::Truncated { within } => Error::Truncated { target, within },
        }
    }
}

impl<T: DeserializeOwned> Stream for JsonStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.scanner.next() {
                Ok(Some(value)) => {
                    this.empty = false;
                    let value = this.decode(value);
                    if let Err(Error::Malformed { .. }) = value {
                        this.ended = true;
                        this.scanner = Scanner::default();
                    }
                    return Poll::Ready(Some(value));
                }
                Ok(None) if this.ended && std::mem::take(&mut this.empty) => {
                    let within = "the progress, before its first report";
                    return Poll::Ready(Some(Err(Error::truncated(this.target.clone(), within))));
                }
                Ok(None) if this.ended => return Poll::Ready(None),
                Ok(None) => {}
                Err(fault) => return Poll::Ready(Some(Err(this.fail(fault)))),
            }
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(chunk)) => this.scanner.push(chunk),
                Some(Err(error)) => {
                    this.ended = true;
                    this.empty = false;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.ended = true;
                    if let Err(fault) = this.scanner.finish() {
                        return Poll::Ready(Some(Err(this.fail(fault))));
                    }
                }
            }
        }
    }
}

impl<T> fmt::Debug for JsonStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonStream")
            .field("target", &self.target)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Returns how many bytes of a string are before the next quote or backslash.
fn plain(text: &[u8]) -> usize {
    memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len())
}

/// Finds the values in the chunks that arrive. A value within one chunk is a slice of it.
#[derive(Default)]
struct Scanner {
    /// The rest of the last chunk, after the values that were returned.
    chunk: Bytes,
    /// How many bytes of `chunk` were scanned.
    at: usize,
    /// The start of a value, from earlier chunks.
    begun: Vec<u8>,
    state: State,
    /// The offset of `chunk` in the stream.
    offset: u64,
    ended: bool,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Between,
    /// A number or a word, which ends before the next separator.
    Bare,
    /// A string that is a value by itself.
    Text { escaped: bool },
    /// An array or object.
    Nested { depth: usize, text: bool, escaped: bool },
}

struct Found {
    text: Bytes,
    offset: u64,
}

enum Fault {
    Malformed { offset: u64, source: BoxError },
    Truncated { within: String },
}

impl Scanner {
    /// Adds a chunk. All values of the one before must have been returned.
    fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty());
        self.chunk = chunk;
        self.at = 0;
    }

    /// Ends the input, which completes a bare value at the end.
    fn finish(&mut self) -> Result<(), Fault> {
        self.ended = true;
        match self.state {
            State::Between | State::Bare => Ok(()),
            State::Text { .. } | State::Nested { .. } => {
                let length = self.begun.len();
                Err(Fault::Truncated {
                    within: format!("a JSON value ({length} bytes of it were received)"),
                })
            }
        }
    }

    /// Returns the next value, or `None` if more input is needed.
    fn next(&mut self) -> Result<Option<Found>, Fault> {
        while let Some(&byte) = self.chunk.get(self.at) {
            match &mut self.state {
                State::Between => {
                    self.chunk.advance(self.at);
                    self.offset += self.at as u64;
                    self.at = 0;
                    match byte {
                        b' ' | b'\t' | b'\r' | b'\n' | 0x1E => {}
                        b'{' | b'[' => {
                            self.state = State::Nested { depth: 1, text: false, escaped: false };
                        }
                        b'"' => self.state = State::Text { escaped: false },
                        b'-' | b'0'..=b'9' | b'a'..=b'z' => self.state = State::Bare,
                        _ => {
                            let shown = byte.escape_ascii();
                            let source = format!("expected a JSON value, found `{shown}`").into();
                            self.chunk.clear();
                            return Err(Fault::Malformed { offset: self.offset, source });
                        }
                    }
                }
                State::Bare => {
                    let inside =
                        matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E');
                    if !inside {
                        return Ok(Some(self.cut()));
                    }
                }
                State::Text { escaped } => match byte {
                    _ if *escaped => *escaped = false,
                    b'\\' => *escaped = true,
                    b'"' => {
                        self.at += 1;
                        return Ok(Some(self.cut()));
                    }
                    _ => self.at += plain(&self.chunk[self.at + 1..]),
                },
                State::Nested { depth, text, escaped } => match byte {
                    _ if *escaped => *escaped = false,
                    b'\\' if *text => *escaped = true,
                    b'"' => *text = !*text,
                    _ if *text => self.at += plain(&self.chunk[self.at + 1..]),
                    b'{' | b'[' => *depth += 1,
                    b'}' | b']' => {
                        *depth -= 1;
                        if *depth == 0 {
                            self.at += 1;
                            return Ok(Some(self.cut()));
                        }
                    }
                    _ => {}
                },
            }
            self.at += 1;
        }
        self.keep()
    }

    /// Keeps the rest of the chunk until more arrives.
    fn keep(&mut self) -> Result<Option<Found>, Fault> {
        if self.ended && matches!(self.state, State::Bare) {
            return Ok(Some(self.cut()));
        }
        if !matches!(self.state, State::Between) {
            self.begun.extend_from_slice(&self.chunk);
        }
        self.offset += self.chunk.len() as u64;
        self.chunk.clear();
        self.at = 0;
        if self.begun.len() > VALUE_LIMIT {
            let offset = self.offset - self.begun.len() as u64;
            let source = format!("the value is longer than {VALUE_LIMIT} bytes").into();
            *self = Self::default();
            return Err(Fault::Malformed { offset, source });
        }
        Ok(None)
    }

    /// Returns the value that ends at `at`.
    fn cut(&mut self) -> Found {
        let offset = self.offset - self.begun.len() as u64;
        let mut text = self.chunk.split_to(self.at);
        self.offset += self.at as u64;
        self.at = 0;
        self.state = State::Between;
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&text);
            // The vector may have twice the size. The unused part would stay allocated while the value is decoded.
            text = std::mem::take(&mut self.begun).into_boxed_slice().into();
        }
        Found { text, offset }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::Operation;

    static PULL: Operation = Operation::new("ImageCreate", "POST", "/images/create");

    /// The values, or the error that ended the stream.
    fn scan<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Bytes, String>> {
        let mut scanner = Scanner::default();
        let mut all = Vec::new();
        let mut drain = |scanner: &mut Scanner| {
            loop {
                match scanner.next() {
                    Ok(Some(found)) => all.push(Ok(found.text)),
                    Ok(None) => return true,
                    Err(Fault::Malformed { offset, source }) => {
                        all.push(Err(format!("{offset}: {source}")));
                        return false;
                    }
                    Err(Fault::Truncated { within }) => {
                        all.push(Err(within));
                        return false;
                    }
                }
            }
        };
        for chunk in chunks {
            scanner.push(Bytes::copy_from_slice(chunk));
            if !drain(&mut scanner) {
                return all;
            }
        }
        match scanner.finish() {
            Ok(()) => drain(&mut scanner),
            Err(Fault::Truncated { within }) => {
                all.push(Err(within));
                false
            }
            Err(Fault::Malformed { .. }) => unreachable!(),
        };
        all
    }

    fn values(text: &str) -> Vec<String> {
        let show = |item: Result<Bytes, String>| match item {
            Ok(value) => String::from_utf8(value.to_vec()).unwrap(),
            Err(error) => format!("! {error}"),
        };
        scan([text.as_bytes()]).into_iter().map(show).collect()
    }

    #[test]
    fn any_separator_is_accepted() {
        for separator in ["\r\n", "\n", "", " \t", "\n\x1E", "\r\n\r\n"] {
            let text = format!(r#"{{"a":"}}\"\\"}}{separator}[1,"]"]{separator}{{}}{separator}"#);
            assert_eq!(values(&text), [r#"{"a":"}\"\\"}"#, r#"[1,"]"]"#, "{}"], "{separator:?}");
        }
        assert_eq!(
            values("1 -2.5e+3\ntrue null \"a\\\"b\"\"c\"7"),
            ["1", "-2.5e+3", "true", "null", "\"a\\\"b\"", "\"c\"", "7"]
        );
        assert_eq!(values("\x1E{}\n\x1E{}\n"), ["{}", "{}"]);
        assert_eq!(values(" \r\n"), [""; 0]);
    }

    #[test]
    fn a_value_within_a_chunk_is_a_slice_of_it() {
        let chunk = Bytes::from(r#"{"a":1} {"b":2}"#);
        let range = chunk.as_ptr_range();
        let mut scanner = Scanner::default();
        scanner.push(chunk);
        for _ in 0..2 {
            let found = scanner.next().unwrap_or_else(|_| unreachable!()).unwrap();
            assert!(range.contains(&found.text.as_ptr()));
        }
    }

    #[test]
    fn malformed_json_is_reported_with_its_offset() {
        assert_eq!(values("{}\n<html>"), ["{}", "! 3: expected a JSON value, found `<`"]);
        assert_eq!(values("{}}"), ["{}", "! 2: expected a JSON value, found `}`"]);
    }

    #[test]
    fn a_value_that_ends_early_is_an_error() {
        let text = r#"{"status":"x"}"#;
        for end in 1..text.len() {
            let error = format!("! a JSON value ({end} bytes of it were received)");
            assert_eq!(values(&text[..end]), [error]);
        }
    }

    #[test]
    fn large_values_take_linear_time() {
        // The strings are short, because the scanner skips the inside of a long one at once.
        let text = format!(r#"[{}"a"]"#, r#""a","#.repeat(1 << 22));
        let begin = std::time::Instant::now();
        assert_eq!(scan(text.as_bytes().chunks(1024)).len(), 1);
        // This takes about a second. A scan that restarts with each of the 16,384 chunks would read 128 GiB.
        assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn a_value_of_another_type_does_not_end_the_stream() {
        let body = ByteStream::from(Bytes::from("1 \"x\" 3 nope 4"));
        let mut stream = JsonStream::<u8>::new(&PULL, body);
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
        let error = stream.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("begins at byte 2"), "{error}");
        assert_eq!(stream.next().await.unwrap().unwrap(), 3);
        let error = stream.next().await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Malformed { offset: 8, .. }), "{error:?}");
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn an_error_is_found_in_both_its_shapes() {
        let text = r#"{"status":"x","error":""}
            {"error":"manifest unknown"}
            {"errorDetail":{"code":401,"message":"denied"},"error":"denied again"}
            {"errorDetail":{"code":7}}{"errorDetail":{}}"#;
        let body = ByteStream::from(Bytes::from(text));
        let mut stream = JsonStream::<Value>::new(&PULL, body).reporting_errors();
        let mut found = Vec::new();
        while let Some(item) = stream.next().await {
            found.push(match item {
                Ok(_) => "fine".to_owned(),
                Err(Error::InStream { code, message, .. }) => format!("{code:?} {message}"),
                Err(other) => panic!("{other:?}"),
            });
        }
        assert_eq!(
            found,
            [
                "fine",
                "None manifest unknown",
                "Some(401) denied",
                "Some(7) an error without a message",
                "fine",
            ]
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ -~\\n\u{e9}\u{1F600}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[\"\\\\{}a]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_split_makes_a_difference(
            wanted in prop::collection::vec((any_json(), prop::sample::select(vec!["\r\n", "\n", "\n\x1E", " "])), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text: String =
                wanted.iter().map(|(value, separator)| format!("{value}{separator}")).collect();
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            let found: Vec<Value> =
                scan(pieces).into_iter().map(|value| serde_json::from_slice(&value.unwrap()).unwrap()).collect();
            let reread = |(value, _): &(Value, &str)| -> Value {
                serde_json::from_str(&value.to_string()).unwrap()
            };
            prop_assert_eq!(found, wanted.iter().map(reread).collect::<Vec<_>>());
            prop_assert_eq!(scan(bytes.chunks(1)), scan([bytes]));
        }

        #[test]
        fn nothing_that_comes_brings_it_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(scan(bytes.chunks(1)), scan([&bytes[..]]));
        }
    }
}
