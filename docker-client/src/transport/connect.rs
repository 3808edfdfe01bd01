//! Opens connections to the engine, and says what to do where that fails.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use docker_api::{BoxFuture, Error};
use http::Uri;
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tower_service::Service;

use super::socket::Socket;
use crate::config::Host;

/// After how long a silent TCP connection is probed, so that a log stream from a dead engine ends.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Opens connections to one engine, whatever address the request names.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    host: Arc<Host>,
    timeout: Option<Duration>,
}

impl Connector {
    pub(crate) fn new(host: Arc<Host>, timeout: Option<Duration>) -> Self {
        Self { host, timeout }
    }

    async fn connect(self) -> io::Result<TokioIo<Socket>> {
        let socket = match self.timeout {
            None => open(&self.host).await,
            Some(limit) => match tokio::time::timeout(limit, open(&self.host)).await {
                Ok(result) => result,
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no connection within {limit:?}"),
                )),
            },
        };
        Ok(TokioIo::new(socket?))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<Socket>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}

async fn open(host: &Host) -> io::Result<Socket> {
    match host {
        Host::Unix(path) => open_unix(path).await,
        Host::Tcp { name, port, .. } => {
            let stream = TcpStream::connect((name.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
            Ok(Socket::Tcp(stream))
        }
    }
}

#[cfg(unix)]
async fn open_unix(path: &Path) -> io::Result<Socket> {
    Ok(Socket::Unix(UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn open_unix(_: &Path) -> io::Result<Socket> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no unix sockets"))
}

/// The error for a connection that was not made.
pub(crate) fn failure(host: &Host, error: &io::Error) -> Error {
    // An I/O error cannot be copied; its code, where it has one, is all there is to it.
    let error = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    };
    Error::Connect { address: host.to_string(), hint: hint(host, &error), error }
}

fn hint(host: &Host, error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match (host, error.kind()) {
        (Host::Unix(path), Kind::NotFound) => format!(
            "there is no socket {}: start the engine, or set DOCKER_HOST to where it listens",
            path.display()
        ),
        (Host::Unix(path), Kind::PermissionDenied) => format!(
            "this user may not open {}: join the group that owns it (usually `docker`), or run \
             as root",
            path.display()
        ),
        (Host::Unix(_), Kind::ConnectionRefused) => {
            "the socket is there, but no engine listens on it: start the engine".to_owned()
        }
        (Host::Tcp { .. }, Kind::ConnectionRefused) => {
            "nothing listens there: check the port, and that the engine was started with \
             `--host tcp://…`"
                .to_owned()
        }
        (
            Host::Tcp { name, .. },
            Kind::TimedOut | Kind::HostUnreachable | Kind::NetworkUnreachable,
        ) => {
            format!("check that {name} is up and that no firewall stands between")
        }
        (Host::Tcp { name, .. }, _) if error.raw_os_error().is_none() => {
            format!("check the name {name:?}")
        }
        _ => "is the engine running, and the address right?".to_owned(),
    }
}
