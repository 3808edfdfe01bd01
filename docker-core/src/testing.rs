//! A transport for tests that sends the same reply to every call.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::{Body, BoxFuture, Call, Client, Error, Operation, Reply, Request, Transport};

/// Sends the same reply to every call, and keeps what it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    body: Bytes,
    sent: Arc<Mutex<Vec<http::Request<Body>>>>,
}

impl Canned {
    pub(crate) fn new(status: u16, media: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", media), ("api-version", "1.41")];
        Self { status, headers, body: body.into(), sent: Arc::default() }
    }

    pub(crate) fn request(&self, operation: &'static Operation) -> Request {
        Client::new(self.clone()).request(operation)
    }

    /// A call of an operation whose path names a container.
    pub(crate) fn inspect(&self, id: &str) -> Request {
        // An associated constant can be borrowed for ever, as the generated code does.
        self.request(&Inspect::OPERATION).path("id", id)
    }

    /// The request that was sent last.
    pub(crate) fn sent(&self) -> http::Request<Body> {
        self.sent.lock().unwrap().pop().expect("a request was sent")
    }

    pub(crate) fn has_sent(&self) -> bool {
        !self.sent.lock().unwrap().is_empty()
    }
}

impl Transport for Canned {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        let reply = call.into_http("").map(|request| {
            self.sent.lock().unwrap().push(request);
            let status = StatusCode::from_u16(self.status).unwrap();
            let mut reply = Reply::new(status, self.body.clone());
            for (name, value) in &self.headers {
                reply.headers.insert(*name, HeaderValue::from_static(value));
            }
            reply
        });
        Box::pin(std::future::ready(reply))
    }
}

pub(crate) struct Inspect;

impl Inspect {
    pub(crate) const OPERATION: Operation =
        Operation::new("ContainerInspect", "GET", "/containers/{id}/json");
}
