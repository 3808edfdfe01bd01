//! Sends requests to the engine: connections, upgrades, timeouts, tracing.

mod connect;
mod connection;
mod duplex;
mod idle;
mod pool;
mod proxy;
#[cfg(feature = "tls")]
mod records;
mod reply;
mod sent;
mod socket;
mod socks;
#[cfg(unix)]
mod ssh;
mod timeouts;
#[cfg(feature = "tls")]
mod tls;
mod traffic;

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{
    Body, BoxFuture, ByteStream, Error, IgnoredField, Operation, Reply, Transport, Upgraded,
};
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

pub(crate) use self::connect::{Connector, Open};
use self::connection::{Connection, Unanswered};
#[cfg(feature = "websocket")]
pub(crate) use self::duplex::Duplex;
use self::pool::{Pool, Pools};
use self::reply::ReplyBody;
use self::sent::Fate;
pub(crate) use self::socket::Io;
pub(crate) use self::timeouts::Timeouts;
use crate::config::{Host, Proxy};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("docker-client/", env!("CARGO_PKG_VERSION")));

/// HTTP/1.1 over pooled connections. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Http {
    shared: Arc<Shared>,
    pub(crate) timeouts: Timeouts,
}

struct Shared {
    connector: Connector,
    base: String,
    headers: HeaderMap,
    pools: Pools,
    /// Of the connections that go through a proxy whose other requests are sent to it.
    tunnels: Pools,
}

impl Http {
    pub(crate) fn new(connector: Connector, mut headers: HeaderMap, timeouts: Timeouts) -> Self {
        if let Ok(authority) = HeaderValue::try_from(connector.host().authority()) {
            headers.entry(HOST).or_insert(authority);
        }
        let shared = Shared {
            base: connector.host().base().to_owned(),
            headers,
            pools: Pools::default(),
            tunnels: Pools::default(),
            connector,
        };
        Self { shared: Arc::new(shared), timeouts }
    }

    pub(crate) fn host(&self) -> &Host {
        self.shared.connector.host()
    }

    /// Sends a request, in a span of its own.
    async fn exchange(
        &self,
        operation: &'static Operation,
        request: http::Request<Body>,
    ) -> Result<Reply, Error> {
        let span = tracing::debug_span!("request", operation = operation.id, status = Empty);
        self.exchange_in_span(operation, request).instrument(span).await
    }

