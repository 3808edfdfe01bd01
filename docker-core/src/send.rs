//! Sends a request and turns the reply into a response or an error.

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::gate::newest_need;
use crate::ignored::ignored;
use crate::late;
use crate::reply::{decode_reply, is_success, is_values, media_is, refusal, undecodable};
use crate::{
    BoxFuture, ByteStream, Error, IgnoredField, JsonStream, Reply, Request, Response, ResponseKind,
    StreamingResponse, Target, Upgraded,
};

/// The raw connection after the response to an upgrade.
type Upgrade = BoxFuture<'static, Result<Upgraded, Error>>;

/// The head of a response, its body, and the raw connection of an upgrade.
type Sent = (Response<()>, ByteStream, Option<Upgrade>);

/// Returns the error for a success without the upgrade that the request asks for.
fn not_upgraded(head: &Response<()>) -> Error {
    Error::unexpected_status(
        head.target().clone(),
        head.status(),
        "the connection was not upgraded; is there a proxy that cannot upgrade connections?",
    )
}

impl Request {
    /// Sends the request and decodes the response from JSON.
    ///
    /// If the engine sends a sequence of values, as prune operations do with `stream` since API 1.56, the value is the
    /// `aux` of the last one, or the last one itself. The others are discarded as they arrive.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`discard`](Self::discard), and [`Error::Decode`] if the response does not match `T` or is
    /// longer than the [limit](Self::response_limit).
    pub async fn decode<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let limit = self.response_limit;
        let (head, body, _) = self.send().await?;
        if is_values(head.headers()) {
            let value = Box::pin(last_value(head.target().clone(), body)).await?;
            return Ok(head.map(|()| value));
        }
        // Boxed: otherwise the future of every call that decodes something would have room for it.
        let Some(text) = Box::pin(body.collect_within(limit)).await? else {
            let found = format!(
                "the response is longer than the limit of {limit} bytes: set a higher `response_limit` for the client or the \
                 request, or read the response with `Request::stream`"
            );
            return Err(Error::decode(head.target().clone(), format!("byte {limit}"), found));
        };
        if let Some(error) = late::refused(head.target(), &text) {
            return Err(error);
        }
        match decode_reply(&text) {
            Ok(value) => Ok(head.map(|()| value)),
            Err(error) => Err(undecodable(head.target().clone(), &text, error)),
        }
    }

    /// Sends the request and discards the body of the response.
    ///
    /// Status 304 is a success where the operation defines it: [`Response::status`] shows that there was nothing to do.
    /// If the engine reports progress in the body, as a pull does, the operation is complete when this returns.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidRequest`] if a parameter, a header or the body is invalid; nothing was sent.
    /// - [`Error::TooNew`] if the operation or a parameter needs a later version of the API than the negotiated one.
    /// - [`Error::Engine`] or [`Error::InStream`] if the engine reports an error, even with a successful status.
    /// - [`Error::UnexpectedStatus`] if the status is neither a success nor an error.
    /// - The errors of the [`Transport`](crate::Transport).
    pub async fn discard(self) -> Result<Response<()>, Error> {
        let operation = self.operation();
        let (head, mut body, _) = self.send().await?;
        // These report their progress, and without valid reports their success is not known.
        let reports = operation.reports_progress();
        if reports || media_is(head.headers(), "application/json") || is_values(head.headers()) {
            let mut values =
                JsonStream::<IgnoredAny>::new(head.target().clone(), body).reporting_errors();
            if reports {
                values = values.expecting_values();
            }
            while let Some(value) = values.next().await {
                match value {
                    Ok(_) => {}
                    // The values are not used, so they need not be valid.
                    Err(Error::Malformed { .. } | Error::Decode { .. }) if !reports => {}
                    Err(error) => return Err(error),
                }
            }
        } else {
            while body.chunk().await?.is_some() {}
        }
        Ok(head)
    }

    /// Sends the request and returns the body of the response as a stream.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`discard`](Self::discard).
    pub async fn stream(self) -> Result<StreamingResponse<ByteStream>, Error> {
        let (head, body, _) = self.send().await?;
        Ok(StreamingResponse::new(head.map(|()| body)))
    }

    /// Sends the request and takes over the connection, which then carries raw bytes in both directions.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`discard`](Self::discard), and [`Error::UnexpectedStatus`] for a success other than 101.
    pub async fn upgrade(self) -> Result<StreamingResponse<Upgraded>, Error> {
        let (head, _, upgraded) = self.send_upgrade().await?;
        match upgraded {
            Some(upgraded) => {
                let upgraded = upgraded.await?;
                Ok(StreamingResponse::new(head.map(|()| upgraded)))
            }
            None => Err(not_upgraded(&head)),
        }
    }

    /// Sends the request and takes over the connection to read from it only.
    ///
    /// Behind a proxy that cannot upgrade connections, the engine returns the output with status 200. The value then
    /// reads the body of that response and ignores writes. Use [`upgrade`](Self::upgrade) if the engine reads input.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`discard`](Self::discard), and [`Error::UnexpectedStatus`] for a success other than 101 and 200.
    pub async fn upgrade_to_read(self) -> Result<StreamingResponse<Upgraded>, Error> {
        let (head, body, upgraded) = self.send_upgrade().await?;
        let upgraded = match upgraded {
            Some(upgraded) => upgraded.await?,
            None if head.status() == StatusCode::OK => {
                Upgraded::from_halves(body.into_reader(), tokio::io::sink())
            }
            None => return Err(not_upgraded(&head)),
        };
        Ok(StreamingResponse::new(head.map(|()| upgraded)))
    }

    async fn send_upgrade(mut self) -> Result<Sent, Error> {
        let protocol = match self.operation().response {
            ResponseKind::Upgrade(protocol) => protocol,
            _ => "tcp",
        };
        let headers = self.call.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.entry(UPGRADE).or_insert(HeaderValue::from_static(protocol));
        self.send().await
    }

    /// Boxed, so that the futures of all calls stay small.
    fn send(self) -> BoxFuture<'static, Result<Sent, Error>> {
        Box::pin(self.exchange())
    }

    async fn exchange(mut self) -> Result<Sent, Error> {
        let (operation, target) = (self.operation(), self.target());
        if let Some((message, source)) = self.invalid {
            return Err(Error::InvalidRequest { target, message, source });
        }
        self.call.check_path()?;
        self.check_version().await.map_err(|error| error.with_target(&target))?;
        let ignored = self.ignored_fields().await.map_err(|error| error.with_target(&target))?;
        let upgrading = self.call.headers().contains_key(UPGRADE);
        let Self { client, call, .. } = self;
        let reply =
            client.transport().execute(call).await.map_err(|error| error.with_target(&target))?;
        if !is_success(operation, reply.status, upgrading) {
            return Err(refusal(target, reply).await);
        }
        if !ignored.is_empty() {
            client.transport().note_ignored(operation, &ignored);
        }
        let Reply { status, headers, body, upgraded } = reply;
        Ok((Response::new(target, status, headers, ignored, ()), body, upgraded))
    }

    /// Checks that the negotiated version has the operation and every parameter, since engines ignore parameters that
    /// they do not know.
    async fn check_version(&mut self) -> Result<(), Error> {
        let names = self.call.query_pairs().map(|(name, _)| name);
        let Some((needs, parameter)) = newest_need(self.operation(), names) else { return Ok(()) };
        let negotiated = self.api_version().await?.filter(|negotiated| *negotiated < needs);
        let Some(negotiated) = negotiated else { return Ok(()) };
        let parameter = parameter.map(str::to_owned);
        Err(Error::TooNew { target: self.target(), parameter, needs, negotiated })
    }

    /// Returns the fields of the body that the engine may ignore.
    async fn ignored_fields(&mut self) -> Result<Vec<IgnoredField>, Error> {
        let operation = self.operation();
        if operation.fields.is_empty() || !media_is(self.call.headers(), "application/json") {
            return Ok(Vec::new());
        }
        let Some(negotiated) = self.api_version().await? else { return Ok(Vec::new()) };
        Ok(self.body_bytes().map_or_else(Vec::new, |body| ignored(operation, body, negotiated)))
    }
}

