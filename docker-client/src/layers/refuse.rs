//! Refuses every request: for a call whose arguments are invalid, so that sending it says why.

use docker_api::{Body, BoxFuture, Error, Operation, Reply, Transport};

/// A transport that sends nothing.
#[derive(Debug)]
pub(crate) struct Refuse {
    message: String,
}

impl Refuse {
    /// Refuses requests with [`Error::InvalidRequest`] and this message.
    pub(crate) fn new(message: String) -> Self {
        Self { message }
    }
}

impl Transport for Refuse {
    fn execute(
        &self,
        operation: &'static Operation,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>> {
        let message = self.message.clone();
        Box::pin(std::future::ready(Err(Error::invalid_request(operation, message))))
    }
}
