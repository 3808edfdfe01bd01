//! Keeps connections open between requests, apart for each tokio runtime.
//!
//! A connection is woken by the runtime that opened it, and dies with that runtime. One client may be used from several of
//! them, as when each test has its own: a connection of one is never given to another.

use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;

/// How long a connection may lie idle. Engines close theirs later, if at all.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// After how long a runtime that runs only while it is asked to may have missed the end of a connection.
const UNSEEN: Duration = Duration::from_millis(50);

/// How many connections may lie idle; more may be in use.
const MAX_IDLE: usize = 32;

/// For how many runtimes connections are kept. Those of the runtime that was longest not seen are closed once idle.
const MAX_RUNTIMES: usize = 16;

/// The idle connections of all runtimes, the one last used at the end.
#[derive(Default)]
pub(super) struct Pools(Mutex<Vec<Arc<Pool>>>);

/// The idle connections of one runtime.
pub(super) struct Pool {
    runtime: Handle,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// Each with the time since when it is idle, the longest first.
    connections: Vec<(Instant, Connection)>,
    /// Whether a task waits to close them.
    watched: bool,
}

impl Pools {
    /// The pool of the runtime that the caller runs on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as all of tokio does.
    pub(super) fn current(&self) -> Arc<Pool> {
        let runtime = Handle::current();
        let id = runtime.id();
        let mut pools = lock(&self.0);
        if let Some(at) = pools.iter().position(|pool| pool.runtime.id() == id) {
            pools[at..].rotate_left(1);
        } else {
            if pools.len() == MAX_RUNTIMES {
                pools.remove(0);
            }
            pools.push(Arc::new(Pool { runtime, idle: Mutex::default() }));
        }
        pools[pools.len() - 1].clone()
    }
}

impl Pool {
    /// An idle connection that takes a request; those that the engine closed meanwhile are dropped.
    pub(super) async fn take(&self) -> Option<Connection> {
        let mut looked = false;
        loop {
            // The one that was used last is the least likely to be closed, and lets the others grow old.
            let (since, mut connection) = lock(&self.idle).connections.pop()?;
            let idle = since.elapsed();
            if idle >= IDLE_TIMEOUT {
                // Where nothing ran meanwhile, nobody closed it in time.
                continue;
            }
            if idle >= UNSEEN && !mem::replace(&mut looked, true) {
                // `block_on` polls its future before it looks at the sockets; it looks at them before it goes on here.
                yield_now().await;
            }
            if poll_fn(|cx| Poll::Ready(connection.is_ready(cx))).await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose last reply was read to its end.
    pub(super) fn put(self: &Arc<Self>, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.connections.len() == MAX_IDLE {
            return;
        }
        idle.connections.push((Instant::now(), connection));
        let watched = mem::replace(&mut idle.watched, true);
        // A runtime that shuts down drops the task at once, which takes the lock.
        drop(idle);
        if !watched {
            self.runtime.spawn(watch(Watcher(Arc::downgrade(self))));
        }
    }

    /// Takes what was idle for too long, and says when to look again; never, where nothing is left.
    fn expire(&self) -> (Vec<(Instant, Connection)>, Option<Instant>) {
        let mut idle = lock(&self.idle);
        let now = Instant::now();
        let old = idle.connections.partition_point(|(since, _)| *since + IDLE_TIMEOUT <= now);
        let expired = idle.connections.drain(..old).collect();
        let next = idle.connections.first().map(|(since, _)| *since + IDLE_TIMEOUT);
        idle.watched = next.is_some();
        (expired, next)
    }
}

/// Has the idle connections closed when the runtime shuts down, and with it drops the task that watches them.
struct Watcher(Weak<Pool>);

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            let idle = mem::take(&mut *lock(&pool.idle));
            drop(idle);
        }
    }
}

/// Closes connections that were idle for too long, as long as there are idle ones.
async fn watch(mut watcher: Watcher) {
    while let Some(next) = watcher.0.upgrade().and_then(|pool| pool.expire().1) {
        sleep_until(next).await;
    }
    // What is idle from now on has a watcher of its own.
    watcher.0 = Weak::new();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
