//! The server side of gRPC, which serves the calls that the engine makes in a session.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use http::{HeaderMap, Response};
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::{CONNECTION_WINDOW, Code, Messages, STREAM_WINDOW, Sink, Status};

/// A service for the calls of the engine.
pub(crate) trait Service: Send + Sync + 'static {
    /// Serves one call. The returned status ends the call.
    fn call<'a>(
        &'a self,
        call: &'a mut Call,
    ) -> Pin<Box<dyn Future<Output = Result<(), Status>> + Send + 'a>>;
}

/// A call of the engine.
pub(crate) struct Call {
    /// `/package.Service/Method`.
    pub(crate) method: String,
    pub(crate) metadata: HeaderMap,
    pub(crate) messages: Messages,
    response: SendResponse<Bytes>,
    sink: Option<Sink>,
}

impl Call {
    /// Returns the request of a call that has one message.
    pub(crate) async fn request<M: Message + Default>(&mut self) -> Result<M, Status> {
        let message = self.messages.next().await?;
        message.ok_or_else(|| Status::new(Code::INTERNAL, "the call has no request"))
    }

    /// Returns all values of a metadata key.
    pub(crate) fn values(&self, key: &str) -> Vec<String> {
        // The engine escapes the values of a key if one of them is not ASCII, and marks that with a second key.
        let escaped = self.metadata.contains_key(format!("{key}-encoded"));
        let values = self.metadata.get_all(key).iter();
        values
            .map(|value| {
                let value = String::from_utf8_lossy(value.as_bytes());
                match escaped {
                    true => {
                        let value = value.replace('+', " ");
                        percent_encoding::percent_decode_str(&value)
                            .decode_utf8_lossy()
                            .into_owned()
                    }
                    false => value.into_owned(),
                }
            })
            .collect()
    }

    /// Starts the response and returns the sink of its messages.
    pub(crate) fn sink(&mut self) -> Result<&mut Sink, Status> {
        Ok(self.both()?.0)
    }

    /// Starts the response and returns both directions.
    pub(crate) fn both(&mut self) -> Result<(&mut Sink, &mut Messages), Status> {
        let sink = match self.sink.take() {
            Some(sink) => sink,
            None => Sink::new(self.response.send_response(head(), false)?),
        };
        Ok((self.sink.insert(sink), &mut self.messages))
    }

    /// Sends a response of one message.
    pub(crate) async fn reply(&mut self, message: &impl Message) -> Result<(), Status> {
        self.sink()?.send(message).await
    }

    fn finish(&mut self, result: &Result<(), Status>) -> Result<(), Status> {
        let trailers = Status::to_trailers(result);
        match &mut self.sink {
            Some(sink) => sink.finish(trailers),
            None => {
                let mut response = head();
                response.headers_mut().extend(trailers);
                self.response.send_response(response, true)?;
                Ok(())
            }
        }
    }
}

fn head() -> Response<()> {
    let mut response = Response::new(());
    let grpc = http::HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(http::header::CONTENT_TYPE, grpc);
    response
}

/// Serves the calls on a connection until the engine closes it. Dropping the future ends all calls.
///
/// Every call runs in its own task, so that a slow one, such as a transfer of files, does not delay the others: the
/// engine ends a session whose health check does not respond in time.
pub(crate) async fn serve(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Arc<dyn Service>,
) -> Result<(), Status> {
    let mut connection = Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake::<_, Bytes>(io)
        .await?;
    let mut calls = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            Some(_) = calls.join_next() => continue,
        };
        let Some(accepted) = accepted else { return Ok(()) };
        let (request, response) = accepted?;
        let (head, body) = request.into_parts();
        let mut call = Call {
            method: head.uri.path().to_owned(),
            metadata: head.headers,
            messages: Messages::new(body),
            response,
            sink: None,
        };
        let service = Arc::clone(&service);
        calls.spawn(async move {
            let result = service.call(&mut call).await;
            // An error means that the engine has closed the call.
            let _ = call.finish(&result);
        });
    }
}
