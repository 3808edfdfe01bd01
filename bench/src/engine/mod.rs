//! A fake engine with little overhead: one thread of a separate process writes prepared responses in large pieces.
//!
//! As a separate process, its time is not mixed with that of the clients. [`Process::cpu`] returns it.

mod certificates;
mod connection;
mod head;
mod process;
mod replies;

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

pub use self::certificates::Certificates;
pub use self::process::Process;
use self::replies::Replies;

/// Serves on the unix socket and on TCP with mutual TLS until its standard input ends. Writes the port to its standard output once both
/// accept connections.
pub fn run(socket: &Path, certificates: &Certificates) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let unix =
            UnixListener::bind(socket).with_context(|| format!("bind {}", socket.display()))?;
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await?;
        let tls = TlsAcceptor::from(Arc::new(certificates.server()?));
        println!("{}", tcp.local_addr()?.port());
        let replies = Rc::new(Replies::default());
        let mut end = std::pin::pin!(tokio::task::spawn_blocking(|| {
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        }));
        loop {
            tokio::select! {
                accepted = unix.accept() => {
                    tokio::task::spawn_local(serve(accepted?.0, replies.clone()));
                }
                accepted = tcp.accept() => {
                    let (stream, replies, tls) = (accepted?.0, replies.clone(), tls.clone());
                    stream.set_nodelay(true)?;
                    tokio::task::spawn_local(async move {
                        match tls.accept(stream).await {
                            Ok(stream) => serve(stream, replies).await,
                            Err(error) => eprintln!("fake engine: TLS: {error}"),
                        }
                    });
                }
                _ = &mut end => return Ok(()),
            }
        }
    })
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, replies: Rc<Replies>) {
    if let Err(error) = connection::serve(stream, replies).await {
        // A client may close the connection within a stream.
        if !error.is::<std::io::Error>() {
            eprintln!("fake engine: {error:#}");
        }
    }
}
