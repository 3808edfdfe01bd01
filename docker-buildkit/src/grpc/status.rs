//! The status of a gRPC call.

use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::GeneralPurposeConfig;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use prost::Message as _;

use crate::proto::control::{Any, ErrorDetails};

/// Base64 with or without padding, as binary metadata may be sent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The characters that `grpc-message` escapes.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// A status code of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u32);

impl Code {
    pub(crate) const OK: Self = Self(0);
    pub(crate) const CANCELLED: Self = Self(1);
    pub(crate) const UNKNOWN: Self = Self(2);
    pub(crate) const NOT_FOUND: Self = Self(5);
    pub(crate) const RESOURCE_EXHAUSTED: Self = Self(8);
    pub(crate) const UNIMPLEMENTED: Self = Self(12);
    pub(crate) const INTERNAL: Self = Self(13);
    pub(crate) const UNAVAILABLE: Self = Self(14);
}

/// The status of a call that failed.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// The details of the engine besides the message, each with the name of its type.
    pub(crate) details: Vec<Any>,
}

impl Status {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// Reads the status from trailers, or from the headers of a response without messages.
    pub(crate) fn from_trailers(trailers: &HeaderMap) -> Result<(), Self> {
        let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
        let code = match text("grpc-status").map(str::parse) {
            Some(Ok(0)) => return Ok(()),
            Some(Ok(code)) => Code(code),
            _ => return Err(Self::new(Code::UNKNOWN, "the call ended without a gRPC status")),
        };
        let message = text("grpc-message").unwrap_or_default();
        let message = percent_decode_str(message).decode_utf8_lossy().into_owned();
        let details = trailers
            .get("grpc-status-details-bin")
            .and_then(|value| BASE64.decode(value.as_bytes()).ok())
            .and_then(|bytes| ErrorDetails::decode(Bytes::from(bytes)).ok());
        Err(Self { code, message, details: details.unwrap_or_default().details })
    }

    /// Writes the status as trailers.
    pub(crate) fn to_trailers(result: &Result<(), Self>) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        let code = result.as_ref().err().map_or(Code::OK, |status| status.code);
        trailers.insert("grpc-status", HeaderValue::from(code.0));
        if let Err(status) = result {
            let message = utf8_percent_encode(&status.message, ESCAPED).to_string();
            if let Ok(message) = HeaderValue::try_from(message) {
                trailers.insert("grpc-message", message);
            }
        }
        trailers
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "gRPC status {}", self.code.0)
        } else {
            f.write_str(&self.message)
        }
    }
}

impl std::error::Error for Status {}

impl From<h2::Error> for Status {
    fn from(error: h2::Error) -> Self {
        let code = if error.reason() == Some(h2::Reason::CANCEL) {
            Code::CANCELLED
        } else {
            Code::UNAVAILABLE
        };
        Self::new(code, error.to_string())
    }
}

impl From<prost::DecodeError> for Status {
    fn from(error: prost::DecodeError) -> Self {
        Self::new(Code::INTERNAL, format!("the message cannot be decoded: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_the_same_after_writing_and_reading_trailers() {
        assert!(Status::from_trailers(&Status::to_trailers(&Ok(()))).is_ok());
        let sent = Status::new(Code::NOT_FOUND, "no secret `a%b` – é\n");
        let read = Status::from_trailers(&Status::to_trailers(&Err(sent.clone()))).unwrap_err();
        assert_eq!((read.code, read.message), (sent.code, sent.message));
    }

    #[test]
    fn trailers_without_a_status_are_an_error() {
        assert_eq!(Status::from_trailers(&HeaderMap::new()).unwrap_err().code, Code::UNKNOWN);
    }
}
