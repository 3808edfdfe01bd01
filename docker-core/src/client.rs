//! The client that all operations hang on, and the transport beneath it.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::gate::newest_need;
use crate::{ApiVersion, Body, ByteStream, Error, IgnoredField, Operation, Request, Upgraded};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A client of the Engine API. Cheap to clone; clones share one transport.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
}

impl Client {
    /// A client that sends its requests through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self::from_arc(Arc::new(transport))
    }

    /// A client on a transport that others hold as well.
    pub fn from_arc(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// Begins a call of `operation`.
    ///
    /// The generated methods do this for every operation of the specification; call it for one that is not there.
    pub fn request(&self, operation: &'static Operation) -> Request {
        Request::new(self.clone(), operation)
    }

    /// The version of the API that requests go out with, negotiated now if it was not before; `None` where the transport
    /// puts none into the paths.
    ///
    /// # Errors
    ///
    /// Those of the negotiation: the engine is not reached, or there is no version that both sides speak.
    pub async fn api_version(&self) -> Result<Option<ApiVersion>, Error> {
        self.transport.api_version().await
    }

    /// Returns whether the negotiated version of the API has an operation, or a parameter of it:
    /// `client.supports(&ContainerStop::OPERATION, "signal")`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRequest`] for a parameter that the operation has in no version of the API, and those of
    /// [`api_version`](Self::api_version).
    pub async fn supports<'a>(
        &self,
        operation: &'static Operation,
        parameter: impl Into<Option<&'a str>>,
    ) -> Result<bool, Error> {
        let parameter = parameter.into();
        if let Some(name) = parameter
            && operation.parameter(name).is_none()
        {
            let message = format!("no version of the API has the parameter `{name}`");
            return Err(Error::invalid_request(operation, message));
        }
        let Some((needs, _)) = newest_need(operation, parameter.into_iter()) else {
            return Ok(true);
        };
        Ok(self.api_version().await?.is_none_or(|speaks| speaks >= needs))
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }
}

/// Carries requests to an engine.
///
/// Implement it to reach an engine in a way of your own, or to put something between the client and another
/// transport.
pub trait Transport: Debug + Send + Sync {
    /// Sends `request` and returns once the head of the reply is there.
    ///
    /// The URI of the request is a path and a query, without scheme, authority and version: the transport adds
    /// these. A reply is `Ok` whatever its status is. Dropping the future, or the body of the reply, ends the request.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] where no connection was made, [`Error::Communication`] where it broke.
    fn execute(
        &self,
        operation: &'static Operation,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>>;

    /// See [`Client::api_version`].
    ///
    /// # Errors
    ///
    /// As there.
    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Is told what of a request that succeeded the engine may have ignored, which is also in
    /// [`Response::ignored`](crate::Response::ignored). For logs: it does nothing unless implemented.
    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        let _ = (operation, fields);
    }
}

/// The head of a reply, and the way to the rest of it.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it comes.
    pub body: ByteStream,
    /// The raw connection, where the status is `101 Switching Protocols`.
    pub upgraded: Option<BoxFuture<'static, Result<Upgraded, Error>>>,
}

impl Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("upgraded", &self.upgraded.is_some())
            .finish_non_exhaustive()
    }
}
