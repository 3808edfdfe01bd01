//! Transports, which carry calls to an engine, and layers, which observe or change calls.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::{ApiVersion, ByteStream, Call, Error, IgnoredField, Operation, Upgraded};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries calls to an engine.
///
/// Implement it to reach an engine in another way, or to replace the engine in a test. To observe or change calls on
/// their way, implement [`Layer`].
///
/// ```
/// use docker_core::{BoxFuture, Call, Client, Error, Operation, Reply, Transport};
/// use http::StatusCode;
///
/// /// An engine without any object.
/// #[derive(Debug)]
/// struct Empty;
///
/// impl Transport for Empty {
///     fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
///         Box::pin(async move {
///             Ok(match call.path("id") {
///                 Some(id) => {
///                     Reply::new(StatusCode::NOT_FOUND, format!(r#"{{"message":"no such object: {id}"}}"#))
///                 }
///                 None => Reply::new(StatusCode::OK, "[]"),
///             })
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// static INSPECT: Operation = Operation::new("ThingInspect", "GET", "/things/{id}");
/// let error = Client::new(Empty).request(&INSPECT).path("id", "web").discard().await.unwrap_err();
/// assert!(error.is_not_found());
/// assert_eq!(error.to_string(), "ThingInspect (GET /things/web): no such object: web (status 404)");
/// # }
/// ```
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a call and returns once the head of the response has arrived.
    ///
    /// [`Call::into_http`] writes the call as an HTTP request. The result is `Ok` for every status, including those of
    /// errors. Dropping the future, or the body of the reply, ends the request.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] if no connection can be made, [`Error::Communication`] if it fails, and
    /// [`Error::InvalidRequest`] if the call cannot be written.
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>>;

    /// Returns the version of the API that calls are sent in, as [`Client::api_version`](crate::Client::api_version)
    /// does; the default implementation returns `None`.
    ///
    /// # Errors
    ///
    /// Returns an error if the negotiation fails.
    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Called after a successful call with the fields of its body that the engine may have ignored, so that they can be
    /// logged. They are in [`Response::ignored`](crate::Response::ignored) as well. The default implementation does
    /// nothing.
    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        let _ = (operation, fields);
    }
}

/// Observes or changes calls on their way to a transport, and the replies on their way back.
///
/// ```
/// use docker_core::{BoxFuture, Call, Error, Layer, Reply, Transport};
/// use http::HeaderValue;
///
/// /// Adds a header to every call.
/// #[derive(Debug)]
/// struct Team(HeaderValue);
///
/// impl Layer for Team {
///     fn execute<'a>(
///         &'a self,
///         mut call: Call,
///         next: &'a dyn Transport,
///     ) -> BoxFuture<'a, Result<Reply, Error>> {
///         call.headers_mut().insert("x-team", self.0.clone());
///         next.execute(call)
///     }
/// }
/// ```
pub trait Layer: fmt::Debug + Send + Sync {
    /// Sends a call through `next`: once, not at all, or, with [`Call::try_clone`], several times.
    ///
    /// # Errors
    ///
    /// Returns the errors of the transport and those of the layer.
    fn execute<'a>(
        &'a self,
        call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>>;
}

/// A transport with a [`Layer`] in front of it.
#[derive(Debug, Clone)]
pub struct Layered {
    layer: Arc<dyn Layer>,
    next: Arc<dyn Transport>,
}

impl Layered {
    /// Puts `layer` in front of `next`.
    pub fn new(layer: Arc<dyn Layer>, next: Arc<dyn Transport>) -> Self {
        Self { layer, next }
    }
}

impl Transport for Layered {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        self.layer.execute(call, &*self.next)
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        self.next.api_version()
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        self.next.note_ignored(operation, fields);
    }
}

/// The head of a response, and its body or the upgraded connection.
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, which arrives while it is read.
    pub body: ByteStream,
    /// The raw connection, if the status is `101 Switching Protocols`.
    pub upgraded: Option<BoxFuture<'static, Result<Upgraded, Error>>>,
}

impl Reply {
    /// Creates a reply without headers.
    pub fn new(status: StatusCode, body: impl Into<ByteStream>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), upgraded: None }
    }

    /// Creates the reply to an upgrade: `101 Switching Protocols` without headers, and the raw connection.
    pub fn switching_protocols(connection: Upgraded) -> Self {
        let upgraded = Box::pin(std::future::ready(Ok(connection)));
        Self {
            upgraded: Some(upgraded),
            ..Self::new(StatusCode::SWITCHING_PROTOCOLS, ByteStream::empty())
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("upgraded", &self.upgraded.is_some())
            .finish_non_exhaustive()
    }
}
