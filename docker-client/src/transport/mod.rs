//! Sends calls to the engine over HTTP: connections, upgrades, the idle timeout, tracing.

mod connect;
mod connection;
mod duplex;
#[cfg(any(feature = "tls", unix))]
mod forward;
mod idle;
mod pool;
mod proxy;
#[cfg(feature = "tls")]
mod records;
mod reply;
mod socket;
mod socks;
#[cfg(unix)]
mod ssh;
mod timeouts;
#[cfg(feature = "tls")]
mod tls;
mod traffic;
mod upload;

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{Body, BoxFuture, ByteStream, Call, Error, Reply, Target, Transport, Upgraded};
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

pub(crate) use self::connect::{Connector, Open};
use self::connection::{Connection, SendError};
#[cfg(feature = "websocket")]
pub(crate) use self::duplex::Duplex;
use self::pool::{Pool, Pools};
use self::reply::ReplyBody;
pub(crate) use self::socket::Io;
pub(crate) use self::timeouts::{LONGEST, Timeouts};
use self::upload::Upload;
use crate::config::{Host, Proxy};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("docker-client/", env!("CARGO_PKG_VERSION")));

/// HTTP/1.1 over pooled connections. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Http {
    shared: Arc<Shared>,
    idle_timeout: Option<Duration>,
}

struct Shared {
    connector: Connector,
    /// The prefix of the path of every call.
    base: String,
    host_header: Option<HeaderValue>,
    pools: Pools,
    /// The tunnels through a proxy that forwards all other requests.
    tunnels: Pools,
}

impl Http {
    pub(crate) fn new(connector: Connector) -> Self {
        let shared = Shared {
            base: connector.host().base().to_owned(),
            host_header: HeaderValue::try_from(connector.host().authority()).ok(),
            pools: Pools::default(),
            tunnels: Pools::default(),
            connector,
        };
        Self { shared: Arc::new(shared), idle_timeout: None }
    }

    /// Returns the same transport with another idle timeout.
    pub(crate) fn with_idle_timeout(self, limit: Option<Duration>) -> Self {
        Self { idle_timeout: limit, ..self }
    }

    pub(crate) fn host(&self) -> &Host {
        self.shared.connector.host()
    }

    /// Sends a call in a span.
    async fn exchange(&self, call: Call) -> Result<Reply, Error> {
        let span = tracing::debug_span!("request", operation = call.operation().id, status = Empty);
        self.exchange_in_span(call).instrument(span).await
    }

