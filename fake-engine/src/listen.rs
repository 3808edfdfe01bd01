//! Listening on a Unix socket, TCP, TLS, or in memory.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
#[cfg(feature = "tls")]
use std::sync::Arc;

#[cfg(unix)]
use tempfile::TempDir;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use crate::connection::Socket;
use crate::memory::MemoryStream;

/// Where an engine is to listen.
#[derive(Debug, Clone, Default)]
pub(crate) enum Place {
    #[cfg(unix)]
    #[cfg_attr(unix, default)]
    Unix,
    #[cfg_attr(not(unix), default)]
    Tcp,
    #[cfg(feature = "tls")]
    Tls(crate::tls::Tls),
    Memory,
}

/// Where a running engine listens.
#[derive(Debug)]
pub(crate) enum Address {
    #[cfg(unix)]
    Unix(TempDir),
    Tcp(SocketAddr),
    Memory(mpsc::UnboundedSender<MemoryStream>),
}

/// Accepts connections.
pub(crate) enum Listener {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
    #[cfg(feature = "tls")]
    Tls(TcpListener, Arc<rustls::ServerConfig>),
    Memory(mpsc::UnboundedReceiver<MemoryStream>),
}

/// An accepted connection, which may need a handshake.
pub(crate) enum Accepted {
    Ready(Socket),
    #[cfg(feature = "tls")]
    Handshake(Box<tokio_rustls::Accept<tokio::net::TcpStream>>),
}

#[cfg(unix)]
pub(crate) fn socket(directory: &TempDir) -> PathBuf {
    directory.path().join("engine.sock")
}

impl Place {
    /// Listens. The caller must run on a tokio runtime.
    pub(crate) fn listen(self) -> io::Result<(Address, Listener)> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix => {
                let directory = tempfile::tempdir()?;
                let listener = UnixListener::bind(socket(&directory))?;
                (Address::Unix(directory), Listener::Unix(listener))
            }
            Self::Tcp => {
                let (address, listener) = tcp()?;
                (address, Listener::Tcp(listener))
            }
            #[cfg(feature = "tls")]
            Self::Tls(tls) => {
                let (address, listener) = tcp()?;
                (address, Listener::Tls(listener, tls.config))
            }
            Self::Memory => {
                let (send, receive) = mpsc::unbounded_channel();
                (Address::Memory(send), Listener::Memory(receive))
            }
        })
    }
}

fn tcp() -> io::Result<(Address, TcpListener)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    Ok((Address::Tcp(listener.local_addr()?), TcpListener::from_std(listener)?))
}

impl Listener {
    /// Returns the next connection.
    pub(crate) async fn accept(&mut self) -> io::Result<Accepted> {
        Ok(Accepted::Ready(match self {
            #[cfg(unix)]
            Self::Unix(listener) => Socket::Unix(listener.accept().await?.0),
            Self::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Socket::Tcp(stream)
            }
            #[cfg(feature = "tls")]
            Self::Tls(listener, config) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(config));
                return Ok(Accepted::Handshake(Box::new(acceptor.accept(stream))));
            }
            Self::Memory(connections) => {
                let stream = connections.recv().await;
                Socket::Memory(stream.ok_or(io::ErrorKind::ConnectionAborted)?)
            }
        }))
    }
}

impl Accepted {
    pub(crate) async fn ready(self) -> io::Result<Socket> {
        match self {
            Self::Ready(socket) => Ok(socket),
            #[cfg(feature = "tls")]
            Self::Handshake(handshake) => Ok(Socket::Tls(Box::new(handshake.await?))),
        }
    }
}
