//! Keeps connections open between requests, apart for each tokio runtime.
//!
//! A connection is driven by a task of the runtime that opened it, and dies with that runtime. One client may be used
//! from several of them, as when each test has its own: a connection of one is never given to another.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use docker_api::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::{Handle, Id};

use super::connect::Connector;

/// How long a connection may lie idle. Engines close theirs later, if at all.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many connections may lie idle; more may be in use.
const MAX_IDLE: usize = 32;

/// For how many runtimes connections are kept. Those of the runtime that was longest not seen are closed once idle.
const MAX_RUNTIMES: usize = 16;

pub(crate) type Pool = Client<Connector, Body>;

/// The pools of all runtimes, the one last used at the end.
#[derive(Debug)]
pub(crate) struct Pools {
    connector: Connector,
    pools: Mutex<Vec<(Id, Pool)>>,
}

impl Pools {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, pools: Mutex::default() }
    }

    /// The pool of the runtime that the caller runs on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as all of tokio does.
    pub(crate) fn current(&self) -> Pool {
        let id = Handle::current().id();
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = pools.iter().position(|(of, _)| *of == id) {
            pools[at..].rotate_left(1);
        } else {
            if pools.len() == MAX_RUNTIMES {
                pools.remove(0);
            }
            pools.push((id, self.open()));
        }
        pools[pools.len() - 1].1.clone()
    }

    fn open(&self) -> Pool {
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(self.connector.clone())
    }
}