/// Reads a sequence of values to its end, and decodes the result that the last one has.
async fn last_value<T: DeserializeOwned>(target: Target, body: ByteStream) -> Result<T, Error> {
    let mut values = JsonStream::new(target.clone(), body).reporting_errors().expecting_values();
    let mut last = Value::Null;
    while let Some(value) = values.next().await {
        last = value?;
    }
    let value = match last.get_mut("aux") {
        Some(result) => result.take(),
        None => last,
    };
    let text = value.to_string();
    decode_reply(text.as_bytes()).map_err(|error| undecodable(target, text.as_bytes(), error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;

    use super::*;
    use crate::testing::Canned;
    use crate::{ApiVersion, BodyField, Call, Client, Operation, Parameter, Transport};

    static ATTACH: Operation =
        Operation::upgrading("ContainerAttach", "POST", "/containers/{id}/attach");

    async fn refused(status: u16, media: &'static str, body: impl Into<Bytes>) -> Error {
        let engine = Canned::new(status, media, body);
        engine.inspect("web").discard().await.expect_err("refused")
    }

    #[tokio::test]
    async fn null_is_an_empty_list_and_nothing_else() {
        let engine = Canned::new(200, "application/json", "null\n");
        let list = engine.inspect("web").decode::<Vec<String>>().await.unwrap();
        assert!(list.is_empty());
        let error = engine.inspect("web").decode::<String>().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_reply_is_decoded_and_304_is_a_success() {
        let engine = Canned::new(200, "application/json", r#"{"a":1}"#);
        let reply = engine.inspect("web").decode::<BTreeMap<String, u8>>().await.unwrap();
        assert_eq!(
            (reply["a"], &reply.headers()["api-version"]),
            (1, &HeaderValue::from_static("1.41"))
        );
        let engine = Canned::new(304, "", "");
        static START: Operation = Operation::new("ContainerStart", "POST", "/start").not_modified();
        let reply = engine.request(&START).discard().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_MODIFIED);
        let reply = engine.request(&START).decode::<Option<u8>>().await.unwrap();
        assert_eq!(*reply, None);
    }

    #[tokio::test]
    async fn a_discarded_body_is_searched_for_an_error() {
        let text = "{\"status\":\"Pulling\"}\r\n{\"error\":\"manifest unknown\"}\r\n";
        let error = Canned::new(200, "application/json", text).inspect("web").discard().await;
        assert!(
            error.unwrap_err().to_string().ends_with("/containers/web/json): manifest unknown")
        );
        for (media, body) in
            [("text/plain", text), ("application/json", "OK"), ("application/json", "{}")]
        {
            Canned::new(200, media, body).inspect("web").discard().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_discarded_progress_must_have_reports_of_success() {
        static PULL: Operation = Operation::new("ImageCreate", "POST", "/images/create")
            .response(ResponseKind::Stream)
            .media_types(&["application/json"]);
        // A proxy may change the content type, or remove it.
        for media in ["application/json", "text/plain", ""] {
            for (body, ok) in [
                ("{\"status\":\"Pulling\"}\n", true),
                ("{\"status\":\"Pulling\"}\n{\"error\":\"denied\"}\n", false),
                ("{\"status\":", false),
                ("<html>", false),
                ("", false),
            ] {
                let result = Canned::new(200, media, body).request(&PULL).discard().await;
                assert_eq!(result.is_ok(), ok, "{media} {body}: {result:?}");
            }
        }
    }

    #[tokio::test]
    async fn an_error_of_podman_in_a_successful_response_is_an_error() {
        let text = r#"{"cause":"c","message":"container is stopped","response":500}"#;
        for media in ["application/json", ""] {
            let engine = Canned::new(200, media, text);
            let error = engine.inspect("web").decode::<Value>().await.unwrap_err();
            assert_eq!(error.status(), Some(StatusCode::INTERNAL_SERVER_ERROR), "{media}");
            assert!(error.to_string().contains("container is stopped"), "{error}");
        }
        let engine = Canned::new(200, "application/json", text);
        assert!(matches!(engine.inspect("web").discard().await, Err(Error::Engine { .. })));
        let body = engine.inspect("web").stream().await.unwrap().into_inner();
        let mut values = JsonStream::<Value>::new(engine.inspect("web").target(), body);
        assert!(matches!(values.next().await, Some(Err(Error::Engine { .. }))));
        assert!(values.next().await.is_none());
    }

    #[tokio::test]
    async fn the_last_of_several_values_has_the_result() {
        for media in ["application/jsonl", "application/x-ndjson", "application/json-seq"] {
            for body in [
                "{\"id\":\"a\",\"status\":\"Deleted\"}\n{\"aux\":{\"SpaceReclaimed\":7}}\n",
                "{\"aux\":{\"SpaceReclaimed\":7}}",
                "{\"SpaceReclaimed\":7}\n",
            ] {
                let engine = Canned::new(200, media, body);
                let reply = engine.inspect("web").decode::<BTreeMap<String, u8>>().await.unwrap();
                assert_eq!(reply["SpaceReclaimed"], 7, "{media}: {body}");
            }
            let failed = "{\"id\":\"a\"}\n{\"errorDetail\":{\"message\":\"in use\"}}\n";
            let engine = Canned::new(200, media, failed);
            let error = engine.inspect("web").decode::<BTreeMap<String, u8>>().await.unwrap_err();
            assert!(error.to_string().ends_with("in use"), "{error}");
            let error = engine.inspect("web").discard().await.unwrap_err();
            assert!(error.to_string().ends_with("in use"), "{error}");
            let error = Canned::new(200, media, "").inspect("web").decode::<u8>().await;
            assert!(matches!(error.unwrap_err(), Error::Truncated { .. }));
        }
    }

    #[tokio::test]
    async fn a_mismatch_is_reported_with_its_position() {
        let engine = Canned::new(200, "application/json", r#"{"a":1,"b":"x"}"#);
        let error = engine.inspect("web").decode::<BTreeMap<String, u8>>().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("ContainerInspect (GET /containers/web/json)"), "{text}");
        assert!(text.contains(r#"at "/b" (line 1 column 14)"#), "{text}");
        let engine = Canned::new(200, "application/json", "");
        let error = engine.inspect("web").decode::<BTreeMap<String, u8>>().await.unwrap_err();
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
        let error = engine.inspect("web").discard().await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::MOVED_PERMANENTLY));
        assert!(error.to_string().contains("/containers/start"), "{error}");
    }

    #[tokio::test]
    async fn an_upgrade_is_requested_and_must_happen() {
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
            let error = engine.inspect("web").discard().await.unwrap_err();
            assert!(matches!(error, Error::UnexpectedStatus { .. }), "{status}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_response_that_is_too_long_is_not_held() {
        let engine = Canned::new(200, "application/json", format!("[{}]", "1,".repeat(500) + "1"));
        let mut request = engine.inspect("web");
        request.response_limit(1000);
        let error = request.decode::<Vec<u8>>().await.unwrap_err();
        assert!(format!("{error:?}").contains("the limit of 1000 bytes"), "{error:?}");
        let mut request = engine.inspect("web");
        request.response_limit(2000);
        assert_eq!(request.decode::<Vec<u8>>().await.unwrap().len(), 501);
    }

    /// Counts how often the version is requested, and checks that calls have it.
    #[derive(Debug)]
    struct Counting(Arc<AtomicUsize>);

    impl Transport for Counting {
        fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
            assert_eq!(call.api_version(), Some(ApiVersion::new(1, 42)));
            Box::pin(std::future::ready(Ok(Reply::new(StatusCode::OK, "{}"))))
        }

        fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Ok(Some(ApiVersion::new(1, 42)))))
        }
    }

    #[tokio::test]
    async fn the_version_is_requested_once_per_call() {
        static CREATE: Operation = Operation::new("ThingCreate", "POST", "/things/create")
            .since(1, 41)
            .parameters(&[Parameter::new("name").since(1, 42)])
            .fields(&[BodyField::new("Labels", 1, 43)]);
        let asked = Arc::<AtomicUsize>::default();
        let client = Client::new(Counting(asked.clone()));
        let mut request = client.request(&CREATE);
        request.query("name", "a");
        request.json(&BTreeMap::from([("Labels", "x")]));
        assert_eq!(request.discard().await.unwrap().ignored().len(), 1);
        assert_eq!(asked.swap(0, Ordering::Relaxed), 1);
        let mut request = client.request(&CREATE);
        assert_eq!(request.api_version().await.unwrap(), Some(ApiVersion::new(1, 42)));
        request.discard().await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}
