//! Constructors of [`Error`].

use std::io;
use std::time::Duration;

use http::StatusCode;

use super::{BoxError, Error};
use crate::Target;

/// Constructors for transports and for crates that build on this one.
impl Error {
    /// Creates an [`Error::InvalidRequest`].
    pub fn invalid_request(target: impl Into<Target>, message: impl Into<String>) -> Self {
        Self::InvalidRequest { target: target.into(), message: message.into(), source: None }
    }

    /// Creates an [`Error::InvalidRequest`] that has a cause.
    pub fn invalid_request_from(
        target: impl Into<Target>,
        message: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        let source = Some(source.into());
        Self::InvalidRequest { target: target.into(), message: message.into(), source }
    }

    /// Creates an [`Error::Config`].
    pub fn config(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Config { setting: setting.into(), message: message.into(), source: None }
    }

    /// Creates an [`Error::Config`] that has a cause.
    pub fn config_from(
        setting: impl Into<String>,
        message: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        let source = Some(source.into());
        Self::Config { setting: setting.into(), message: message.into(), source }
    }

    /// Creates an [`Error::Connect`].
    pub fn connect(address: impl Into<String>, hint: impl Into<String>, source: io::Error) -> Self {
        Self::Connect { target: None, address: address.into(), hint: hint.into(), source }
    }

    /// Creates an [`Error::Communication`]. `doing` continues `the connection failed while`.
    pub fn communication(
        target: impl Into<Target>,
        doing: &'static str,
        source: impl Into<BoxError>,
    ) -> Self {
        Self::Communication { target: target.into(), doing, source: source.into() }
    }

    /// Creates an [`Error::Body`].
    pub fn body(target: impl Into<Target>, source: impl Into<BoxError>) -> Self {
        Self::Body { target: target.into(), source: source.into() }
    }

    /// Creates an [`Error::Unpack`].
    pub fn unpack(target: impl Into<Target>, source: io::Error) -> Self {
        Self::Unpack { target: target.into(), source }
    }

    /// Creates an [`Error::UnexpectedStatus`].
    pub fn unexpected_status(
        target: impl Into<Target>,
        status: StatusCode,
        message: impl Into<String>,
    ) -> Self {
        Self::UnexpectedStatus { target: target.into(), status, message: message.into() }
    }

    /// Creates an [`Error::Decode`]. `at` continues `cannot decode the response at`.
    pub fn decode(
        target: impl Into<Target>,
        at: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self::Decode { target: target.into(), at: at.into(), source: source.into() }
    }

    /// Creates an [`Error::Timeout`]. `doing` continues `timed out while`.
    pub fn timeout(target: impl Into<Target>, doing: &'static str, after: Duration) -> Self {
        Self::Timeout { target: target.into(), doing, after }
    }

    /// Creates an [`Error::Version`].
    pub fn version(
        client: impl Into<String>,
        engine: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Version { client: client.into(), engine: engine.into(), message: message.into() }
    }

    /// Creates an [`Error::Truncated`]. `within` continues `the stream ended within`.
    pub fn truncated(target: impl Into<Target>, within: impl Into<String>) -> Self {
        Self::Truncated { target: target.into(), within: within.into() }
    }

    /// Creates an [`Error::UnknownStream`].
    pub fn unknown_stream(target: impl Into<Target>, id: u8, offset: u64) -> Self {
        Self::UnknownStream { target: target.into(), id, offset }
    }

    /// Creates an [`Error::InStream`].
    pub fn in_stream(
        target: impl Into<Target>,
        code: Option<i64>,
        message: impl Into<String>,
    ) -> Self {
        Self::InStream { target: target.into(), code, message: message.into() }
    }
}
