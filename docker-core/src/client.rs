//! The client, which sends requests through a transport.

use std::sync::Arc;

use crate::gate::newest_need;
use crate::{ApiVersion, Error, Operation, Transport};

/// A client of the Engine API. Clones are cheap and share one transport.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    response_limit: usize,
}

/// The default maximum length of a response that is decoded, in bytes.
const RESPONSE_LIMIT: usize = 64 * 1024 * 1024;

impl Client {
    /// Creates a client that sends its requests through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self::from_arc(Arc::new(transport))
    }

    /// Creates a client that sends its requests through a shared transport.
    pub fn from_arc(transport: Arc<dyn Transport>) -> Self {
        Self { transport, response_limit: RESPONSE_LIMIT }
    }

    /// Sets the maximum length of a response that is decoded, in bytes, for all requests of this client. The default is
    /// 64 MiB. See [`Request::response_limit`](crate::Request::response_limit), which sets it for one request.
    #[must_use]
    pub fn with_response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Returns the version of the API that requests are sent in, and negotiates it if that has not happened yet.
    /// Returns `None` if the transport does not put a version in paths.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine cannot be reached, or if the client and the engine have no version in common.
    pub async fn api_version(&self) -> Result<Option<ApiVersion>, Error> {
        self.transport.api_version().await
    }

    /// Returns whether the negotiated version of the API has an operation, or a parameter of it:
    /// `client.supports(&ContainerStop::OPERATION, "signal")`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidRequest`] if the operation does not have the parameter in any version of the API, and
    /// otherwise the errors of [`api_version`](Self::api_version).
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
        Ok(self.api_version().await?.is_none_or(|negotiated| negotiated >= needs))
    }

    pub(crate) fn response_limit(&self) -> usize {
        self.response_limit
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }
}
