//! Finds the version of the API that a call needs.

use crate::{ApiVersion, Operation};

/// Returns the version of the API that a call needs, with the parameter that needs it, or `None` in its place if the
/// operation itself does. Parameters that the operation does not list need no version.
pub(crate) fn newest_need<'a>(
    operation: &Operation,
    parameters: impl Iterator<Item = &'a str>,
) -> Option<(ApiVersion, Option<&'a str>)> {
    let own = operation.since.map(|since| (since, None));
    let parameters =
        parameters.filter_map(|name| Some((operation.parameter(name)?.since?, Some(name))));
    own.into_iter()
        .chain(parameters)
        .reduce(|first, next| if next.0 > first.0 { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoxFuture, Call, Client, Error, Parameter, Reply, Transport};

    /// An engine of API 1.41 that responds to everything with 204.
    #[derive(Debug)]
    struct Older;

    impl Transport for Older {
        fn execute(&self, _: Call) -> BoxFuture<'_, Result<Reply, Error>> {
            Box::pin(async { Ok(Reply::new(http::StatusCode::NO_CONTENT, "")) })
        }

        fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
            Box::pin(async { Ok(Some(ApiVersion::new(1, 41))) })
        }
    }

    static STOP: Operation = Operation::new("ThingStop", "POST", "/things/{id}/stop")
        .parameters(&[Parameter::new("signal").since(1, 42), Parameter::new("t")]);
    static WATCH: Operation = Operation::new("ThingWatch", "GET", "/things/watch").since(1, 43);

    #[tokio::test]
    async fn a_parameter_that_the_engine_would_ignore_is_refused() {
        let client = Client::new(Older);
        let mut request = client.request(&STOP).path("id", "web");
        request.query("t", 5);
        assert!(request.discard().await.is_ok());
        let mut request = client.request(&STOP).path("id", "web");
        request.query("signal", "SIGINT");
        let error = request.discard().await.unwrap_err();
        assert!(matches!(error, Error::TooNew { .. }), "{error:?}");
        let text = error.to_string();
        for part in ["ThingStop", "`signal`", "1.42", "1.41"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[tokio::test]
    async fn an_operation_that_the_engine_does_not_have_is_refused() {
        let error = Client::new(Older).request(&WATCH).discard().await.unwrap_err();
        assert!(matches!(error, Error::TooNew { parameter: None, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_supported_depends_on_the_engine() {
        let client = Client::new(Older);
        assert!(client.supports(&STOP, "t").await.unwrap());
        assert!(client.supports(&STOP, None).await.unwrap());
        assert!(!client.supports(&STOP, "signal").await.unwrap());
        assert!(!client.supports(&WATCH, None).await.unwrap());
        let error = client.supports(&STOP, "signall").await.unwrap_err();
        assert!(error.to_string().contains("no version of the API has the parameter `signall`"));
    }
}
