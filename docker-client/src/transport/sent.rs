//! What became of the body of a request: a source that fails is told from a connection that breaks.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use docker_api::{Body, BoxError, Error, Operation};
use futures_core::Stream;
use http_body::Body as _;

/// What became of the body of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Why the source failed.
    failure: Mutex<Option<BoxError>>,
    /// Whether a source is still to be asked for more.
    unfinished: AtomicBool,
}

impl Fate {
    /// The failure of the source, once.
    pub(crate) fn failure(&self, operation: &'static Operation) -> Option<Error> {
        let error = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Error::body(operation, error))
    }

    /// Whether the source has given all of the body to the connection.
    pub(crate) fn is_sent(&self) -> bool {
        !self.0.unfinished.load(Ordering::Relaxed)
    }
}

/// The same request, and what its body comes to. Bytes cannot fail.
pub(crate) fn watch(request: http::Request<Body>) -> (http::Request<Body>, Fate) {
    let fate = Fate::default();
    let request = request.map(|body| match body.as_bytes() {
        Some(_) => body,
        None => {
            fate.0.unfinished.store(true, Ordering::Relaxed);
            Body::from_stream(Watched { body, fate: fate.clone() })
        }
    });
    (request, fate)
}

struct Watched {
    body: Body,
    fate: Fate,
}

impl Stream for Watched {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                None => {
                    this.fate.0.unfinished.store(false, Ordering::Relaxed);
                    return Poll::Ready(None);
                }
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    // The HTTP library tells only that there was one.
                    let failure = &this.fate.0.failure;
                    *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Poll::Ready(Some(Err("the source of the body failed".into())));
                }
            }
        }
    }
}
