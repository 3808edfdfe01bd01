//! One HTTP/1.1 connection, driven by the task that waits for the response.
//!
//! With hyper, any task can poll a connection. If it is a separate task, as in the client of hyper-util, each piece of
//! a body costs a switch to that task and back. Here, whoever polls the response polls the connection as well.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use docker_api::{Body, BoxError, Upgraded};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, Parts, SendRequest};
use hyper_util::rt::TokioIo;

use super::idle::Idle;
use super::socket::Socket;
use super::traffic::{Metered, Traffic};
use super::upload::Upload;

/// How many bytes of a response may wait to be read. hyper reads up to this many at once.
const READ_BUFFER: usize = 128 * 1024;

/// How many headers a response may have. Proxies add to those of the engine.
const MAX_HEADERS: usize = 512;

type Driver = http1::Connection<TokioIo<Metered<Socket>>, Body>;

/// A connection: the sender of requests, and the driver that moves the bytes.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    /// `None` once it has ended. hyper returns a request that waits in its queue only when the driver is dropped.
    driver: Option<Driver>,
    /// What remains of the driver after its end.
    left: Option<Parts<TokioIo<Metered<Socket>>>>,
    traffic: Traffic,
}

/// Why no response arrived.
#[derive(Debug)]
pub(super) enum SendError {
    /// The connection failed. If that was before anything was sent, the error contains the request.
    Failed(Box<TrySendError<http::Request<Body>>>),
    /// No byte moved for this time while the request was sent.
    Idle(Duration),
}

impl Connection {
    pub(super) async fn new(socket: Socket) -> hyper::Result<Self> {
        let socket = Metered::new(socket);
        let traffic = socket.traffic.clone();
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(READ_BUFFER)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(socket))
            .await?;
        Ok(Self { sender, driver: Some(driver), left: None, traffic })
    }

    /// Returns the counters of the bytes that have moved.
    pub(super) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends a request and waits for the head of the response. Gives up if nothing moves while the request is sent.
    ///
    /// # Errors
    ///
    /// The error contains the request if nothing of it was sent.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the connection in the middle of a request, so that it can no longer be used.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Body>,
        upload: &Upload,
        idle: Option<Duration>,
    ) -> Result<http::Response<Incoming>, SendError> {
        let mut idle = idle.map(|limit| Idle::new(limit, self.traffic.clone()));
        let mut reply = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| {
            let mut polled = reply.as_mut().poll(cx);
            if polled.is_pending() {
                drive(&mut self.driver, &mut self.left, cx);
                polled = reply.as_mut().poll(cx);
            }
            if polled.is_pending()
                && let Some(idle) = &mut idle
            {
                if upload.is_sent() && !self.traffic.is_blocked() {
                    // Another timeout limits how long the response may take.
                    idle.stop();
                } else if idle.poll(cx).is_ready() {
                    return Poll::Ready(Err(SendError::Idle(idle.limit)));
                }
            }
            polled.map_err(|error| SendError::Failed(Box::new(error)))
        })
        .await
    }

    /// Moves bytes in both directions, as far as that is possible now.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.left, cx);
    }

    /// Returns whether it accepts a request now: it is open, and the last response was read to its end.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Returns the raw connection, after a response with status 101.
    pub(super) async fn into_upgraded(self) -> Result<Upgraded, BoxError> {
        let parts = match (self.driver, self.left) {
            (Some(driver), _) => driver.without_shutdown().await?,
            (None, Some(parts)) => parts,
            (None, None) => return Err("the connection was closed".into()),
        };
        Ok(parts.io.into_inner().stream.into_upgraded(parts.read_buf))
    }
}

fn drive(
    driver: &mut Option<Driver>,
    left: &mut Option<Parts<TokioIo<Metered<Socket>>>>,
    cx: &mut Context<'_>,
) {
    // Whoever waits for the response receives the error as well.
    if driver.as_mut().is_some_and(|driver| driver.poll_without_shutdown(cx).is_ready()) {
        *left = driver.take().map(http1::Connection::into_parts);
    }
}
