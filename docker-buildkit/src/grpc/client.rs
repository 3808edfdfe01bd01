//! The client side of gRPC, which calls the control API of the engine.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::client::{Builder, SendRequest};
use http::Request;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{CONNECTION_WINDOW, Code, Messages, STREAM_WINDOW, Sink, Status, encode};
use crate::task::Task;

/// A connection for calls. Dropping the last clone closes it, which cancels running calls on the engine.
#[derive(Clone)]
pub(crate) struct Client {
    requests: SendRequest<Bytes>,
    driver: Arc<Task>,
}

/// The messages of the response to a call.
pub(crate) struct Responses {
    messages: Messages,
    /// Keeps the connection alive.
    _driver: Arc<Task>,
    ended: bool,
}

impl Client {
    /// Starts HTTP/2 on an upgraded connection.
    pub(crate) async fn new(
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<Self, Status> {
        let (requests, connection) = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(io)
            .await?;
        // Every call on the connection returns its error.
        let driver = Task::spawn(async move { drop(connection.await) });
        Ok(Self { requests, driver: Arc::new(driver) })
    }

    /// Calls a method whose response is one message.
    pub(crate) async fn unary<M: Message + Default>(
        &self,
        method: &str,
        request: &impl Message,
    ) -> Result<M, Status> {
        let mut responses = self.streaming(method, request).await?;
        let response = responses.next().await?;
        while responses.next::<M>().await?.is_some() {}
        response.ok_or_else(|| Status::new(Code::INTERNAL, "the call has no response"))
    }

    /// Calls a method whose response is any number of messages.
    pub(crate) async fn streaming(
        &self,
        method: &str,
        request: &impl Message,
    ) -> Result<Responses, Status> {
        let mut requests = self.requests.clone().ready().await?;
        let head = Request::post(format!("http://localhost{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .map_err(|error| Status::new(Code::INTERNAL, error.to_string()))?;
        let (response, stream) = requests.send_request(head, false)?;
        let mut sink = Sink::new(stream);
        let mut frame = BytesMut::new();
        encode(request, &mut frame)?;
        sink.send_frames(frame.freeze()).await?;
        sink.close()?;
        let (head, body) = response.await?.into_parts();
        if head.headers.contains_key("grpc-status") {
            Status::from_trailers(&head.headers)?;
        }
        Ok(Responses {
            messages: Messages::new(body),
            _driver: Arc::clone(&self.driver),
            ended: false,
        })
    }
}

impl Responses {
    /// Returns the next message, or `None` when the call has succeeded. This method is cancel safe.
    pub(crate) async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        if self.ended {
            return Ok(None);
        }
        if let Some(message) = self.messages.next().await? {
            return Ok(Some(message));
        }
        self.ended = true;
        match self.messages.trailers().await? {
            Some(trailers) => Status::from_trailers(&trailers).map(|()| None),
            None => Ok(None),
        }
    }
}
