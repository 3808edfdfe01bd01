//! Watches the body of a request while it is sent, to tell a source that fails from a connection that fails.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use docker_api::{Body, BoxError, Error, Target};
use futures_core::Stream;
use http_body::Body as _;

/// How far the body of a request was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Why the source of the body failed.
    failure: Mutex<Option<BoxError>>,
    /// Whether the source may have more to send.
    unfinished: AtomicBool,
}

impl Upload {
    /// Returns the failure of the source, once.
    pub(crate) fn failure(&self, target: &Target) -> Option<Error> {
        let error = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Error::body(target.clone(), error))
    }

    /// Returns whether the source has passed all of the body to the connection.
    pub(crate) fn is_sent(&self) -> bool {
        !self.0.unfinished.load(Ordering::Relaxed)
    }
}

/// Returns the same request, and the state of sending its body. A body that is not a stream cannot fail.
pub(crate) fn watch(request: http::Request<Body>) -> (http::Request<Body>, Upload) {
    let upload = Upload::default();
    let request = request.map(|body| match body.as_bytes() {
        Some(_) => body,
        None => {
            upload.0.unfinished.store(true, Ordering::Relaxed);
            Body::from_stream(Watched { body, upload: upload.clone() })
        }
    });
    (request, upload)
}

struct Watched {
    body: Body,
    upload: Upload,
}

impl Stream for Watched {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                None => {
                    this.upload.0.unfinished.store(false, Ordering::Relaxed);
                    return Poll::Ready(None);
                }
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    // hyper does not return the error of a body.
                    let failure = &this.upload.0.failure;
                    *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Poll::Ready(Some(Err("the source of the body failed".into())));
                }
            }
        }
    }
}
