//! Finds an error in the body of a response whose status is a success.
//!
//! podman writes the head of some responses before it does the work, such as those of `GET /containers/{id}/stats`. An
//! error that follows is its usual error object, which has the status: `{"cause":…,"message":…,"response":500}`. A
//! decoder that ignores unknown members would read it as an empty value.

use http::StatusCode;
use serde::Deserialize;

use crate::reply::decode;
use crate::{Error, Target};

/// The maximum length of an error object, in bytes.
const LIMIT: usize = 1024 * 1024;

/// podman's error object and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    #[serde(default)]
    cause: String,
    message: String,
    response: u16,
}

/// Returns the error that a value in a successful response is, or `None` if it is a result.
pub(crate) fn refused(target: &Target, value: &[u8]) -> Option<Error> {
    let value = value.trim_ascii();
    // Almost no value passes this, so that it costs almost nothing.
    let may_be = value.starts_with(b"{")
        && value.len() < LIMIT
        && memchr::memmem::find(value, br#""response""#).is_some();
    if !may_be {
        return None;
    }
    let Refusal { cause, message, response } = decode(value).ok()?;
    let status = StatusCode::from_u16(response).ok();
    let status = status.filter(|status| status.is_client_error() || status.is_server_error())?;
    let message = if message.trim().is_empty() { cause } else { message };
    Some(Error::Engine { target: target.clone(), status, message, api_version: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Operation};

    static STATS: Operation = Operation::new("ContainerStats", "GET", "/containers/{id}/stats");

    #[test]
    fn an_error_object_is_an_error_and_a_result_is_none() {
        let stopped =
            br#"{"cause":"container is stopped","message":"container is stopped","response":500}"#;
        let error = refused(&Target::from(&STATS), stopped).unwrap();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains("container is stopped"), "{error}");
        let gone = br#" {"cause":"no such container","message":"","response":404} "#;
        let error = refused(&Target::from(&STATS), gone).unwrap();
        assert!(error.is_not_found() && error.to_string().contains("no such container"));
        for result in [
            r#"{"message":"a","response":200}"#,
            r#"{"message":"a","response":"500"}"#,
            r#"{"message":"a","response":500,"read":"2026"}"#,
            r#"{"response":500}"#,
            r#"[{"message":"a","response":500}]"#,
            r#"{"message":"a"}"#,
            "{}",
            "",
        ] {
            assert!(refused(&Target::from(&STATS), result.as_bytes()).is_none(), "{result}");
        }
    }
}
