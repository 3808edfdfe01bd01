//! Turns a reply into its value or an error.

use std::borrow::Cow;

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::pointer::pointer;
use crate::repair::{lone_surrogates, null_items};
use crate::{BoxError, Error, Operation, Reply, Target};

/// How much of an error's body is read.
pub(crate) const MESSAGE_LIMIT: usize = 1024 * 1024;

/// Decodes the JSON body of a reply, as [`Request::decode`](crate::Request::decode) does. Use it for recorded responses
/// and for transports in tests.
///
/// Engines send `null` for an empty list or object (`ContainerChanges`), and podman may send an empty body. Both are
/// decoded as the empty value.
///
/// # Errors
///
/// Returns an error if the body is not valid JSON or does not match `T`.
pub fn decode_reply<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    decode(text).or_else(|error| match text.trim_ascii() {
        list if list.starts_with(b"[") => match null_items(&self::text(list)) {
            Some(fixed) => decode(fixed.as_bytes()).map_err(|_| error),
            None => Err(error),
        },
        b"" => serde_json::from_str("null").map_err(|_| error),
        b"null" => {
            let empty = serde_json::from_str("[]").or_else(|_| serde_json::from_str("{}"));
            empty.map_err(|_| error)
        }
        _ => Err(error),
    })
}

/// Decodes JSON. Bytes that are not valid UTF-8 and unpaired surrogates are replaced with U+FFFD, as in Go.
pub(crate) fn decode<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    let text = self::text(text);
    serde_json::from_str(&text).or_else(|error| match lone_surrogates(&text) {
        Some(fixed) => serde_json::from_str(&fixed),
        None => Err(error),
    })
}

/// Returns the JSON as a string, with U+FFFD in place of bytes that are not valid UTF-8.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Checking the whole at once is faster than string by string, and a type that is read from strings alone, and not
    // from bytes as well, is compiled once.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

pub(crate) fn undecodable(target: Target, text: &[u8], error: serde_json::Error) -> Error {
    if text.is_empty() {
        return Error::decode(target, "its start", "expected JSON, found an empty response");
    }
    let (line, column) = (error.line(), error.column());
    let pointer = pointer(text, line, column);
    Error::decode(target, format!("\"{pointer}\" (line {line} column {column})"), error)
}

/// Returns whether a status is a success of an operation.
///
/// 206 is never a success, because no call requests a part of a response. 101 is a success only if an upgrade was
/// requested, and 304 only if the operation defines it: a proxy that sends them otherwise has not carried out the
/// request.
pub(crate) fn is_success(operation: &Operation, status: StatusCode, upgrading: bool) -> bool {
    match status.as_u16() {
        101 => upgrading,
        206 => false,
        304 => operation.not_modified,
        status => (200..300).contains(&status),
    }
}

/// Returns the error for a response that is not a success.
pub(crate) async fn refusal(target: Target, reply: Reply) -> Error {
    let Reply { status, headers, mut body, .. } = reply;
    if status.is_redirection() || status.is_informational() || status.is_success() {
        let location = headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let message = match location {
            Some(location) => format!(
                "redirects to {location:?} are not followed; is this the address of an engine?"
            ),
            None => "is this the address of an engine?".to_owned(),
        };
        return Error::unexpected_status(target, status, message);
    }
    let mut text = Vec::new();
    let mut broken: Option<BoxError> = None;
    while text.len() < MESSAGE_LIMIT {
        match body.chunk().await {
            Ok(Some(chunk)) => text.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                broken = Some(error.into());
                break;
            }
        }
    }
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_json = media_is(&headers, "application/json");
    let message = if text.len() >= MESSAGE_LIMIT {
        "the message of the error is longer than 1 MiB; is this the address of an engine?"
            .to_owned()
    } else {
        message(&text, is_json).unwrap_or_else(|| match broken {
            Some(error) => format!("the message of the error ended early: {error}"),
            None => format!(
                "the engine sent no message: {}",
                status.canonical_reason().unwrap_or("unknown status")
            ),
        })
    };
    Error::Engine { target, status, message, api_version: header("api-version").map(str::to_owned) }
}

/// Returns whether the body is a sequence of JSON values.
pub(crate) fn is_values(headers: &HeaderMap) -> bool {
    const MEDIA_TYPES: [&str; 3] =
        ["application/jsonl", "application/x-ndjson", "application/json-seq"];
    MEDIA_TYPES.iter().any(|media_type| media_is(headers, media_type))
}

/// Returns whether the content type is this one, ignoring its parameters.
pub(crate) fn media_is(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = value.and_then(|value| value.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case(wanted))
}

/// The maximum number of bytes that are shown of a body in an unknown format.
const MAX_SHOWN: usize = 2048;

/// The message in the body of an error.
///
/// Engines send `{"message": …}`, podman's refusal of a push `{"errorDetail": {"message": …}, "error": …}`, and
/// registries and proxies in between `{"errors": [{"code": …, "message": …}]}`. Anything else is shown as it is,
/// shortened.
fn message(text: &[u8], is_json: bool) -> Option<String> {
    let found = match decode::<serde_json::Value>(text) {
        Ok(value) => known(&value).unwrap_or_else(|| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::Object(all) if all.is_empty() => String::new(),
            serde_json::Value::Object(all) if all.len() == 1 && all.contains_key("message") => {
                String::new()
            }
            _ => shortened(text),
        }),
        Err(error) if is_json && !text.is_empty() => {
            format!("{} (malformed JSON: {error})", shortened(text))
        }
        Err(_) => shortened(text),
    };
    let found = found.trim();
    (!found.is_empty()).then(|| found.to_owned())
}

/// The message of one of the known forms of an error.
fn known(value: &serde_json::Value) -> Option<String> {
    let text = |value: Option<&serde_json::Value>| {
        let text = value?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    text(value.get("message"))
        .or_else(|| text(value.get("errorDetail")?.get("message")))
        .or_else(|| text(value.get("error")))
        .or_else(|| {
            let errors = value.get("errors")?.as_array()?;
            let messages: Vec<String> = errors
                .iter()
                .filter_map(|error| text(error.get("message")).or_else(|| text(error.get("code"))))
                .collect();
            (!messages.is_empty()).then(|| messages.join("; "))
        })
        .or_else(|| text(value.get("cause")))
}

fn shortened(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    match text.char_indices().find(|(at, _)| *at >= MAX_SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}
