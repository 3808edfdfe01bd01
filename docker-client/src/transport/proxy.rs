//! Tunnels through an HTTP proxy, and the errors of proxies of any kind.

use std::fmt;
use std::io;

use docker_api::{Body, BoxError, Upgraded};
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Uri};

use super::connection::{Connection, SendError};
use super::socket::Socket;
use super::upload::Upload;
use crate::config::{Proxy, TcpHost};

/// The failure of a connection through a proxy.
#[derive(Debug)]
pub(super) struct ProxyFailure {
    proxy: String,
    what: String,
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "through the proxy {}: {}", self.proxy, self.what)
    }
}

impl std::error::Error for ProxyFailure {}

/// Returns a hint if the error is the failure of a proxy.
pub(super) fn hint(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref::<ProxyFailure>()?;
    Some(
        "HTTP_PROXY or HTTPS_PROXY names the proxy: correct it, or name the engine in NO_PROXY"
            .to_owned(),
    )
}

/// Returns the error for a failure of `proxy`.
pub(super) fn failure(proxy: &Proxy, kind: io::ErrorKind, what: impl fmt::Display) -> io::Error {
    io::Error::new(kind, ProxyFailure { proxy: proxy.to_string(), what: what.to_string() })
}

/// Opens a tunnel to `host` through the proxy that `socket` is connected to.
pub(super) async fn tunnel(proxy: &Proxy, socket: Socket, host: &TcpHost) -> io::Result<Upgraded> {
    let broken = |error: BoxError| failure(proxy, io::ErrorKind::ConnectionAborted, error);
    let authority = host.authority();
    let invalid = |error: http::Error| failure(proxy, io::ErrorKind::InvalidInput, error);
    let mut request =
        http::Request::connect(Uri::try_from(&authority).map_err(|e| invalid(e.into()))?)
            .header(HOST, HeaderValue::try_from(&authority).map_err(|e| invalid(e.into()))?)
            .body(Body::empty())
            .map_err(invalid)?;
    if let Some(authorization) = proxy.authorization() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
    }
    let mut connection = Connection::new(socket).await.map_err(|error| broken(error.into()))?;
    // The timeout for connections limits this.
    let reply = connection.send(request, &Upload::default(), None).await;
    let reply = reply.map_err(|error| match error {
        SendError::Failed(error) => broken(error.into_error().into()),
        SendError::Idle(_) => io::ErrorKind::TimedOut.into(),
    })?;
    if !reply.status().is_success() {
        let what = format!("the proxy responded with {}", reply.status());
        return Err(failure(proxy, io::ErrorKind::ConnectionRefused, what));
    }
    connection.into_upgraded().await.map_err(broken)
}
