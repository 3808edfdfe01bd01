//! Builds a request: its parameters, headers and body.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::names::in_body;
use crate::{ApiVersion, Body, BoxError, Call, Client, Error, Operation, Target};

/// A request that is being built: a [`Call`] and the client that sends it.
///
/// The generated builders wrap this type and convert into it with `From`. If a value cannot be sent, such as a header
/// with a line break, the request keeps the error, and sending it fails with [`Error::InvalidRequest`] before anything
/// is sent.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    pub(crate) client: Client,
    pub(crate) call: Call,
    pub(crate) response_limit: usize,
    /// The first error in what was set: its message and its cause.
    pub(crate) invalid: Option<(String, Option<BoxError>)>,
}

impl Client {
    /// Begins a request that calls `operation`.
    ///
    /// The generated methods do this for every operation of the specification. Use it for an operation that the
    /// specification does not list.
    pub fn request(&self, operation: &'static Operation) -> Request {
        Request {
            client: self.clone(),
            call: Call::new(operation),
            response_limit: self.response_limit(),
            invalid: None,
        }
    }
}

impl Request {
    /// Returns the operation that is called.
    pub fn operation(&self) -> &'static Operation {
        self.call.operation()
    }

    /// Returns the operation and the object that the call names, for errors.
    pub fn target(&self) -> Target {
        self.call.target()
    }

    /// Returns the client that sends the request.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the version of the API that the request is sent in, as [`Client::api_version`] does. The transport is
    /// queried only once for each request, and the result is also used when the request is sent.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Client::api_version`].
    pub async fn api_version(&mut self) -> Result<Option<ApiVersion>, Error> {
        if self.call.api_version().is_none() {
            let version = self.client.api_version().await?;
            self.call.set_api_version(version);
        }
        Ok(self.call.api_version())
    }

    /// Sets the parameter `{name}` of the path.
    ///
    /// Every character with a special meaning in a path is escaped. That includes `/`, except in the names of images
    /// and plugins. A value that is blank, `.` or `..` is refused when the request is sent.
    pub fn path(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.call.set_path(name, value);
        self
    }

    /// Returns the value of a parameter of the path.
    pub fn path_value(&self, name: &str) -> Option<&str> {
        self.call.path(name)
    }

    /// Sets a parameter of the query and replaces the values that it had.
    pub fn query(&mut self, name: &'static str, value: impl ToString) {
        self.call.set_query(name, value);
    }

    /// Sets a parameter of the query once for each value, and replaces the values that it had. If there are no values,
    /// the parameter is removed.
    pub fn query_all<T: ToString>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.call.set_query_all(name, values);
    }

    /// Returns the first value of a parameter of the query.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.call.query(name)
    }

    /// Sets a header and replaces the values that it had.
    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        if let Some((name, value)) = self.checked_header(name, value.into()) {
            self.call.headers_mut().insert(name, value);
        }
    }

    /// Adds a value to a header. Each value is sent on a separate line.
    pub fn append_header(&mut self, name: &'static str, value: impl Into<String>) {
        if let Some((name, value)) = self.checked_header(name, value.into()) {
            self.call.headers_mut().append(name, value);
        }
    }

    fn checked_header(
        &mut self,
        name: &'static str,
        value: String,
    ) -> Option<(HeaderName, HeaderValue)> {
        let name = name.parse::<HeaderName>();
        let value = HeaderValue::from_maybe_shared(Bytes::from(value));
        match (name, value) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(name.as_str().starts_with("x-registry-"));
                Some((name, value))
            }
            (Err(error), _) => {
                self.refuse("invalid header name", Some(error.into()));
                None
            }
            // The value may be a secret.
            (Ok(name), Err(error)) => {
                self.refuse(format!("invalid value of the header {name}"), Some(error.into()));
                None
            }
        }
    }

    /// Sets a JSON body.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        match serde_json::to_vec(value) {
            Ok(text) => {
                let text = in_body(self.operation().path, &text).into_owned();
                self.body("application/json", text);
            }
            Err(error) => self.refuse("cannot write the body as JSON", Some(error.into())),
        }
    }

    /// Sets the body and its media type. If `content_type` is empty, no `Content-Type` header is sent.
    pub fn body(&mut self, content_type: &'static str, body: impl Into<Body>) {
        *self.call.body_mut() = body.into();
        let headers = self.call.headers_mut();
        if content_type.is_empty() {
            headers.remove(CONTENT_TYPE);
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
    }

    /// Sets the maximum length of a response that [`decode`](Self::decode) reads, in bytes. The default is that of the
    /// client, which is 64 MiB unless [`Client::with_response_limit`] sets another one.
    ///
    /// The response is held in memory while it is decoded, and the decoded value may be several times as long: the peak
    /// of a list of containers was 8 times the length of the response, which is about 520 MiB at the default limit.
    /// Responses whose objects have few of the fields of their type take more. To read a list of any length, use
    /// [`stream`](Self::stream).
    pub fn response_limit(&mut self, bytes: usize) {
        self.response_limit = bytes;
    }

    /// Returns the body, or `None` if it is a stream.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.call.body().as_bytes()
    }

    /// Returns a copy of the request, or `None` if its body is a stream, which can be sent only once.
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self {
            client: self.client.clone(),
            call: self.call.try_clone()?,
            response_limit: self.response_limit,
            invalid: self.invalid.as_ref().map(|(message, _)| (message.clone(), None)),
        })
    }

    fn refuse(&mut self, message: impl Into<String>, source: Option<BoxError>) {
        if self.invalid.is_none() {
            self.invalid = Some((message.into(), source));
        }
    }
}

