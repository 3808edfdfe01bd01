//! Determines the kind of an error of a registry from its message, because engines use different statuses for it.

use crate::{ErrorKind, Operation};

/// A header that all operations have that contact a registry.
const CREDENTIALS: &str = "X-Registry-Auth";

/// Parts of messages, in lower case, and what they mean. The first match counts.
///
/// | part | seen from |
/// |---|---|
/// | `no basic auth credentials` | dockerd 20.10 and 28.5, pull (500) and push (within the stream) without credentials |
/// | `authentication required` | dockerd 20.10 and 28.5 with a wrong password, podman 4.3 and 5.8 |
/// | `invalid username/password` | podman 4.3 and 5.8 |
/// | `401 unauthorized` | Docker 29: `unexpected status from HEAD request …: 401 Unauthorized`, pull (500) and push (within the stream) |
/// | `authorization failed` | the resolver of containerd in Docker 29 |
/// | `403 forbidden` | Docker 29, as above |
/// | `manifest unknown`, `failed to resolve reference … not found` | dockerd 20.10 and 28.5, Docker 29 |
const MEANINGS: &[(&[&str], ErrorKind)] = &[
    (&["no basic auth credentials"], ErrorKind::Unauthenticated),
    (&["authentication required"], ErrorKind::Unauthenticated),
    (&["invalid username/password"], ErrorKind::Unauthenticated),
    (&["401 unauthorized"], ErrorKind::Unauthenticated),
    (&["authorization failed"], ErrorKind::Unauthenticated),
    (&["403 forbidden"], ErrorKind::PermissionDenied),
    (&["manifest unknown"], ErrorKind::NotFound),
    (&["failed to resolve reference", "not found"], ErrorKind::NotFound),
];

/// Returns what the message means, if the operation contacts a registry and the message is known.
pub(crate) fn by_message(operation: &Operation, message: &str) -> Option<ErrorKind> {
    operation.parameter(CREDENTIALS)?;
    let message = message.to_ascii_lowercase();
    let matches = |parts: &[&str]| parts.iter().all(|part| message.contains(part));
    MEANINGS.iter().find(|(parts, _)| matches(parts)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::{Error, Parameter, Target};

    static PULL: Operation = Operation::new("ImageCreate", "POST", "/images/create")
        .parameters(&[Parameter::new(CREDENTIALS)]);
    static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop");

    #[test]
    fn a_refusal_of_the_registry_means_the_same_on_every_engine() {
        use ErrorKind::{Internal, NotFound, Other, PermissionDenied, Unauthenticated};
        for (message, kind) in [
            (
                "Get \"http://r/v2/app/manifests/1\": no basic auth credentials",
                Some(Unauthenticated),
            ),
            ("unauthorized: authentication required", Some(Unauthenticated)),
            (
                "failed to resolve reference \"r/app:1\": unexpected status from HEAD request to \
                 http://r/v2/app/manifests/1: 401 Unauthorized",
                Some(Unauthenticated),
            ),
            ("unable to retrieve auth token: invalid username/password", Some(Unauthenticated)),
            (
                "unexpected status from HEAD request to http://r: 403 Forbidden",
                Some(PermissionDenied),
            ),
            ("manifest for r/app:1 not found: manifest unknown", Some(NotFound)),
            ("failed to resolve reference \"r/app:1\": r/app:1: not found", Some(NotFound)),
            ("no space left on device", None),
        ] {
            let engine = |operation| Error::Engine {
                target: Target::from(operation),
                status: StatusCode::INTERNAL_SERVER_ERROR,
                message: message.to_owned(),
                api_version: None,
            };
            assert_eq!(engine(&PULL).kind(), kind.unwrap_or(Internal), "{message}");
            let in_stream = Error::in_stream(&PULL, None, message);
            assert_eq!(in_stream.kind(), kind.unwrap_or(Other), "{message}");
            // The status alone determines the kind of the error of any other operation.
            assert_eq!(engine(&STOP).kind(), Internal, "{message}");
        }
    }
}
