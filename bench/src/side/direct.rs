//! The limit of a client on hyper whose connections have no tasks: the task that waits for a response drives the connection. For streams
//! of small pieces, this avoids a switch between tasks for each piece.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use anyhow::{Result, ensure};
use http_body_util::Empty;
use hyper::body::{Body as _, Bytes, Frame, Incoming};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::engine::Process;
use crate::tally::Tally;
use crate::work::Work;

type Body = Empty<Bytes>;

/// hyper without tasks.
#[derive(Clone, Debug)]
pub struct Side {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Link>>>,
}

#[derive(Debug)]
struct Link {
    send: SendRequest<Body>,
    connection: Connection<TokioIo<UnixStream>, Body>,
}

impl Side {
    pub(super) fn connect(engine: &Process) -> Self {
        Self { path: engine.socket().into(), idle: Arc::default() }
    }

    pub(super) async fn run(&self, work: Work, tally: &mut Tally) -> Result<()> {
        let (method, target) = work.request();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "localhost")
            .body(Body::new())?;
        let mut body = self.execute(request).await?;
        while let Some(frame) = std::future::poll_fn(|cx| body.poll_frame(cx)).await {
            if let Ok(data) = frame?.into_data() {
                tally.piece(0, &data);
            }
        }
        Ok(())
    }

    async fn execute(&self, request: Request<Body>) -> Result<Driven> {
        let mut link = match self.reuse().await {
            Some(link) => link,
            None => {
                let stream = UnixStream::connect(&*self.path).await?;
                let (send, connection) = handshake(TokioIo::new(stream)).await?;
                Link { send, connection }
            }
        };
        let response = link.exchange(request).await?;
        ensure!(response.status().is_success(), "status {}", response.status());
        Ok(Driven { body: response.into_body(), link: Some(link), idle: self.idle.clone() })
    }

    /// Returns a connection that the engine has not closed.
    async fn reuse(&self) -> Option<Link> {
        loop {
            let mut link = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let open = std::future::poll_fn(|cx| {
                Poll::Ready(Pin::new(&mut link.connection).poll(cx).is_pending())
            });
            if open.await && link.send.is_ready() {
                return Some(link);
            }
        }
    }
}

impl Link {
    async fn exchange(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        let mut response = std::pin::pin!(self.send.send_request(request));
        let connection = &mut self.connection;
        let mut open = true;
        std::future::poll_fn(|cx| {
            if open {
                open = Pin::new(&mut *connection).poll(cx).is_pending();
            }
            response.as_mut().poll(cx)
        })
        .await
    }
}

/// A body that drives its connection, and returns it to the client at its end.
struct Driven {
    body: Incoming,
    link: Option<Link>,
    idle: Arc<Mutex<Vec<Link>>>,
}

impl Driven {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending()
            && let Some(link) = &mut self.link
        {
            if Pin::new(&mut link.connection).poll(cx).is_ready() {
                self.link = None;
            }
            polled = Pin::new(&mut self.body).poll_frame(cx);
        }
        let ended = self.body.is_end_stream() || matches!(polled, Poll::Ready(None));
        if ended
            && let Some(mut link) = self.link.take()
            && Pin::new(&mut link.connection).poll(cx).is_pending()
            && link.send.is_ready()
        {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
        polled
    }
}
