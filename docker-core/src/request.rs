//! One call of an operation: put together, sent, and its reply judged.

use std::fmt;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::gate::newest_need;
use crate::ignored::ignored;
use crate::reply::{decode_reply, is_success, media_is, refusal, undecodable};
use crate::{
    ApiVersion, Body, BoxError, BoxFuture, ByteStream, Client, Error, IgnoredField, JsonStream,
    Operation, Reply, Response, ResponseKind, Target, Upgraded,
};

/// All but the unreserved characters of RFC 3986: a value can never end its segment, nor its parameter.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long a path and a query may be, in bytes. The URIs of the crate `http` end at 65,534 bytes; the rest is for what a
/// transport puts before the path.
const TARGET_LIMIT: usize = 65_000;

/// How long a response may be that is decoded, in bytes, unless the request says otherwise.
const RESPONSE_LIMIT: usize = 64 * 1024 * 1024;

/// A call of an operation that is being put together.
///
/// The generated builders are thin covers of this type, and turn into it with `From`. A value that cannot be sent (an
/// empty path parameter, a header with a line break) is remembered, and sending fails with [`Error::InvalidRequest`]
/// before a byte is sent.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    client: Client,
    operation: &'static Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Body,
    response_limit: usize,
    /// The first thing found wrong.
    invalid: Option<(String, Option<BoxError>)>,
}

/// The raw connection after the response to an upgrade.
type Upgrade = BoxFuture<'static, Result<Upgraded, Error>>;

/// The head of a response, its body, and the raw connection of an upgrade.
type Sent = (Response<()>, ByteStream, Option<Upgrade>);

impl Request {
    pub(crate) fn new(client: Client, operation: &'static Operation) -> Self {
        Self {
            client,
            operation,
            path: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            response_limit: RESPONSE_LIMIT,
            invalid: None,
        }
    }

