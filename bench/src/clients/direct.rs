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
use crate::summary::Summary;
use crate::work::Workload;

type Body = Empty<Bytes>;

/// hyper without tasks.
#[derive(Clone, Debug)]
pub struct Client {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<IdleConnection>>>,
}

#[derive(Debug)]
struct IdleConnection {
    send: SendRequest<Body>,
    connection: Connection<TokioIo<UnixStream>, Body>,
}

impl Client {
    pub(super) fn connect(engine: &Process) -> Self {
        Self { path: engine.socket().into(), idle: Arc::default() }
    }

    pub(super) async fn run(&self, work: Workload, summary: &mut Summary) -> Result<()> {
        let (method, target) = work.request();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "localhost")
            .body(Body::new())?;
        let mut body = self.execute(request).await?;
        while let Some(frame) = std::future::poll_fn(|cx| body.poll_frame(cx)).await {
            if let Ok(data) = frame?.into_data() {
                summary.piece(0, &data);
            }
        }
        Ok(())
    }

    async fn execute(&self, request: Request<Body>) -> Result<Driven> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => {
                let stream = UnixStream::connect(&*self.path).await?;
                let (send, connection) = handshake(TokioIo::new(stream)).await?;
                IdleConnection { send, connection }
            }
        };
        let response = connection.exchange(request).await?;
        ensure!(response.status().is_success(), "status {}", response.status());
        Ok(Driven {
            body: response.into_body(),
            connection: Some(connection),
            idle: self.idle.clone(),
        })
    }

    /// Returns a connection that the engine has not closed.
    async fn reuse(&self) -> Option<IdleConnection> {
        loop {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let open = std::future::poll_fn(|cx| {
                Poll::Ready(Pin::new(&mut idle.connection).poll(cx).is_pending())
            });
            if open.await && idle.send.is_ready() {
                return Some(idle);
            }
        }
    }
}

impl IdleConnection {
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
    connection: Option<IdleConnection>,
    idle: Arc<Mutex<Vec<IdleConnection>>>,
}

impl Driven {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending()
            && let Some(idle) = &mut self.connection
        {
            if Pin::new(&mut idle.connection).poll(cx).is_ready() {
                self.connection = None;
            }
            polled = Pin::new(&mut self.body).poll_frame(cx);
        }
        let ended = self.body.is_end_stream() || matches!(polled, Poll::Ready(None));
        if ended
            && let Some(mut idle) = self.connection.take()
            && Pin::new(&mut idle.connection).poll(cx).is_pending()
            && idle.send.is_ready()
        {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
        polled
    }
}