/// Shows the operation and the path, but no value of the query, a header or the body, which may be secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("call", &self.call).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ErrorKind;
    use crate::testing::{Canned, Inspect};

    #[tokio::test]
    async fn a_path_parameter_cannot_leave_its_segment() {
        let engine = Canned::new(200, "application/json", "null");
        for (id, path) in [
            ("web", "/containers/web/json"),
            ("../networks/prod", "/containers/..%2Fnetworks%2Fprod/json"),
            ("a?b#c%2e d\u{e9}", "/containers/a%3Fb%23c%252e%20d%C3%A9/json"),
            ("...", "/containers/.../json"),
        ] {
            engine.inspect(id).discard().await.unwrap();
            assert_eq!(engine.sent().uri(), path);
        }
        for id in ["", " ", ".", ".."] {
            let error = engine.inspect(id).discard().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(
                error
                    .to_string()
                    .contains(&format!("`id`: expected a name or an ID, found {id:?}")),
                "{error}"
            );
        }
        let error = engine.request(&Inspect::OPERATION).discard().await.unwrap_err();
        assert!(error.to_string().contains("`id` is missing"), "{error}");
        assert!(!engine.has_sent(), "nothing is sent");
    }

    #[tokio::test]
    async fn query_values_are_escaped_replaced_and_repeated() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = engine.inspect("web");
        request.query("t", 5);
        request.query("filters", r#"{"a b":["&=+"]}"#);
        request.query("t", -1);
        request.query_all("names", ["x", "y/z"]);
        request.discard().await.unwrap();
        let query = "filters=%7B%22a%20b%22%3A%5B%22%26%3D%2B%22%5D%7D&t=-1&names=x&names=y%2Fz";
        assert_eq!(engine.sent().uri().query(), Some(query));
    }

    #[tokio::test]
    async fn a_body_has_exactly_one_content_type() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = engine.inspect("web");
        request.json(&BTreeMap::from([("a", 1)]));
        request.body("application/x-tar", "tar");
        request.discard().await.unwrap();
        let sent = engine.sent();
        assert_eq!(sent.headers().get_all(CONTENT_TYPE).iter().count(), 1);
        assert_eq!(sent.headers()[CONTENT_TYPE], "application/x-tar");
        assert_eq!(sent.body().as_bytes(), Some(&b"tar"[..]));

        let mut request = engine.inspect("web");
        request.json(&BTreeMap::from([((1, 2), 1)]));
        let error = request.discard().await.unwrap_err();
        assert!(error.to_string().contains("cannot write the body as JSON"), "{error}");
    }

    #[tokio::test]
    async fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = engine.inspect("web");
        request.header("X-Registry-Auth", "hunter2\n");
        let error = request.discard().await.unwrap_err().to_string();
        assert!(error.contains("x-registry-auth") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_value_that_could_be_secret() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = engine.inspect("web");
        request.query("buildargs", "hunter2");
        request.header("X-Registry-Auth", "hunter2");
        request.json("hunter2");
        let shown = format!("{request:?}");
        assert!(shown.contains("ContainerInspect") && shown.contains("/containers/web/json"));
        assert!(!shown.contains("hunter2"), "{shown}");
        let engine_request = request.call.into_http("").unwrap();
        assert!(!format!("{engine_request:?}").contains("X-Registry-Auth: hunter2"));
        assert!(engine_request.headers()["x-registry-auth"].is_sensitive());
    }

    #[tokio::test]
    async fn a_query_that_is_too_long_is_refused_with_its_parameter() {
        let engine = Canned::new(200, "application/json", "{}");
        let mut request = engine.inspect("web");
        request.query("small", "x");
        request.query_all("large", ["y".repeat(40_000), "z".repeat(30_000)]);
        let error = request.discard().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`large` takes 70000 bytes") && text.contains("65000"), "{text}");
        assert!(!engine.has_sent(), "nothing is sent");
    }
}