    /// The operation that is called.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns the operation and the object that the call names, for errors.
    pub fn target(&self) -> Target {
        Target::new(self.operation, self.path.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The client that the call is made on.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Fills `{name}` of the path. Every character with a meaning in a path is escaped, `/` too; a blank value, `.` and
    /// `..` are refused.
    pub fn path(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.path.push((name, value.into()));
        self
    }

    /// The value that a parameter of the path was given.
    pub fn path_value(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Sets a parameter of the query; what was set before under this name is gone.
    pub fn query(&mut self, name: &'static str, value: impl ToString) {
        self.query_all(name, [value]);
    }

    /// Sets a parameter of the query that is repeated, once for each value.
    pub fn query_all<T: ToString>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.query.retain(|(key, _)| *key != name);
        self.query.extend(values.into_iter().map(|value| (name, value.to_string())));
    }

    /// The first value that a parameter of the query was given.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Sets a header and replaces the values that it had.
    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        if let Some((name, value)) = self.checked_header(name, value.into()) {
            self.headers.insert(name, value);
        }
    }

    /// Adds a value to a header, which is sent in a line of its own.
    pub fn append_header(&mut self, name: &'static str, value: impl Into<String>) {
        if let Some((name, value)) = self.checked_header(name, value.into()) {
            self.headers.append(name, value);
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

    /// Sets a body of JSON.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        match serde_json::to_vec(value) {
            Ok(text) => self.body("application/json", text),
            Err(error) => self.refuse("cannot write the body as JSON", Some(error.into())),
        }
    }

    /// Sets a body, and what it is; an empty `content_type` sends none.
    pub fn body(&mut self, content_type: &'static str, body: impl Into<Body>) {
        self.body = body.into();
        if content_type.is_empty() {
            self.headers.remove(CONTENT_TYPE);
        } else {
            self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
    }

    /// Sets how long a response may be that [`decode`](Self::decode) reads; 64 MiB unless set. The text is held in memory while
    /// it is decoded, so that the peak is the limit and what the decoded value takes.
    pub fn response_limit(&mut self, bytes: usize) {
        self.response_limit = bytes;
    }

    /// The body, unless it is a stream.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.body.as_bytes()
    }

    /// The same call once more, unless its body is a stream.
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self {
            client: self.client.clone(),
            operation: self.operation,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.try_clone()?,
            response_limit: self.response_limit,
            invalid: self.invalid.as_ref().map(|(message, _)| (message.clone(), None)),
        })
    }

    /// Sends it and decodes the reply, which is JSON.
    ///
    /// # Errors
    ///
    /// As [`discard`](Self::discard), and [`Error::Decode`] where the reply is not what is expected.
    pub async fn decode<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let limit = self.response_limit;
        let (head, body, _) = self.send().await?;
        // Boxed: otherwise the future of every call that decodes something would have room for it.
        let Some(text) = Box::pin(body.collect_within(limit)).await? else {
            let found = format!("the response is longer than the limit of {limit} bytes");
            return Err(Error::decode(head.target().clone(), format!("byte {limit}"), found));
        };
        match decode_reply(&text) {
            Ok(value) => Ok(head.map(|()| value)),
            Err(error) => Err(undecodable(head.target().clone(), &text, error)),
        }
    }

    /// Sends it and reads the reply away.
    ///
    /// A reply with status 304 is a success: [`Response::status`] tells that the engine had nothing to do. Operations that
    /// report how they get on, such as a pull, are done when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::InStream`] where such a report has an error in it, [`Error::Engine`] where the engine refuses, [`Error::UnexpectedStatus`] for a status that is neither a success
    /// nor an error, [`Error::InvalidRequest`] before anything is sent, and those of the [`Transport`](crate::Transport).
    pub async fn discard(self) -> Result<Response<()>, Error> {
        let (head, mut body, _) = self.send().await?;
        if media_is(head.headers(), "application/json") {
            let mut values =
                JsonStream::<IgnoredAny>::new(head.target().clone(), body).reporting_errors();
            while let Some(value) = values.next().await {
                match value {
                    // Nothing is wanted of the reply, so that it need not be what it says.
                    Ok(_) | Err(Error::Malformed { .. } | Error::Decode { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        } else {
            while body.chunk().await?.is_some() {}
        }
        Ok(head)
    }

    /// Sends it and returns the body of the reply as it comes.
    ///
    /// # Errors
    ///
    /// As [`discard`](Self::discard).
    pub async fn stream(self) -> Result<Response<ByteStream>, Error> {
        let (head, body, _) = self.send().await?;
        Ok(head.map(|()| body))
    }

    /// Sends it and takes over the connection, which then carries raw bytes in both directions.
    ///
    /// # Errors
    ///
    /// As [`discard`](Self::discard), and [`Error::UnexpectedStatus`] where the reply is a success but not 101.
    pub async fn upgrade(mut self) -> Result<Response<Upgraded>, Error> {
        let protocol = match self.operation.response {
            ResponseKind::Upgrade(protocol) => protocol,
            _ => "tcp",
        };
        self.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        self.headers.entry(UPGRADE).or_insert(HeaderValue::from_static(protocol));
        let (head, _, upgraded) = self.send().await?;
        match upgraded {
            Some(upgraded) => {
                let upgraded = upgraded.await?;
                Ok(head.map(|()| upgraded))
            }
            None => Err(Error::unexpected_status(
                head.target().clone(),
                head.status(),
                "the connection was not upgraded; is there a proxy in between that cannot upgrade?",
            )),
        }
    }

    /// Sends it and returns the head, the body, and the raw connection of an upgrade.
    ///
    /// Boxed, so that the futures of all calls stay small.
    fn send(self) -> BoxFuture<'static, Result<Sent, Error>> {
        Box::pin(self.exchange())
    }

    async fn exchange(self) -> Result<Sent, Error> {
        let (operation, target) = (self.operation, self.target());
        let client = self.client.clone();
        let need = self.need();
        let request = self.into_http(&target)?;
        // An engine ignores a parameter that it does not know, which is worse than to be told.
        if let Some((needs, parameter)) = need
            && let Some(negotiated) = client.api_version().await?
            && negotiated < needs
        {
            return Err(Error::TooNew { target, parameter, needs, negotiated });
        }
        let ignored = ignored_fields(&client, operation, &request).await?;
        let upgrading = request.headers().contains_key(UPGRADE);
        let reply = client.transport().execute(operation, request).await?;
        match is_success(operation, reply.status, upgrading) {
            true => {
                if !ignored.is_empty() {
                    client.transport().note_ignored(operation, &ignored);
                }
                let Reply { status, headers, body, upgraded } = reply;
                Ok((Response::new(target, status, headers, ignored, ()), body, upgraded))
            }
            false => Err(refusal(target, reply).await),
        }
    }

    /// What of the call came with a later version than every engine speaks: the version, and the parameter or none.
    fn need(&self) -> Option<(ApiVersion, Option<String>)> {
        let query = self.query.iter().map(|(name, _)| *name);
        let (needs, parameter) = newest_need(self.operation, query)?;
        Some((needs, parameter.map(str::to_owned)))
    }

    fn into_http(self, target: &Target) -> Result<http::Request<Body>, Error> {
        if let Some((message, source)) = self.invalid {
            return Err(Error::InvalidRequest { target: target.clone(), message, source });
        }
        let invalid = |message: String| Error::invalid_request(target.clone(), message);
        let mut uri = fill(self.operation.path, &self.path).map_err(invalid)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.extend(utf8_percent_encode(name, RESERVED));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, RESERVED));
        }
        if uri.len() > TARGET_LIMIT {
            return Err(invalid(too_long(uri.len(), &self.query)));
        }
        let uri = Uri::from_maybe_shared(Bytes::from(uri)).map_err(|error| {
            Error::invalid_request_from(target.clone(), "invalid path or query", error)
        })?;
        let method = self.operation.method.parse::<Method>().map_err(|error| {
            Error::invalid_request_from(target.clone(), "invalid HTTP method", error)
        })?;
        let mut request = http::Request::new(self.body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    fn refuse(&mut self, message: impl Into<String>, source: Option<BoxError>) {
        if self.invalid.is_none() {
            self.invalid = Some((message.into(), source));
        }
    }
}

/// What is wrong with a path and a query that are too long to be sent.
fn too_long(length: usize, query: &[(&'static str, String)]) -> String {
    let encoded = |name: &str| {
        let values = query.iter().filter(|(key, _)| *key == name);
        values
            .map(|(_, value)| utf8_percent_encode(value, RESERVED).map(str::len).sum::<usize>())
            .sum::<usize>()
    };
    let largest = query.iter().map(|(name, _)| (encoded(name), *name)).max();
    let (bytes, name) = largest.unwrap_or((0, "the path"));
    format!(
        "the query parameter `{name}` takes {bytes} bytes, and path and query {length}: at most {TARGET_LIMIT} can be sent"
    )
}

/// What of the body the engine may ignore.
async fn ignored_fields(
    client: &Client,
    operation: &'static Operation,
    request: &http::Request<Body>,
) -> Result<Vec<IgnoredField>, Error> {
    if !media_is(request.headers(), "application/json") || operation.fields.is_empty() {
        return Ok(Vec::new());
    }
    let Some(body) = request.body().as_bytes() else { return Ok(Vec::new()) };
    let negotiated = client.api_version().await?;
    Ok(negotiated.map_or_else(Vec::new, |negotiated| ignored(operation, body, negotiated)))
}

/// Shows what is called, never a value of the query, a header or a body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("path", &fill(self.operation.path, &self.path))
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// The path of a template with its parameters in place.
fn fill(template: &str, values: &[(&'static str, String)]) -> Result<String, String> {
    let mut path = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let (_, value) = values
            .iter()
            .find(|(key, _)| *key == name)
            .ok_or_else(|| format!("the path parameter `{name}` is missing"))?;
        path.push_str(before);
        let parts = parts(template, value);
        for (index, part) in parts.iter().enumerate() {
            if part.trim().is_empty() || *part == "." || *part == ".." {
                return Err(format!(
                    "invalid path parameter `{name}`: expected a name or an ID, found {value:?}"
                ));
            }
            if index > 0 {
                path.push('/');
            }
            path.extend(utf8_percent_encode(part, RESERVED));
        }
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

/// Splits the value of a path parameter into the segments that it is sent as.
///
/// The slashes of the names of images and plugins are sent as they are, since proxies refuse `%2F`. The one in front of a
/// container's name, as lists of containers have it, is not sent: engines would redirect.
fn parts<'a>(template: &str, value: &'a str) -> Vec<&'a str> {
    const SLASHES: [&str; 3] = ["/images/{name}", "/distribution/{name}", "/plugins/{name}"];
    if SLASHES.iter().any(|begin| template.starts_with(begin)) {
        value.split('/').collect()
    } else if template.starts_with("/containers/{id}") {
        vec![value.strip_prefix('/').unwrap_or(value)]
    } else {
        vec![value]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use http::StatusCode;

    use super::*;
    use crate::{BoxFuture, ErrorKind, Transport};

    /// Answers every request alike and keeps what it was sent.
    #[derive(Debug, Clone)]
    struct Canned {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: Bytes,
        seen: Arc<Mutex<Vec<http::Request<Body>>>>,
    }

    impl Canned {
        fn new(status: u16, media: &'static str, body: impl Into<Bytes>) -> Self {
            let headers = vec![("content-type", media), ("api-version", "1.41")];
            Self { status, headers, body: body.into(), seen: Arc::default() }
        }

        fn request(&self, operation: &'static Operation) -> Request {
            Client::new(self.clone()).request(operation)
        }

        fn sent(&self) -> http::Request<Body> {
            self.seen.lock().unwrap().pop().expect("a request was sent")
        }
    }

    impl Transport for Canned {
        fn execute(
            &self,
            _: &'static Operation,
            request: http::Request<Body>,
        ) -> BoxFuture<'_, Result<Reply, Error>> {
            self.seen.lock().unwrap().push(request);
            let mut headers = HeaderMap::new();
            for (name, value) in &self.headers {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            let status = StatusCode::from_u16(self.status).unwrap();
            let body = self.body.clone().into();
            Box::pin(std::future::ready(Ok(Reply { status, headers, body, upgraded: None })))
        }
    }

    struct Inspect;
    impl Inspect {
        const OPERATION: Operation =
            Operation::new("ContainerInspect", "GET", "/containers/{id}/json");
    }
    static ATTACH: Operation =
        Operation::upgrading("ContainerAttach", "POST", "/containers/{id}/attach");

    fn inspect(engine: &Canned, id: &str) -> Request {
        // An associated constant can be borrowed for ever, as the generated code does.
        engine.request(&Inspect::OPERATION).path("id", id)
    }

    async fn refused(status: u16, media: &'static str, body: impl Into<Bytes>) -> Error {
        let engine = Canned::new(status, media, body);
        inspect(&engine, "web").discard().await.expect_err("refused")
    }

    #[tokio::test]
    async fn a_path_parameter_cannot_leave_its_segment() {
        let engine = Canned::new(200, "application/json", "null");
        for (id, path) in [
            ("web", "/containers/web/json"),
            ("../networks/prod", "/containers/..%2Fnetworks%2Fprod/json"),
            ("a?b#c%2e d\u{e9}", "/containers/a%3Fb%23c%252e%20d%C3%A9/json"),
            ("...", "/containers/.../json"),
        ] {
            inspect(&engine, id).discard().await.unwrap();
            assert_eq!(engine.sent().uri(), path);
        }
        for id in ["", " ", ".", ".."] {
            let error = inspect(&engine, id).discard().await.unwrap_err();
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
        assert!(engine.seen.lock().unwrap().is_empty(), "nothing is sent");
    }

    #[test]
    fn the_slashes_of_names_are_sent_as_they_are_and_none_in_front_of_a_container() {
        let fill = |template, value: &str| {
            super::fill(template, &[("name", value.to_owned()), ("id", value.to_owned())])
        };
        for (template, value, path) in [
            ("/images/{name}/push", "r:5000/a b/c", "/images/r%3A5000/a%20b/c/push"),
            ("/images/{name}", "team/app@sha256:0f", "/images/team/app%40sha256%3A0f"),
            ("/distribution/{name}/json", "r/a?b#c", "/distribution/r/a%3Fb%23c/json"),
            (
                "/plugins/{name}/enable",
                "vieux/sshfs:latest",
                "/plugins/vieux/sshfs%3Alatest/enable",
            ),
            ("/containers/{id}/json", "/web", "/containers/web/json"),
            ("/containers/{id}", "web", "/containers/web"),
            ("/containers/{id}", "//web", "/containers/%2Fweb"),
            ("/volumes/{name}", "a/b", "/volumes/a%2Fb"),
        ] {
            assert_eq!(fill(template, value).as_deref(), Ok(path), "{template} {value}");
        }
        for value in ["", "/", "/a", "a/", "a//b", "../info", "a/../b", "a/./b", "a/ /b"] {
            fill("/images/{name}/json", value).unwrap_err();
        }
        for value in ["", "/", "/..", "."] {
            fill("/containers/{id}/json", value).unwrap_err();
        }
    }

    #[tokio::test]
    async fn query_values_are_escaped_replaced_and_repeated() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = inspect(&engine, "web");
        request.query("t", 5);
        request.query("filters", r#"{"a b":["&=+"]}"#);
        request.query("t", -1);
        request.query_all("names", ["x", "y/z"]);
        request.discard().await.unwrap();
        let query = "filters=%7B%22a%20b%22%3A%5B%22%26%3D%2B%22%5D%7D&t=-1&names=x&names=y%2Fz";
        assert_eq!(engine.sent().uri().query(), Some(query));
    }

    #[tokio::test]
    async fn null_is_an_empty_list_and_nothing_else() {
        let engine = Canned::new(200, "application/json", "null\n");
        let list = inspect(&engine, "web").decode::<Vec<String>>().await.unwrap();
        assert!(list.is_empty());
        let error = inspect(&engine, "web").decode::<String>().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_body_has_exactly_one_content_type() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = inspect(&engine, "web");
        request.json(&BTreeMap::from([("a", 1)]));
        request.body("application/x-tar", "tar");
        request.discard().await.unwrap();
        let sent = engine.sent();
        assert_eq!(sent.headers().get_all(CONTENT_TYPE).iter().count(), 1);
        assert_eq!(sent.headers()[CONTENT_TYPE], "application/x-tar");
        assert_eq!(sent.body().as_bytes(), Some(&b"tar"[..]));

        let mut request = inspect(&engine, "web");
        request.json(&BTreeMap::from([((1, 2), 1)]));
        let error = request.discard().await.unwrap_err();
        assert!(error.to_string().contains("cannot write the body as JSON"), "{error}");
    }

    #[tokio::test]
    async fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = inspect(&engine, "web");
        request.header("X-Registry-Auth", "hunter2\n");
        let error = request.discard().await.unwrap_err().to_string();
        assert!(error.contains("x-registry-auth") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_value_that_could_be_secret() {
        let engine = Canned::new(200, "application/json", "null");
        let mut request = inspect(&engine, "web");
        request.query("buildargs", "hunter2");
        request.header("X-Registry-Auth", "hunter2");
        request.json("hunter2");
        let shown = format!("{request:?}");
        assert!(shown.contains("ContainerInspect") && shown.contains("/containers/web/json"));
        assert!(!shown.contains("hunter2"), "{shown}");
        let target = request.target();
        let engine_request = request.into_http(&target).unwrap();
        assert!(!format!("{engine_request:?}").contains("X-Registry-Auth: hunter2"));
        assert!(engine_request.headers()["x-registry-auth"].is_sensitive());
    }

    #[tokio::test]
    async fn a_reply_is_decoded_and_304_is_a_success() {
        let engine = Canned::new(200, "application/json", r#"{"a":1}"#);
        let reply = inspect(&engine, "web").decode::<BTreeMap<String, u8>>().await.unwrap();
        assert_eq!(
            (reply["a"], &reply.headers()["api-version"]),
            (1, &HeaderValue::from_static("1.41"))
        );
        let engine = Canned::new(304, "", "");
        static START: Operation = Operation::new("ContainerStart", "POST", "/start");
        let reply = engine.request(&START).discard().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_MODIFIED);
        let reply = engine.request(&START).decode::<Option<u8>>().await.unwrap();
        assert_eq!(*reply, None);
    }

    #[tokio::test]
    async fn what_is_discarded_is_searched_for_an_error() {
        let text = "{\"status\":\"Pulling\"}\r\n{\"error\":\"manifest unknown\"}\r\n";
        let error = inspect(&Canned::new(200, "application/json", text), "web").discard().await;
        assert!(
            error.unwrap_err().to_string().ends_with("/containers/web/json): manifest unknown")
        );
        for (media, body) in
            [("text/plain", text), ("application/json", "OK"), ("application/json", "{}")]
        {
            inspect(&Canned::new(200, media, body), "web").discard().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_reply_that_does_not_fit_tells_where() {
        let engine = Canned::new(200, "application/json", r#"{"a":1,"b":"x"}"#);
        let error = inspect(&engine, "web").decode::<BTreeMap<String, u8>>().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("ContainerInspect (GET /containers/web/json)"), "{text}");
        assert!(text.contains(r#"at "/b" (line 1 column 14)"#), "{text}");
        let engine = Canned::new(200, "application/json", "");
        let error = inspect(&engine, "web").decode::<BTreeMap<String, u8>>().await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("empty"));
    }

    #[tokio::test]
    async fn the_message_of_the_engine_is_found_in_every_shape() {
        let long = vec![b'x'; crate::reply::MESSAGE_LIMIT + 1];
        let json = "application/json";
        for (media, body, message) in [
            (json, r#"{"message":" no such container: web\n"}"#, "no such container: web"),
            ("application/json; charset=utf-8", r#"{"message":"m","cause":"c"}"#, "m"),
            (json, r#"{"message":""}"#, "no message: Not Found"),
            (json, "{}", "no message"),
            (json, r#"{"message":"#, "malformed JSON"),
            (json, r#"{"errorDetail":{"message":"denied"},"error":"other"}"#, "denied"),
            (json, r#"{"error":"denied"}"#, "denied"),
            (json, r#"{"errors":[{"code":"DENIED","message":"a"},{"code":"B"}]}"#, "a; B"),
            (json, r#"{"detail":"gone"}"#, r#"{"detail":"gone"}"#),
            ("text/plain", "page not found\n", "page not found"),
            ("text/html", "<h1>no</h1>", "<h1>no</h1>"),
            ("", "", "no message"),
        ] {
            let error = refused(404, media, body).await;
            assert!(error.is_not_found());
            assert!(error.to_string().contains(message), "{media} {body}: {error}");
        }
        assert!(refused(500, "text/plain", long).await.to_string().contains("longer than 1 MiB"));
        match refused(400, json, r#"{"message":"too new"}"#).await {
            Error::Engine { api_version, .. } => assert_eq!(api_version.as_deref(), Some("1.41")),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_error_that_names_its_target() {
        let mut engine = Canned::new(301, "", "");
        engine.headers.push(("location", "/containers/start"));
        let error = inspect(&engine, "web").discard().await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::MOVED_PERMANENTLY));
        assert!(error.to_string().contains("/containers/start"), "{error}");
    }

    #[tokio::test]
    async fn an_upgrade_is_asked_for_and_must_be_granted() {
        let engine = Canned::new(200, "application/json", "");
        let error = engine.request(&ATTACH).path("id", "web").upgrade().await.unwrap_err();
        assert!(error.to_string().contains("not upgraded"), "{error}");
        let sent = engine.sent();
        assert_eq!(
            (&sent.headers()[CONNECTION], &sent.headers()[UPGRADE]),
            (&HeaderValue::from_static("Upgrade"), &HeaderValue::from_static("tcp"))
        );
        let engine = Canned::new(409, "application/json", r#"{"message":"is not running"}"#);
        let error = engine.request(&ATTACH).path("id", "web").upgrade().await.unwrap_err();
        assert!(error.is_conflict() && error.to_string().contains("is not running"), "{error}");
    }

    #[tokio::test]
    async fn a_status_of_another_operation_is_no_success() {
        for status in [101, 206, 304] {
            let engine = Canned::new(status, "application/json", "");
            let error = inspect(&engine, "web").discard().await.unwrap_err();
            assert!(matches!(error, Error::UnexpectedStatus { .. }), "{status}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_query_that_is_too_long_is_refused_with_its_parameter() {
        let engine = Canned::new(200, "application/json", "{}");
        let mut request = inspect(&engine, "web");
        request.query("small", "x");
        request.query_all("large", ["y".repeat(40_000), "z".repeat(30_000)]);
        let error = request.discard().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`large` takes 70000 bytes") && text.contains("65000"), "{text}");
        assert!(engine.seen.lock().unwrap().is_empty(), "nothing is sent");
    }

    #[tokio::test]
    async fn a_response_that_is_too_long_is_not_held() {
        let engine = Canned::new(200, "application/json", format!("[{}]", "1,".repeat(500) + "1"));
        let mut request = inspect(&engine, "web");
        request.response_limit(1000);
        let error = request.decode::<Vec<u8>>().await.unwrap_err();
        assert!(format!("{error:?}").contains("the limit of 1000 bytes"), "{error:?}");
        let mut request = inspect(&engine, "web");
        request.response_limit(2000);
        assert_eq!(request.decode::<Vec<u8>>().await.unwrap().len(), 501);
    }
}
