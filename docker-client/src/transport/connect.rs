//! Opens connections to the engine, and finds a hint for each way in which that fails.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use docker_api::{BoxFuture, Error};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

#[cfg(feature = "tls")]
use super::records::{Records, Tls};
use super::socket::{Io, Socket};
#[cfg(unix)]
use super::ssh::{SshFailure, SshStream};
use super::{proxy, socks};
use crate::config::{Endpoint, Host, Protocol, Proxy, TcpHost};

/// After how long a silent TCP connection is probed, so that a log stream from a dead engine ends.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A function of the program that opens a connection.
pub(crate) type Open = dyn Fn() -> BoxFuture<'static, io::Result<Pin<Box<dyn Io>>>> + Send + Sync;

/// Opens connections to one engine.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Route>);

/// How an engine is reached.
struct Route {
    host: Host,
    /// Other addresses at which the engine may be.
    others: Vec<Host>,
    /// The address at which the engine was found last: 0 is `host`, 1 the first of `others`.
    found: AtomicUsize,
    timeout: Option<Duration>,
    open: Option<Arc<Open>>,
    /// The proxy through which an engine on TCP is reached.
    proxy: Option<Proxy>,
    /// The `PATH` in which ssh is searched.
    #[cfg_attr(not(unix), allow(dead_code))]
    path: Option<OsString>,
    #[cfg(feature = "tls")]
    tls: Option<Arc<rustls::ClientConfig>>,
    /// The TLS settings for a proxy whose address begins with `https://`.
    #[cfg(feature = "tls")]
    proxy_tls: Option<Arc<rustls::ClientConfig>>,
}

/// The failures of all addresses at which the engine may be.
#[derive(Debug)]
struct AllFailed {
    first: io::Error,
    others: Vec<(Host, io::Error)>,
}

impl Connector {
    pub(crate) fn new(
        endpoint: Endpoint,
        timeout: Option<Duration>,
        open: Option<Arc<Open>>,
        proxy: Option<Proxy>,
        path: Option<OsString>,
    ) -> Result<Self, Error> {
        Ok(Self(Arc::new(Route {
            #[cfg(feature = "tls")]
            tls: endpoint.tls.as_ref().map(super::tls::client_config).transpose()?,
            #[cfg(feature = "tls")]
            proxy_tls: proxy
                .as_ref()
                .filter(|proxy| proxy.protocol == Protocol::Https)
                .map(|_| super::tls::client_config(&crate::config::Tls::new()))
                .transpose()?,
            host: endpoint.host,
            others: endpoint.others,
            found: AtomicUsize::new(0),
            timeout,
            proxy,
            open,
            path,
        })))
    }

    /// Returns the address of the engine. If there are several, it is the one where the engine was found last.
    pub(crate) fn host(&self) -> &Host {
        let found = self.0.found.load(Ordering::Relaxed);
        found.checked_sub(1).and_then(|at| self.0.others.get(at)).unwrap_or(&self.0.host)
    }

    /// Returns the proxy that forwards requests to the engine, if they are sent to one.
    pub(super) fn forwarder(&self) -> Option<&Proxy> {
        let forwards = |proxy: &&Proxy| {
            proxy.protocol != Protocol::Socks5 && matches!(self.0.host, Host::Tcp(_))
        };
        self.0.proxy.as_ref().filter(forwards)
    }

