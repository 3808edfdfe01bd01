//! A request as the engine received it.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A request as the engine received it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, path and query: `GET /v1.41/info?a=b`.
    pub line: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without its framing.
    pub body: Bytes,
    /// The number of the connection that it arrived on, counted from 0.
    pub connection: usize,
}

/// The framing of the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Known(usize),
    Chunked,
}

impl Request {
    /// Returns the method: `GET`.
    pub fn method(&self) -> &str {
        self.line.split(' ').next().unwrap_or_default()
    }

    /// Returns the path and the query as they were sent: `/v1.41/info?a=b`.
    pub fn target(&self) -> &str {
        self.line.split_once(' ').map_or("", |(_, target)| target)
    }

    /// Returns the path without the API version and the query: `/info`.
    pub fn path(&self) -> &str {
        let path = self.target().split('?').next().unwrap_or_default();
        match path.strip_prefix("/v1.").and_then(|rest| Some(&rest[rest.find('/')?..])) {
            Some(rest) => rest,
            None => path,
        }
    }

    /// Returns the value of a query parameter as it was sent, percent-encoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target().split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// Returns the value of a header, or `None` if it is absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns whether it is a ping: `HEAD /_ping` or `GET /_ping`.
    pub fn is_ping(&self) -> bool {
        self.target().ends_with("/_ping")
    }

    pub(crate) fn length(&self) -> Length {
        match self.header("transfer-encoding") {
            Some(_) => Length::Chunked,
            None => Length::Known(
                self.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0),
            ),
        }
    }

    pub(crate) fn wants_close(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Parses a head that ends with an empty line.
pub(crate) fn parse(head: &[u8], connection: usize) -> io::Result<Request> {
    let text = std::str::from_utf8(head).map_err(|_| invalid("the head is not valid UTF-8"))?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let Some(line) = first.strip_suffix(" HTTP/1.1").or(first.strip_suffix(" HTTP/1.0")) else {
        return Err(invalid(format!("not a request line: {first:?}")));
    };
    let mut headers = HeaderMap::new();
    for header in lines.take_while(|line| !line.is_empty()) {
        let pair = header.split_once(':').and_then(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?))
        });
        let (name, value) = pair.ok_or_else(|| invalid(format!("not a header: {header:?}")))?;
        headers.append(name, value);
    }
    Ok(Request { line: line.to_owned(), headers, body: Bytes::new(), connection })
}

pub(crate) fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed() {
        let text =
            b"POST /v1.52/images/load?quiet=1&x=2 HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\n\r\n";
        let request = parse(text, 3).unwrap();
        assert_eq!((request.method(), request.path()), ("POST", "/images/load"));
        assert_eq!((request.query("x"), request.query("quie")), (Some("2"), None));
        assert_eq!((request.length(), request.connection), (Length::Known(5), 3));
        assert_eq!(request.header("host"), Some("d"));
        assert!(parse(b"nonsense\r\n\r\n", 0).is_err());
    }

    #[test]
    fn a_path_without_a_version_stays_as_it_is() {
        for (line, path) in
            [("GET /_ping", "/_ping"), ("GET /base/v1.41/info?a", "/base/v1.41/info")]
        {
            let request = parse(format!("{line} HTTP/1.1\r\n\r\n").as_bytes(), 0).unwrap();
            assert_eq!(request.path(), path);
        }
    }
}
