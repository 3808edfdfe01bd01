//! A small HTTP client for unix sockets and plain TCP, so that the harness depends on nothing that it tests.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
pub use hyper::Method;
use hyper::client::conn::http1;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::{Error, Result};

/// The time limit of a request, so that an engine that hangs is a failure.
const LIMIT: Duration = Duration::from_secs(120);

type Cause = Box<dyn StdError + Send + Sync>;

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// Host and port, without encryption.
    Tcp(String),
}

impl Address {
    /// Reads `unix://PATH` and `tcp://HOST:PORT`, as `DOCKER_HOST` has it; `None` for any other scheme.
    #[must_use]
    pub fn parse(host: &str) -> Option<Self> {
        if let Some(path) = host.strip_prefix("unix://") {
            return Some(Self::Unix(PathBuf::from(path)));
        }
        host.strip_prefix("tcp://").map(|rest| Self::Tcp(rest.trim_end_matches('/').to_owned()))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host) => write!(f, "tcp://{host}"),
        }
    }
}

/// Sends requests to one engine, each over a new connection.
#[derive(Debug, Clone)]
pub struct Client {
    address: Address,
}

/// A complete response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The request's method and path.
    pub request: String,
    /// The engine's address.
    pub address: String,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as long as it was.
    pub body: Bytes,
}

/// The headers and the body of a request.
#[derive(Debug, Clone, Default)]
pub struct Payload {
    body: Bytes,
    headers: HeaderMap,
}

impl Payload {
    /// No body.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A JSON body.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::default().body(value.to_string()).header("content-type", "application/json")
    }

    /// A body of this type.
    #[must_use]
    pub fn tar(archive: impl Into<Bytes>) -> Self {
        Self::default().body(archive).header("content-type", "application/x-tar")
    }

    /// Adds a header whose value is plain ASCII; another value is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

impl Client {
    /// A client of the engine at `address`.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address }
    }

    /// The engine's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends `METHOD` to the path, which begins with `/` and has its query, and reads the whole reply.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if no complete reply arrived within two minutes. A reply is a success whatever its status is.
    pub async fn send(&self, method: Method, path: &str, payload: Payload) -> Result<Response> {
        let request = format!("{method} {path}");
        let exchange = tokio::time::timeout(LIMIT, self.exchange(method, path, payload));
        let result = match exchange.await {
            Ok(result) => result,
            Err(_) => Err(format!("no whole reply after {} s", LIMIT.as_secs()).into()),
        };
        let address = self.address.to_string();
        match result {
            Ok((status, headers, body)) => Ok(Response { request, address, status, headers, body }),
            Err(source) => Err(Error::Request { request, address, source }),
        }
    }

    /// `GET`.
    ///
    /// # Errors
    ///
    /// See [`Client::send`].
    pub async fn get(&self, path: &str) -> Result<Response> {
        self.send(Method::GET, path, Payload::none()).await
    }

    /// `POST`.
    ///
    /// # Errors
    ///
    /// See [`Client::send`].
    pub async fn post(&self, path: &str, payload: Payload) -> Result<Response> {
        self.send(Method::POST, path, payload).await
    }

    /// `DELETE`.
    ///
    /// # Errors
    ///
    /// See [`Client::send`].
    pub async fn delete(&self, path: &str) -> Result<Response> {
        self.send(Method::DELETE, path, Payload::none()).await
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Cause> {
        match &self.address {
            #[cfg(unix)]
            Address::Unix(socket) => {
                let stream = tokio::net::UnixStream::connect(socket).await?;
                talk(stream, "localhost", method, path, payload).await
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err("unix sockets need a unix machine".into()),
            Address::Tcp(host) => {
                let stream = tokio::net::TcpStream::connect(host.as_str()).await?;
                talk(stream, host, method, path, payload).await
            }
        }
    }
}

async fn talk<S>(
    stream: S,
    host: &str,
    method: Method,
    path: &str,
    payload: Payload,
) -> Result<(StatusCode, HeaderMap, Bytes), Cause>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", host)
        .body(Full::new(payload.body))?;
    request.headers_mut().extend(payload.headers);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        Ok((head.status, head.headers, body.collect().await?.to_bytes()))
    };
    tokio::pin!(exchange);
    tokio::select! {
        result = &mut exchange => result,
        // The connection ends before the exchange only where it breaks; the exchange then says how.
        _ = connection => exchange.await,
    }
}

impl Response {
    /// The body as a string; what is not valid UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; `None` where it is absent or not a string.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The reply, if it has this status.
    ///
    /// # Errors
    ///
    /// [`Error::Reply`] for any other.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status.as_u16() == status {
            Ok(self)
        } else {
            Err(self.unexpected(&format!("status {status}")))
        }
    }

    /// The body read as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Reply`] if the body is not JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .map_err(|error| self.unexpected(&format!("JSON ({error})")))
    }

    /// The body read as JSON values one after another, as the engine reports progress.
    ///
    /// # Errors
    ///
    /// [`Error::Reply`] if the body is not JSON.
    pub fn json_values(&self) -> Result<Vec<Value>> {
        serde_json::Deserializer::from_slice(&self.body)
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| self.unexpected(&format!("JSON values ({error})")))
    }

    /// An error for a response that is not what was expected.
    #[must_use]
    pub fn unexpected(&self, expected: &str) -> Error {
        Error::Reply {
            request: self.request.clone(),
            address: self.address.clone(),
            expected: expected.to_owned(),
            status: self.status.as_u16(),
            body: self.text().chars().take(500).collect(),
        }
    }
}
