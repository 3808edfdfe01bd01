//! Refuses every call whose arguments are invalid, so that sending it returns the reason.

use docker_api::{BoxFuture, Call, Error, Reply, Transport};

/// A transport that sends nothing.
#[derive(Debug)]
pub(crate) struct Refuse {
    message: String,
}

impl Refuse {
    /// Refuses calls with [`Error::InvalidRequest`] and this message.
    pub(crate) fn new(message: String) -> Self {
        Self { message }
    }
}

impl Transport for Refuse {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        let error = Error::invalid_request(call.target(), self.message.clone());
        Box::pin(std::future::ready(Err(error)))
    }
}
