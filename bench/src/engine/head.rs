//! Parses the head of a request and the length of its body, as far as the fake engine needs it.

use anyhow::{Context, Result, bail};

/// The head of a request.
#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub(super) method: String,
    /// The path without the API version.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Length,
    /// Whether the client requests to close the connection after the response.
    pub(super) close: bool,
    /// The length of the head in bytes.
    pub(super) size: usize,
}

/// The length of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Length {
    Known(u64),
    Chunked,
}

impl Head {
    /// Returns the head at the start of `input`, or `None` if it is incomplete.
    pub(super) fn parse(input: &[u8]) -> Result<Option<Self>> {
        let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&input[..end]).context("the head is not valid UTF-8")?;
        let mut lines = text.split("\r\n");
        let mut request = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target)) = (request.next(), request.next()) else {
            bail!("not a request line: {text:?}");
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Self {
            method: method.to_owned(),
            path: without_version(path).to_owned(),
            query: query.to_owned(),
            body: Length::Known(0),
            close: false,
            size: end + 4,
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { bail!("not a header: {line:?}") };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.body = Length::Known(value.parse().context("content-length")?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.body = Length::Chunked;
            } else if name.eq_ignore_ascii_case("connection") {
                head.close = value.eq_ignore_ascii_case("close");
            }
        }
        Ok(Some(head))
    }

    /// Returns the value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// `/v1.52/info` is `/info`.
fn without_version(path: &str) -> &str {
    match path.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|at| &rest[at..])) {
        Some(rest) => rest,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_when_it_is_complete() {
        let text = b"POST /v1.52/images/load?quiet=1&x=2 HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(Head::parse(&text[..40]).unwrap(), None);
        let head = Head::parse(text).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/images/load"));
        assert_eq!((head.query("x"), head.query("quie")), (Some("2"), None));
        assert_eq!((head.body, head.close), (Length::Known(5), false));
        assert_eq!(&text[head.size..], b"hello");
    }
}