    /// Opens a connection: to the proxy that forwards requests, if there is one and the connection is not `tunneled`
    /// through it, or else to the engine.
    pub(super) async fn connect(&self, tunneled: bool) -> io::Result<Socket> {
        let socket = self.0.find(tunneled);
        match self.0.timeout {
            None => socket.await,
            Some(limit) => match tokio::time::timeout(limit, socket).await {
                Ok(result) => result,
                Err(_) => {
                    let what = format!("no connection within {limit:?}");
                    Err(match &self.0.proxy {
                        Some(proxy) => proxy::failure(proxy, io::ErrorKind::TimedOut, what),
                        None => io::Error::new(io::ErrorKind::TimedOut, what),
                    })
                }
            },
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("host", self.host()).finish_non_exhaustive()
    }
}

impl Route {
    /// Opens a connection at the first address where that succeeds. The one that succeeded last is tried first.
    async fn find(&self, tunneled: bool) -> io::Result<Socket> {
        if let Some(open) = &self.open {
            return Ok(Socket::Other(open().await?));
        }
        if self.others.is_empty() {
            return self.open(&self.host, tunneled).await;
        }
        let hosts = || std::iter::once(&self.host).chain(&self.others);
        let found = self.found.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        let order = std::iter::once(found).chain((0..=self.others.len()).filter(|at| *at != found));
        for at in order {
            let Some(host) = hosts().nth(at) else { continue };
            match self.open(host, tunneled).await {
                Ok(socket) => {
                    self.found.store(at, Ordering::Relaxed);
                    return Ok(socket);
                }
                Err(error) => failures.push((host.clone(), error)),
            }
        }
        self.found.store(0, Ordering::Relaxed);
        let first = failures.iter().position(|(host, _)| *host == self.host).unwrap_or_default();
        let (_, first) = failures.swap_remove(first);
        Err(io::Error::new(first.kind(), AllFailed { first, others: failures }))
    }

    async fn open(&self, host: &Host, tunneled: bool) -> io::Result<Socket> {
        match host {
            Host::Unix(path) => open_unix(path).await,
            Host::Pipe(path) => open_pipe(path).await,
            Host::Tcp(host) => match &self.proxy {
                Some(proxy) if !tunneled && proxy.protocol != Protocol::Socks5 => {
                    self.open_proxy(proxy).await
                }
                _ => self.open_through(host).await,
            },
            Host::Tls(host) => self.open_tls(host).await,
            #[cfg(unix)]
            Host::Ssh(host) => Ok(Socket::Ssh(SshStream::open(host, self.path.as_deref())?)),
            #[cfg(not(unix))]
            Host::Ssh(_) => Err(unsupported("connections through ssh")),
        }
    }

    /// Opens a connection to `host`, through the proxy if there is one.
    async fn open_through(&self, host: &TcpHost) -> io::Result<Socket> {
        let Some(proxy) = &self.proxy else { return Ok(Socket::Tcp(open_tcp(host).await?)) };
        let socket = self.open_proxy(proxy).await?;
        if proxy.protocol == Protocol::Socks5 {
            return socks::tunnel(proxy, socket, host).await;
        }
        Ok(Socket::Other(Box::pin(proxy::tunnel(proxy, socket, host).await?)))
    }

    /// Opens a connection to the proxy itself.
    async fn open_proxy(&self, proxy: &Proxy) -> io::Result<Socket> {
        let failed = |error: io::Error| proxy::failure(proxy, error.kind(), error);
        let stream = open_tcp(&proxy.host).await.map_err(failed)?;
        match proxy.protocol {
            Protocol::Http | Protocol::Socks5 => Ok(Socket::Tcp(stream)),
            #[cfg(feature = "tls")]
            Protocol::Https => {
                let config = self.proxy_tls.clone();
                handshake(config, &proxy.host, Socket::Tcp(stream)).await.map_err(failed)
            }
            #[cfg(not(feature = "tls"))]
            Protocol::Https => Err(unsupported("TLS without the feature `tls`")),
        }
    }

    #[cfg(feature = "tls")]
    async fn open_tls(&self, host: &TcpHost) -> io::Result<Socket> {
        handshake(self.tls.clone(), host, self.open_through(host).await?).await
    }