    async fn exchange_in_span(&self, call: Call) -> Result<Reply, Error> {
        let started = Instant::now();
        let target = call.target();
        let forwarder = self.shared.connector.forwarder();
        // Proxies forward only HTTP, so a connection that is upgraded goes through a tunnel.
        let tunneled = call.operation().is_upgrade() && forwarder.is_some();
        let forwarder = forwarder.filter(|_| !tunneled);
        let base = &self.shared.base;
        let mut request = match forwarder {
            None => call.into_http(base)?,
            // A proxy needs to know which engine the request is for.
            Some(_) => call.into_http(&format!("http://{}{base}", self.host().authority()))?,
        };
        let headers = request.headers_mut();
        if let Some(authorization) = forwarder.and_then(Proxy::authorization) {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        if let Some(host) = &self.shared.host_header {
            headers.entry(HOST).or_insert_with(|| host.clone());
        }
        headers.entry(USER_AGENT).or_insert(AGENT);
        let (request, upload) = upload::watch(request);
        let sent = self.send(&target, request, tunneled, &upload).await;
        let (reply, connection) = sent.map_err(|error| upload.failure(&target).unwrap_or(error))?;
        tracing::Span::current().record("status", reply.status().as_u16());
        Ok(self.unpack(target, started, reply, connection, upload).await)
    }

    /// Sends a request on an idle connection, or else on a new one, and waits for the head of the response.
    ///
    /// An idle connection may be closed while the request is sent. If no part of it was sent, it is sent again,
    /// whatever its method. If no response has begun, only GET and HEAD are sent again, once, on a new connection.
    async fn send(
        &self,
        target: &Target,
        mut request: http::Request<Body>,
        tunneled: bool,
        upload: &Upload,
    ) -> Result<(http::Response<Incoming>, (Connection, Arc<Pool>)), Error> {
        let pools = if tunneled { &self.shared.tunnels } else { &self.shared.pools };
        let pool = pools.current();
        while let Some(mut connection) = pool.take().await {
            let again = repeatable(target, &request);
            let before = connection.traffic().read();
            let mut error = match connection.send(request, upload, self.idle_timeout).await {
                Ok(reply) => match again {
                    // A server that closes an idle connection may announce it just when the connection is used.
                    Some(again) if reply.status() == StatusCode::REQUEST_TIMEOUT => {
                        request = again;
                        break;
                    }
                    _ => return Ok((reply, (connection, pool))),
                },
                Err(SendError::Failed(error)) => error,
                Err(SendError::Idle(after)) => return Err(idle_timeout(target, after)),
            };
            request = match (error.take_message(), again) {
                (Some(unsent), _) => unsent,
                (None, Some(again)) if connection.traffic().read() == before => {
                    request = again;
                    break;
                }
                (None, _) => return Err(self.broken(target, error.into_error())),
            };
        }
        let socket = self.shared.connector.connect(tunneled).await;
        let socket = socket.map_err(|error| connect::failure(self.host(), &error))?;
        let broken = |error| self.broken(target, error);
        let mut connection = Connection::new(socket).await.map_err(broken)?;
        match connection.send(request, upload, self.idle_timeout).await {
            Ok(reply) => Ok((reply, (connection, pool))),
            Err(SendError::Failed(error)) => Err(broken(error.into_error())),
            Err(SendError::Idle(after)) => Err(idle_timeout(target, after)),
        }
    }

    async fn unpack(
        &self,
        target: Target,
        started: Instant,
        reply: http::Response<Incoming>,
        connection: (Connection, Arc<Pool>),
        upload: Upload,
    ) -> Reply {
        let (head, body) = reply.into_parts();
        let mut connection = Some(connection);
        let idle = self.idle_timeout;
        let upgraded = (head.status == StatusCode::SWITCHING_PROTOCOLS)
            .then(|| connection.take())
            .flatten()
            .map(|(connection, _)| -> BoxFuture<'static, _> {
                Box::pin(take_over(target.clone(), connection, idle))
            });
        let body = ReplyBody::new(body, connection, target, idle, started, upload).await;
        let mut reply = Reply::new(head.status, ByteStream::new(body));
        reply.headers = head.headers;
        reply.upgraded = upgraded;
        reply
    }

    fn broken(&self, target: &Target, error: hyper::Error) -> Error {
        let mut cause = error.source();
        while let Some(below) = cause {
            if let Some(below) = below.downcast_ref::<io::Error>()
                && connect::is_refusal(below)
            {
                return connect::failure(self.host(), below);
            }
            cause = below.source();
        }
        Error::communication(target.clone(), "waiting for the response", error)
    }
}

impl Transport for Http {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.exchange(call))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("host", self.host())
            .field("idle_timeout", &self.idle_timeout)
            .finish_non_exhaustive()
    }
}

/// Returns a copy of a request that may be sent twice: one that changes nothing, without a body.
fn repeatable(target: &Target, request: &http::Request<Body>) -> Option<http::Request<Body>> {
    let is_upgrade = target.operation().is_upgrade();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD) && !is_upgrade;
    if !safe || !request.body().is_end_stream() {
        return None;
    }
    let mut again = http::Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

/// Returns the error for a request that timed out because no byte moved while it was sent.
fn idle_timeout(target: &Target, after: Duration) -> Error {
    Error::timeout(target.clone(), "sending the request", after)
}

/// Takes the raw connection after a response with 101.
async fn take_over(
    target: Target,
    connection: Connection,
    idle: Option<Duration>,
) -> Result<Upgraded, Error> {
    let upgraded = connection.into_upgraded().await;
    let upgraded = upgraded.map_err(|source| {
        Error::communication(target.clone(), "upgrading the connection", source)
    })?;
    let Some(limit) = idle else { return Ok(upgraded) };
    let (reader, writer) = idle::watch(target, limit, upgraded.into_split());
    Ok(Upgraded::from_halves(reader, writer))
}
