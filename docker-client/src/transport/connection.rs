//! One HTTP/1.1 connection, driven by the task that waits for its reply.
//!
//! hyper leaves it to its user who polls a connection. In a task of its own, as hyper-util's client has it, each piece of
//! a body costs a switch to that task and back; here whoever polls the reply polls the connection as well.

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

/// How much of a reply may wait to be read, in bytes. hyper reads up to this in one go.
const READ_BUFFER: usize = 128 * 1024;

/// How many headers a reply may have. Proxies add to what engines send.
const MAX_HEADERS: usize = 512;

type Driver = http1::Connection<TokioIo<Metered<Socket>>, Body>;

/// A connection, and both ends of what hyper makes of it.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    /// Until it is done. Only then, and only if it is dropped, does hyper give back a request that waits in its queue.
    driver: Option<Driver>,
    /// What the driver left.
    left: Option<Parts<TokioIo<Metered<Socket>>>>,
    traffic: Traffic,
}

/// Why no response arrived.
#[derive(Debug)]
pub(super) enum SendError {
    /// The connection failed, perhaps before anything was sent: then the request is in it.
    Failed(Box<TrySendError<http::Request<Body>>>),
    /// No byte moved for this long while the request was sent.
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

    /// What has moved over the connection.
    pub(super) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends a request and waits for the head of its reply; gives up where nothing moves while the request is sent.
    ///
    /// # Errors
    ///
    /// The error has the request with it where nothing of it was sent. Dropping the future leaves the connection in the
    /// midst of a request: it is of no use any more.
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
                    // How long the reply may take is limited by another timeout.
                    idle.stop();
                } else if idle.poll(cx).is_ready() {
                    return Poll::Ready(Err(SendError::Idle(idle.limit)));
                }
            }
            polled.map_err(|error| SendError::Failed(Box::new(error)))
        })
        .await
    }

    /// Moves what there is to be moved, in both directions.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.left, cx);
    }

    /// Whether it takes a request now: nobody closed it, and the last reply was read to its end.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driver.is_some() && self.sender.is_ready()
    }

    /// The raw connection, after a reply with 101.
    pub(super) async fn into_upgraded(self) -> Result<Upgraded, BoxError> {
        let parts = match (self.driver, self.left) {
            (Some(driver), _) => driver.without_shutdown().await?,
            (None, Some(parts)) => parts,
            (None, None) => return Err("the connection is gone".into()),
        };
        Ok(parts.io.into_inner().stream.into_upgraded(parts.read_buf))
    }
}

fn drive(
    driver: &mut Option<Driver>,
    left: &mut Option<Parts<TokioIo<Metered<Socket>>>>,
    cx: &mut Context<'_>,
) {
    // Its error is told to the one that waits for the reply, too.
    if driver.as_mut().is_some_and(|driver| driver.poll_without_shutdown(cx).is_ready()) {
        *left = driver.take().map(http1::Connection::into_parts);
    }
}
