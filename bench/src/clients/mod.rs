//! The clients that are compared: the same work as the users of each would write it.

mod bollard;
mod direct;
mod docker;
mod hyper;
mod payload;
mod socket;
mod transport;

use std::fmt;

use anyhow::Result;

pub use self::transport::Transport;
use crate::engine::Process;
use crate::summary::Summary;
use crate::work::Workload;

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKind {
    /// This workspace's client.
    Docker,
    /// bollard.
    Bollard,
    /// hyper with pooled connections, without decoding.
    Hyper,
    /// hyper whose connections are driven by the tasks that wait for them, without decoding.
    Direct,
    /// One blocking socket that writes prepared bytes and counts the received ones.
    Socket,
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker-client",
            Self::Bollard => "bollard",
            Self::Hyper => "hyper",
            Self::Direct => "hyper without tasks",
            Self::Socket => "socket",
        })
    }
}

/// A client that is ready to work. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Client {
    /// This workspace's client.
    Docker(docker::Client),
    /// bollard.
    Bollard(bollard::Client),
    /// Pooled hyper.
    Hyper(hyper::Client),
    /// hyper without tasks.
    Direct(direct::Client),
    /// A plain socket.
    Socket(socket::Client),
}

impl Client {
    /// Returns a client of this engine.
    pub fn connect(kind: ClientKind, engine: &Process, transport: Transport) -> Result<Self> {
        Ok(match kind {
            ClientKind::Docker => Self::Docker(docker::Client::connect(engine, transport)?),
            ClientKind::Bollard => Self::Bollard(bollard::Client::connect(engine, transport)?),
            ClientKind::Hyper => Self::Hyper(hyper::Client::connect(engine, transport)?),
            ClientKind::Direct => Self::Direct(direct::Client::connect(engine)),
            ClientKind::Socket => Self::Socket(socket::Client::connect(engine)),
        })
    }

    /// Does the work once.
    pub async fn run(&self, work: Workload, summary: &mut Summary) -> Result<()> {
        match self {
            Self::Docker(client) => client.run(work, summary).await,
            Self::Bollard(client) => client.run(work, summary).await,
            Self::Hyper(client) => client.run(work, summary).await,
            Self::Direct(client) => client.run(work, summary).await,
            Self::Socket(client) => tokio::task::block_in_place(|| client.run(work, summary)),
        }
    }
}