    async fn exchange_in_span(
        &self,
        operation: &'static Operation,
        mut request: http::Request<Body>,
    ) -> Result<Reply, Error> {
        let started = Instant::now();
        let forwarder = self.shared.connector.forwarder();
        // Proxies forward no other protocol: what is to be upgraded goes through a tunnel.
        let tunneled = operation.is_upgrade() && forwarder.is_some();
        let forwarder = forwarder.filter(|_| !tunneled);
        if let Some(target) = self.target(operation, request.uri(), forwarder)? {
            *request.uri_mut() = target;
        }
        if let Some(authorization) = forwarder.and_then(Proxy::authorization) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        for (name, value) in &self.shared.headers {
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        request.headers_mut().entry(USER_AGENT).or_insert(AGENT);
        let (request, fate) = sent::watch(request);
        let sent = self.send(operation, request, tunneled, &fate);
        let sent = match self.timeouts.reply_to(operation) {
            None => sent.await,
            Some(after) => tokio::time::timeout(after, sent)
                .await
                .map_err(|_| Error::timeout(operation, "waiting for the response", after))?,
        };
        let (reply, connection) = sent.map_err(|error| fate.failure(operation).unwrap_or(error))?;
        tracing::Span::current().record("status", reply.status().as_u16());
        Ok(self.unpack(operation, started, reply, connection, fate).await)
    }

    /// The target of the request line, unless it is the path as it is.
    fn target(
        &self,
        operation: &'static Operation,
        path: &Uri,
        forwarder: Option<&Proxy>,
    ) -> Result<Option<Uri>, Error> {
        let base = &self.shared.base;
        let target = match forwarder {
            None if base.is_empty() => return Ok(None),
            None => format!("{base}{path}"),
            // A proxy needs to know which engine the request is for.
            Some(_) => format!("http://{}{base}{path}", self.host().authority()),
        };
        target.parse().map(Some).map_err(|error: http::uri::InvalidUri| {
            Error::invalid_request(operation, format!("the target is not valid: {error}"))
        })
    }

    /// Sends a request on an idle connection, or else on a new one, and waits for the head of the response.
    ///
    /// An idle connection may die as the request is sent. If nothing of the request was sent it goes out again, whatever it
    /// is; if nothing of a response has arrived, only a GET or HEAD does, once, on a new connection.
    async fn send(
        &self,
        operation: &'static Operation,
        mut request: http::Request<Body>,
        tunneled: bool,
        fate: &Fate,
    ) -> Result<(http::Response<Incoming>, (Connection, Arc<Pool>)), Error> {
        let pools = if tunneled { &self.shared.tunnels } else { &self.shared.pools };
        let pool = pools.current();
        while let Some(mut connection) = pool.take().await {
            let again = repeatable(operation, &request);
            let before = connection.traffic().read();
            let mut error = match connection.send(request, fate, self.timeouts.idle).await {
                Ok(reply) => match again {
                    // A server that closes an idle connection may say so at the moment when the connection is used.
                    Some(again) if reply.status() == StatusCode::REQUEST_TIMEOUT => {
                        request = again;
                        break;
                    }
                    _ => return Ok((reply, (connection, pool))),
                },
                Err(Unanswered::Failed(error)) => error,
                Err(Unanswered::Idle(after)) => return Err(nothing_moved(operation, after)),
            };
            request = match (error.take_message(), again) {
                (Some(unsent), _) => unsent,
                (None, Some(again)) if connection.traffic().read() == before => {
                    request = again;
                    break;
                }
                (None, _) => return Err(self.broken(operation, error.into_error())),
            };
        }
        let socket = self.shared.connector.connect(tunneled).await;
        let socket = socket.map_err(|error| connect::failure(self.host(), &error))?;
        let broken = |error| self.broken(operation, error);
        let mut connection = Connection::new(socket).await.map_err(broken)?;
        match connection.send(request, fate, self.timeouts.idle).await {
            Ok(reply) => Ok((reply, (connection, pool))),
            Err(Unanswered::Failed(error)) => Err(broken(error.into_error())),
            Err(Unanswered::Idle(after)) => Err(nothing_moved(operation, after)),
        }
    }

    async fn unpack(
        &self,
        operation: &'static Operation,
        started: Instant,
        reply: http::Response<Incoming>,
        connection: (Connection, Arc<Pool>),
        sent: Fate,
    ) -> Reply {
        let (head, body) = reply.into_parts();
        let mut connection = Some(connection);
        let upgraded = (head.status == StatusCode::SWITCHING_PROTOCOLS)
            .then(|| connection.take())
            .flatten()
            .map(|(connection, _)| -> BoxFuture<'static, _> {
                Box::pin(take_over(operation, connection, self.timeouts.idle))
            });
        let idle = self.timeouts.idle;
        let body = ReplyBody::new(body, connection, operation, idle, started, sent).await;
        Reply { status: head.status, headers: head.headers, body: ByteStream::new(body), upgraded }
    }

    fn broken(&self, operation: &'static Operation, error: hyper::Error) -> Error {
        let mut cause = error.source();
        while let Some(below) = cause {
            if let Some(below) = below.downcast_ref::<io::Error>()
                && connect::is_refusal(below)
            {
                return connect::failure(self.host(), below);
            }
            cause = below.source();
        }
        Error::communication(operation, "waiting for the response", error)
    }
}

impl Transport for Http {
    fn execute(
        &self,
        operation: &'static Operation,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.exchange(operation, request))
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        for field in fields {
            tracing::warn!(operation = operation.id, "{field}");
        }
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("host", self.host())
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// Returns a copy of a request that may be sent twice: one that changes nothing, without a body.
fn repeatable(
    operation: &'static Operation,
    request: &http::Request<Body>,
) -> Option<http::Request<Body>> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD) && !operation.is_upgrade();
    if !safe || !request.body().is_end_stream() {
        return None;
    }
    let mut again = http::Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

/// The error for a request over which nothing moved for too long while it was sent.
fn nothing_moved(operation: &'static Operation, after: Duration) -> Error {
    Error::timeout(operation, "sending the request", after)
}

/// Takes the raw connection after a response with 101.
async fn take_over(
    operation: &'static Operation,
    connection: Connection,
    idle: Option<Duration>,
) -> Result<Upgraded, Error> {
    let upgraded = connection
        .into_upgraded()
        .await
        .map_err(|source| Error::communication(operation, "upgrading the connection", source))?;
    let Some(limit) = idle else { return Ok(upgraded) };
    let (reader, writer) = idle::watch(operation, limit, upgraded.into_split());
    Ok(Upgraded::from_halves(reader, writer))
}
