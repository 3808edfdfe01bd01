//! The replies of an engine over HTTP, and the record of the requests.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;

use crate::answer::Answer;
use crate::reply::Reply;
use crate::request::Request;

/// The requests that arrived, in order.
#[derive(Default)]
pub(crate) struct Requests(Mutex<Vec<Request>>);

impl Requests {
    pub(crate) fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, request: &Request) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    }
}

/// The replies of an engine over HTTP.
pub(crate) struct Script {
    pub(crate) answer: Arc<dyn Answer>,
    /// The API version, unless the engine has none.
    pub(crate) version: Option<HeaderValue>,
    pub(crate) requests: Arc<Requests>,
}

impl Script {
    pub(crate) fn record(&self, request: &Request) {
        self.requests.add(request);
    }

    pub(crate) fn before_body(&self, request: &Request) -> Option<Reply> {
        self.answer.before_body(request)
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        match &self.version {
            Some(version) if request.is_ping() => Reply::pong(version.to_str().unwrap_or_default()),
            _ => self.answer.answer(request),
        }
    }

    /// Adds the headers that every reply of an engine has.
    pub(crate) fn complete(&self, reply: &mut Reply) {
        if let Some(version) = &self.version {
            reply.headers.entry("api-version").or_insert_with(|| version.clone());
        }
    }
}