    #[cfg(not(feature = "tls"))]
    async fn open_tls(&self, _: &TcpHost) -> io::Result<Socket> {
        Err(unsupported("TLS without the feature `tls`"))
    }
}

/// Performs the TLS handshake with `host` over `socket`.
#[cfg(feature = "tls")]
async fn handshake(
    config: Option<Arc<rustls::ClientConfig>>,
    host: &TcpHost,
    socket: Socket,
) -> io::Result<Socket> {
    let name = rustls::pki_types::ServerName::try_from(host.address().to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let config = config.ok_or_else(|| unsupported("TLS without certificates"))?;
    let socket = Records::new(socket);
    let stream = tokio_rustls::TlsConnector::from(config).connect(name, socket).await?;
    Ok(Socket::Other(Box::pin(Tls(stream))))
}

async fn open_tcp(host: &TcpHost) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    Ok(stream)
}

#[cfg(unix)]
async fn open_unix(path: &Path) -> io::Result<Socket> {
    Ok(Socket::Unix(UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn open_unix(_: &Path) -> io::Result<Socket> {
    Err(unsupported("Unix sockets"))
}

/// Opens a named pipe. If all its instances are busy, this waits for one until the connection times out.
#[cfg(windows)]
async fn open_pipe(path: &str) -> io::Result<Socket> {
    const ERROR_PIPE_BUSY: i32 = 231;
    const PAUSE: Duration = Duration::from_millis(20);
    let path = path.replace('/', "\\");
    loop {
        match tokio::net::windows::named_pipe::ClientOptions::new().open(&path) {
            Ok(pipe) => return Ok(Socket::Other(Box::pin(pipe))),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(not(windows))]
async fn open_pipe(_: &str) -> io::Result<Socket> {
    Err(unsupported("named pipes"))
}

fn unsupported(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("{what}: not supported by this build"))
}

impl fmt::Display for AllFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)
    }
}

impl std::error::Error for AllFailed {}

/// Returns the error for a connection that could not be made.
pub(super) fn failure(host: &Host, error: &io::Error) -> Error {
    let (first, others) = match error.get_ref().and_then(|inner| inner.downcast_ref::<AllFailed>())
    {
        Some(all) => (&all.first, &all.others[..]),
        None => (error, &[][..]),
    };
    let mut hint = hint(host, first);
    for (at, (other, error)) in others.iter().enumerate() {
        hint += if at == 0 { "; also tried were " } else { ", " };
        hint += &format!("{other} ({error})");
    }
    // An I/O error cannot be cloned. If it has a code, the code is all that it contains.
    let error = match first.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(first.kind(), first.to_string()),
    };
    Error::connect(host.to_string(), hint, error)
}

/// Returns whether an error means that the connection was rejected. That may be known only when the first response is
/// read.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.get_ref().is_some_and(|inner| inner.is::<SshFailure>()) {
        return true;
    }
    #[cfg(feature = "tls")]
    if super::tls::hint(error).is_some() {
        return true;
    }
    let _ = error;
    false
}

fn hint(host: &Host, error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    if let Some(hint) = proxy::hint(error) {
        return hint;
    }
    #[cfg(feature = "tls")]
    if let Some(hint) = super::tls::hint(error) {
        return hint;
    }
    /// `EMFILE` and `ENFILE`, which have no kind of their own.
    const NO_DESCRIPTORS: [i32; 2] = [24, 23];
    if cfg!(unix) && error.raw_os_error().is_some_and(|code| NO_DESCRIPTORS.contains(&code)) {
        return "this process or machine has no file descriptors left: raise the limit (`ulimit -n`), \
                or close connections and files that are no longer needed"
            .to_owned();
    }
    match (host, error.kind()) {
        (Host::Unix(path), Kind::NotFound) => format!(
            "the socket {} does not exist: start the engine, or set DOCKER_HOST to its address",
            path.display()
        ),
        (Host::Unix(path), Kind::PermissionDenied) => format!(
            "this user may not open {}: join the group that owns it (usually `docker`), or run \
             as root",
            path.display()
        ),
        (Host::Unix(_), Kind::ConnectionRefused) => {
            "the socket exists, but no engine listens on it: start the engine".to_owned()
        }
        (Host::Pipe(_), _) => "is Docker Desktop, or the engine, running?".to_owned(),
        (Host::Tcp(_) | Host::Tls(_), Kind::ConnectionRefused) => {
            "nothing listens there: check the port, and that the engine was started with \
             `--host tcp://…`"
                .to_owned()
        }
        (
            Host::Tcp(host) | Host::Tls(host),
            Kind::TimedOut | Kind::HostUnreachable | Kind::NetworkUnreachable,
        ) => format!("check that {} is up and that no firewall is in between", host.name),
        (Host::Tls(_), Kind::UnexpectedEof) => {
            "the connection was closed during the handshake: does the engine use TLS on this \
             port?"
                .to_owned()
        }
        (Host::Tcp(host) | Host::Tls(host), _) if error.raw_os_error().is_none() => {
            format!("check the name {:?}", host.name)
        }
        (Host::Ssh(host), _) => {
            format!("check that `ssh {} docker version` works without a prompt", host.name)
        }
        _ => "is the engine running, and the address right?".to_owned(),
    }
}
