//! A port of this machine that leads to an engine's unix socket, and whose connections can be cut.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// Forwards connections from a port of 127.0.0.1; none any more, when it is dropped.
#[derive(Debug)]
pub struct Forward {
    address: String,
    connections: Arc<Mutex<JoinSet<()>>>,
    _accept: JoinSet<()>,
}

impl Forward {
    /// Leads to the engine at `host`, a `unix://` address.
    ///
    /// # Errors
    ///
    /// Returns an error if the address is not supported, or if no port is free.
    pub async fn start(host: &str) -> Result<Self> {
        let path = host.strip_prefix("unix://").map(PathBuf::from);
        let path = path.ok_or_else(|| Error::Unavailable(format!("{host} is no unix socket")))?;
        let no_port = |error| Error::Unavailable(format!("no port is available: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(no_port)?;
        let address = format!("tcp://{}", listener.local_addr().map_err(no_port)?);
        let connections: Arc<Mutex<JoinSet<()>>> = Arc::default();
        let all = Arc::clone(&connections);
        let mut accept = JoinSet::new();
        accept.spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let path = path.clone();
                all.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
                    if let Ok(mut to) = UnixStream::connect(path).await {
                        // Whichever end closes first, there is nothing more to forward.
                        let _ = copy_bidirectional(&mut from, &mut to).await;
                    }
                });
            }
        });
        Ok(Self { address, connections, _accept: accept })
    }

    /// Where it listens, as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.address
    }

    /// Cuts all connections that there are.
    pub fn cut(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
