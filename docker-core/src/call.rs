//! A call of an operation as transports carry it, and how it is written as an HTTP request.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::uri::{check_length, check_path, write_path, write_query};
use crate::{ApiVersion, Body, Error, Operation, Target};

/// A call of an operation, as a [`Transport`](crate::Transport) carries it.
///
/// It holds the values of the parameters as they were set, so that a [`Layer`](crate::Layer) can read and change them.
/// The last transport turns it into an HTTP request with [`into_http`](Self::into_http), unless it creates the reply
/// itself, as a fake transport in a test does.
///
/// ```
/// use docker_core::{ApiVersion, Call, Operation};
///
/// # fn main() -> Result<(), docker_core::Error> {
/// static STOP: Operation = Operation::new("ThingStop", "POST", "/things/{id}/stop");
/// let mut call = Call::new(&STOP);
/// call.set_path("id", "web");
/// call.set_query("t", 5);
/// assert_eq!((call.path("id"), call.query("t")), (Some("web"), Some("5")));
/// call.set_api_version(Some(ApiVersion::new(1, 52)));
/// assert_eq!(call.into_http("")?.uri(), "/v1.52/things/web/stop?t=5");
/// # Ok(())
/// # }
/// ```
pub struct Call {
    operation: &'static Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Body,
    api_version: Option<ApiVersion>,
}

impl Call {
    /// Creates a call of `operation` without parameters, headers and body.
    pub fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            path: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            api_version: None,
        }
    }

    /// Returns the operation that is called.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns the operation and the object that the call names, for errors.
    pub fn target(&self) -> Target {
        Target::new(self.operation, self.path.iter().map(|(name, value)| (*name, value.as_str())))
            .with_query(self.query.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Returns the value of a parameter of the path.
    pub fn path(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Sets a parameter of the path and replaces the value that it had.
    pub fn set_path(&mut self, name: &'static str, value: impl Into<String>) {
        self.path.retain(|(key, _)| *key != name);
        self.path.push((name, value.into()));
    }

    /// Returns the first value of a parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the names and values of the query, in the order in which they are sent.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.query.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Sets a parameter of the query and replaces the values that it had.
    pub fn set_query(&mut self, name: &'static str, value: impl ToString) {
        self.set_query_all(name, [value]);
    }

    /// Sets a parameter of the query once for each value, and replaces the values that it had. If there are no values,
    /// the parameter is removed.
    pub fn set_query_all<T: ToString>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.query.retain(|(key, _)| *key != name);
        self.query.extend(values.into_iter().map(|value| (name, value.to_string())));
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns a mutable reference to the headers.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Returns the body.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Returns a mutable reference to the body. Changing it does not change the `Content-Type` header.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }

    /// Returns the version of the API that is written in front of the path, if it has been set.
    pub fn api_version(&self) -> Option<ApiVersion> {
        self.api_version
    }

    /// Sets the version of the API that is written in front of the path. With `None`, the path has no version.
    pub fn set_api_version(&mut self, version: Option<ApiVersion>) {
        self.api_version = version;
    }

    /// Returns a copy of the call, or `None` if its body is a stream, which can be sent only once.
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self {
            operation: self.operation,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.try_clone()?,
            api_version: self.api_version,
        })
    }

    /// Checks the parameters of the path, so that an invalid one is found before anything is sent.
    pub(crate) fn check_path(&self) -> Result<(), Error> {
        check_path(self.operation.path, &self.path)
            .map_err(|message| Error::invalid_request(self.target(), message))
    }

    /// Writes the call as an HTTP request, whose URI is `base`, the version of the API, the path and the query.
    ///
    /// `base` is empty for an engine at the root of its host. Every value is escaped. That includes `/`, except in the
    /// names of images and plugins.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidRequest`] if a parameter of the path is missing, blank, `.` or `..`, if path and
    /// query are longer than 65,000 bytes, or if `base` or the method of the operation is invalid.
    pub fn into_http(self, base: &str) -> Result<http::Request<Body>, Error> {
        let invalid = |message: String| Error::invalid_request(self.target(), message);
        let Operation { method, path, .. } = *self.operation;
        let mut uri = String::with_capacity(base.len() + path.len() + 64);
        uri.push_str(base);
        if let Some(version) = self.api_version {
            uri.push_str("/v");
            uri.push_str(&version.to_string());
        }
        write_path(path, &self.path, &mut uri).map_err(invalid)?;
        write_query(path, &self.query, &mut uri);
        check_length(uri.len() - base.len(), &self.query).map_err(invalid)?;
        let uri = Uri::from_maybe_shared(Bytes::from(uri)).map_err(|error| {
            Error::invalid_request_from(self.target(), "invalid path or query", error)
        })?;
        let method = method.parse::<Method>().map_err(|error| {
            Error::invalid_request_from(self.target(), "invalid HTTP method", error)
        })?;
        let mut request = http::Request::new(self.body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

/// Shows the operation and the path, but no value of the query, a header or the body, which may be secret.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("target", &self.target())
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .field("api_version", &self.api_version)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TAG: Operation = Operation::new("ImageTag", "POST", "/images/{name}/tag");

    #[test]
    fn a_call_is_written_below_its_base() {
        let mut call = Call::new(&TAG);
        call.set_path("name", "a");
        call.set_path("name", "team/app");
        call.set_query("tag", "1&2");
        call.set_query_all("x", ["1", "2"]);
        call.headers_mut().insert("x-team", http::HeaderValue::from_static("a"));
        *call.body_mut() = "{}".into();
        call.set_api_version(Some(ApiVersion::new(1, 44)));
        let copy = call.try_clone().unwrap();
        for call in [call, copy] {
            let request = call.into_http("http://host/engine").unwrap();
            let uri = "http://host/engine/v1.44/images/team/app/tag?tag=1%262&x=1&x=2";
            assert_eq!(
                (request.method(), request.uri().to_string()),
                (&Method::POST, uri.to_owned())
            );
            assert_eq!(request.headers()["x-team"], "a");
            assert_eq!(request.body().as_bytes(), Some(&b"{}"[..]));
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error_that_names_the_object() {
        let mut call = Call::new(&TAG);
        call.set_path("name", "app");
        call.set_query("tag", "x".repeat(65_000));
        let error = call.into_http("").unwrap_err().to_string();
        assert!(error.starts_with("ImageTag (POST /images/app/tag): the query parameter `tag`"));
        assert!(Call::new(&TAG).into_http("").is_err());
        static INFO: Operation = Operation::new("Info", "GET", "/info");
        let error = Call::new(&INFO).into_http("http://a b").unwrap_err().to_string();
        assert!(error.contains("invalid path or query"), "{error}");
    }
}
