//! One HTTP/1.1 connection, driven by the task that waits for its reply.
//!
//! hyper leaves it to its user who polls a connection. In a task of its own, as hyper-util's client has it, each piece of
//! a body costs a switch to that task and back; here whoever polls the reply polls the connection as well.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

use docker_api::{Body, Upgraded};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::socket::Socket;

/// How much of a reply may wait to be read, in bytes. hyper reads up to this in one go.
const READ_BUFFER: usize = 128 * 1024;

/// A connection, and both ends of what hyper makes of it.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    driver: http1::Connection<TokioIo<Socket>, Body>,
    /// Whether the driver is done, and must not be polled again.
    ended: bool,
}

impl Connection {
    pub(super) async fn new(socket: Socket) -> hyper::Result<Self> {
        let (sender, driver) =
            http1::Builder::new().max_buf_size(READ_BUFFER).handshake(TokioIo::new(socket)).await?;
        Ok(Self { sender, driver, ended: false })
    }

    /// Sends a request and waits for the head of its reply.
    ///
    /// # Errors
    ///
    /// The error has the request with it where nothing of it was sent. Dropping the future leaves the connection in the
    /// midst of a request: it is of no use any more.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Incoming>, TrySendError<http::Request<Body>>> {
        let mut reply = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| {
            if let Poll::Ready(reply) = reply.as_mut().poll(cx) {
                return Poll::Ready(reply);
            }
            drive(&mut self.driver, &mut self.ended, cx);
            reply.as_mut().poll(cx)
        })
        .await
    }

    /// Moves what there is to be moved, in both directions.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, cx);
    }

    /// Whether it takes a request now: nobody closed it, and the last reply was read to its end.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        !self.ended && self.sender.is_ready()
    }

    /// The raw connection, after a reply with 101.
    pub(super) async fn into_upgraded(mut self) -> hyper::Result<Upgraded> {
        if !self.ended {
            poll_fn(|cx| self.driver.poll_without_shutdown(cx)).await?;
        }
        let parts = self.driver.into_parts();
        Ok(parts.io.into_inner().into_upgraded(parts.read_buf))
    }
}

fn drive(
    driver: &mut http1::Connection<TokioIo<Socket>, Body>,
    ended: &mut bool,
    cx: &mut Context<'_>,
) {
    // Its error is told to the one that waits for the reply, too.
    *ended = *ended || driver.poll_without_shutdown(cx).is_ready();
}
