//! What an engine that speaks an older version of the API does not know.

use crate::generated::SINCE;
use crate::{ApiVersion, Operation};

/// An operation, the minor version that it came with, and the same of each of its parameters.
pub(crate) type Entry = (&'static str, u16, &'static [(&'static str, u16)]);

/// Since which version of the API there is an operation, or a parameter of its query or headers.
///
/// The answer is from the documents of API 1.25 and later: what is older is said to be there since 1.25. `None` for what
/// the version that this crate is generated from does not have.
///
/// ```
/// use docker_api::{ApiVersion, since_version};
///
/// assert_eq!(since_version("ContainerStop", None), Some(ApiVersion::new(1, 25)));
/// assert_eq!(since_version("ContainerStop", Some("signals")), None);
/// ```
pub fn since_version(operation: &str, parameter: Option<&str>) -> Option<ApiVersion> {
    let index = SINCE.binary_search_by_key(&operation, |(id, _, _)| id).ok()?;
    let (_, minor, parameters) = SINCE[index];
    let minor = match parameter {
        None => minor,
        Some(name) => parameters.iter().find(|(known, _)| *known == name)?.1,
    };
    Some(ApiVersion::new(1, minor))
}

/// What of a call needs the newest version: the operation itself (`None`) or a parameter, and that version.
pub(crate) fn newest_need<'a>(
    operation: &Operation,
    parameters: impl Iterator<Item = &'a str>,
) -> Option<(Option<&'a str>, ApiVersion)> {
    std::iter::once(None)
        .chain(parameters.map(Some))
        .filter_map(|parameter| Some((parameter, since_version(operation.id, parameter)?)))
        .reduce(|first, next| if next.1 > first.1 { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, BoxFuture, ByteStream, Client, Error, Reply, Transport};

    /// An engine of API 1.41 that answers everything with 204.
    #[derive(Debug)]
    struct Older;

    impl Transport for Older {
        fn execute(
            &self,
            _: &'static Operation,
            _: http::Request<Body>,
        ) -> BoxFuture<'_, Result<Reply, Error>> {
            Box::pin(async {
                Ok(Reply {
                    status: http::StatusCode::NO_CONTENT,
                    headers: http::HeaderMap::new(),
                    body: ByteStream::empty(),
                    upgraded: None,
                })
            })
        }

        fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
            Box::pin(async { Ok(Some(ApiVersion::new(1, 41))) })
        }
    }

    static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop");

    #[tokio::test]
    async fn a_parameter_that_the_engine_would_ignore_is_refused() {
        let client = Client::new(Older);
        let mut request = client.request(&STOP).path("id", "web");
        request.query("t", 5);
        assert!(request.discard().await.is_ok());
        if since_version("ContainerStop", Some("signal")).is_some() {
            let mut request = client.request(&STOP).path("id", "web");
            request.query("signal", "SIGINT");
            let error = request.discard().await.unwrap_err();
            assert!(matches!(error, Error::TooNew { .. }), "{error:?}");
            let text = error.to_string();
            for part in ["ContainerStop", "`signal`", "1.42", "1.41"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_supported_depends_on_the_engine() {
        let client = Client::new(Older);
        assert!(client.supports("ContainerStop", "t").await.unwrap());
        assert!(client.supports("ContainerStop", None).await.unwrap());
        assert!(!client.supports("ContainerStop", "signal").await.unwrap());
        assert!(!client.supports("ContainerStopp", None).await.unwrap());
    }
}
