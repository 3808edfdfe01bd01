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
use crate::tally::Tally;
use crate::work::Work;

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
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

impl fmt::Display for Who {
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
pub enum Side {
    /// This workspace's client.
    Docker(docker::Side),
    /// bollard.
    Bollard(bollard::Side),
    /// Pooled hyper.
    Hyper(hyper::Side),
    /// hyper without tasks.
    Direct(direct::Side),
    /// A plain socket.
    Socket(socket::Side),
}

impl Side {
    /// Returns a client of this engine.
    pub fn connect(who: Who, engine: &Process, transport: Transport) -> Result<Self> {
        Ok(match who {
            Who::Docker => Self::Docker(docker::Side::connect(engine, transport)?),
            Who::Bollard => Self::Bollard(bollard::Side::connect(engine, transport)?),
            Who::Hyper => Self::Hyper(hyper::Side::connect(engine, transport)?),
            Who::Direct => Self::Direct(direct::Side::connect(engine)),
            Who::Socket => Self::Socket(socket::Side::connect(engine)),
        })
    }

    /// Does the work once.
    pub async fn run(&self, work: Work, tally: &mut Tally) -> Result<()> {
        match self {
            Self::Docker(side) => side.run(work, tally).await,
            Self::Bollard(side) => side.run(work, tally).await,
            Self::Hyper(side) => side.run(work, tally).await,
            Self::Direct(side) => side.run(work, tally).await,
            Self::Socket(side) => tokio::task::block_in_place(|| side.run(work, tally)),
        }
    }
}
