//! Keeps connections open between requests, separately for each tokio runtime.
//!
//! A connection depends on the runtime that opened it. One client may be used from several runtimes, for example if
//! each test has its own, and a connection of one runtime is never used in another.
//!
//! In each runtime from which a client is used, the client has one task, the keeper. It closes the connections that
//! were idle for too long, and ends with the client. When the runtime ends, the keeper is dropped and removes
//! everything that the client holds for the runtime.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;

/// How long a connection may be idle. Engines close theirs later, if at all.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// After this time, a runtime that runs only inside `block_on` may have missed that a connection was closed.
const MAY_BE_CLOSED: Duration = Duration::from_millis(50);

/// How many connections may be idle; more may be in use.
const MAX_IDLE: usize = 32;

/// For how many runtimes connections are kept. Beyond that, those of the least recently used runtime are no longer
/// kept.
const MAX_RUNTIMES: usize = 16;

/// The idle connections of all runtimes, with the most recently used runtime at the end.
#[derive(Default)]
pub(super) struct Pools(Arc<Mutex<Vec<Arc<Pool>>>>);

/// The idle connections of one runtime.
pub(super) struct Pool {
    runtime: Id,
    idle: Mutex<Vec<(Instant, Connection)>>,
    /// Tells the keeper when the first connection expires. Dropping it ends the keeper.
    next: watch::Sender<Option<Instant>>,
}

impl Pools {
    /// Returns the pool of the runtime that the caller runs on.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime, as tokio does.
    pub(super) fn current(&self) -> Arc<Pool> {
        let handle = Handle::current();
        let runtime = handle.id();
        let (next, changes) = watch::channel(None);
        let pool = {
            let mut pools = lock(&self.0);
            if let Some(at) = pools.iter().position(|pool| pool.runtime == runtime) {
                pools[at..].rotate_left(1);
                return pools[pools.len() - 1].clone();
            }
            if pools.len() == MAX_RUNTIMES {
                pools.remove(0);
            }
            let pool = Arc::new(Pool { runtime, idle: Mutex::default(), next });
            pools.push(pool.clone());
            pool
        };
        let keeper = PoolCleaner { pools: Arc::downgrade(&self.0), pool: Arc::downgrade(&pool) };
        // A runtime that shuts down drops the task at once, and with it the pool.
        handle.spawn(keeper.run(changes));
        pool
    }
}

impl Pool {
    /// Takes an idle connection that accepts a request. Connections that the engine has closed are dropped.
    pub(super) async fn take(&self) -> Option<Connection> {
        let mut yielded = false;
        loop {
            // The one that was used last is the least likely to be closed, and the others can expire.
            let (since, mut connection) = lock(&self.idle).pop()?;
            let idle = since.elapsed();
            if idle >= IDLE_TIMEOUT {
                // The runtime did not run meanwhile, so the keeper has not closed it.
                continue;
            }
            if idle >= MAY_BE_CLOSED && !mem::replace(&mut yielded, true) {
                // `block_on` polls its future before the sockets. After the yield, the sockets have been polled.
                yield_now().await;
            }
            if poll_fn(|cx| Poll::Ready(connection.is_ready(cx))).await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection, whose last response was read to its end, for other requests.
    pub(super) fn put(&self, connection: Connection) {
        // Once the runtime or the client has ended, nothing would close the connection.
        if self.next.is_closed() {
            return;
        }
        let mut idle = lock(&self.idle);
        if idle.len() == MAX_IDLE {
            return;
        }
        idle.push((Instant::now(), connection));
        let first = idle[0].0;
        drop(idle);
        self.next.send_if_modified(|next| {
            // If a time is set, the keeper wakes up by itself.
            let set = next.is_some();
            next.get_or_insert(first + IDLE_TIMEOUT);
            !set
        });
    }

    /// Removes the connections that were idle for too long, and returns when the next one expires, if there is one.
    fn expire(&self) -> (Vec<(Instant, Connection)>, Option<Instant>) {
        let mut idle = lock(&self.idle);
        let now = Instant::now();
        let old = idle.partition_point(|(since, _)| *since + IDLE_TIMEOUT <= now);
        let expired = idle.drain(..old).collect();
        let next = idle.first().map(|(since, _)| *since + IDLE_TIMEOUT);
        self.next.send_replace(next);
        (expired, next)
    }
}

/// Closes the connections of one runtime: those that are idle for too long, and all when the runtime ends.
struct PoolCleaner {
    pools: Weak<Mutex<Vec<Arc<Pool>>>>,
    pool: Weak<Pool>,
}

impl PoolCleaner {
    async fn run(self, mut changes: watch::Receiver<Option<Instant>>) {
        loop {
            let next = *changes.borrow_and_update();
            let mut changed = pin!(changes.changed());
            let Some(next) = next else {
                if changed.await.is_err() {
                    return;
                }
                continue;
            };
            let mut sleep = pin!(sleep_until(next));
            let ended = poll_fn(|cx| match changed.as_mut().poll(cx) {
                Poll::Ready(changed) => Poll::Ready(changed.is_err()),
                Poll::Pending => sleep.as_mut().poll(cx).map(|()| false),
            });
            if ended.await {
                return;
            }
            let Some(pool) = self.pool.upgrade() else { return };
            drop(pool.expire());
        }
    }
}

impl Drop for PoolCleaner {
    fn drop(&mut self) {
        if let Some(pools) = self.pools.upgrade() {
            let mut pools = lock(&pools);
            let at = pools.iter().position(|pool| Arc::as_ptr(pool) == self.pool.as_ptr());
            let gone = at.map(|at| pools.remove(at));
            drop(pools);
            drop(gone);
        }
        if let Some(pool) = self.pool.upgrade() {
            let idle = mem::take(&mut *lock(&pool.idle));
            drop(idle);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
