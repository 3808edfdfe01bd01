//! The engine: starting and stopping it, its recorded requests, and its connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::BoxFuture;
use crate::answer::Answer;
use crate::connection::Connection;
use crate::listen::{Address, Listener, Place};
use crate::memory::{self, MemoryStream};
use crate::reply::Reply;
use crate::request::Request;
use crate::script::{Requests, Script};
use crate::serve::serve;

/// The timeout of [`FakeEngine::wait_for_open`].
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// An engine that runs on the tokio runtime on which it was started. Dropping it stops it and breaks its connections.
pub struct FakeEngine {
    shared: Arc<Shared>,
    address: Address,
    certificate: Option<String>,
    capacity: usize,
    accepting: JoinHandle<()>,
}

/// A builder of a [`FakeEngine`].
#[derive(Debug, Clone)]
#[must_use = "the engine starts when `answer` or `connections` is called"]
pub struct Builder {
    version: Option<HeaderValue>,
    place: Place,
    capacity: usize,
}

/// The state that the engine and its connections share.
#[derive(Default)]
struct Shared {
    requests: Arc<Requests>,
    connections: AtomicUsize,
    open: watch::Sender<usize>,
    tasks: Mutex<Vec<AbortHandle>>,
    down: AtomicBool,
}

type Handle = Arc<dyn Fn(Connection) -> BoxFuture<()> + Send + Sync>;

impl FakeEngine {
    /// Starts an engine of API 1.41 on a Unix socket. It replies to pings itself, and to all other requests with
    /// `answer`.
    ///
    /// # Errors
    ///
    /// Returns an error if the socket cannot be created.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::builder().answer(answer)
    }

    /// Returns a builder.
    pub fn builder() -> Builder {
        Builder {
            version: Some(HeaderValue::from_static("1.41")),
            place: Place::default(),
            capacity: memory::CAPACITY,
        }
    }

    /// Returns the path of its Unix socket, or `None` if it does not listen on one.
    #[cfg(unix)]
    pub fn socket(&self) -> Option<PathBuf> {
        match &self.address {
            Address::Unix(directory) => Some(crate::listen::socket(directory)),
            _ => None,
        }
    }

    /// Returns its address for TCP or TLS, or `None` if it does not listen on one.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.address {
            Address::Tcp(address) => Some(*address),
            _ => None,
        }
    }

    /// Returns the certificate to trust in PEM, if the engine created one for [`Builder::tls`].
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Returns a dialer for an engine in memory, or `None` if it listens elsewhere.
    pub fn dialer(&self) -> Option<Dialer> {
        let Address::Memory(connections) = &self.address else { return None };
        let (shared, capacity) = (self.shared.clone(), self.capacity);
        Some(Dialer { connections: connections.clone(), shared, capacity })
    }

    /// Returns the requests that have arrived, except for pings.
    pub fn requests(&self) -> Vec<Request> {
        let mut all = self.all_requests();
        all.retain(|request| !request.is_ping());
        all
    }

    /// Returns the requests that have arrived, including pings.
    pub fn all_requests(&self) -> Vec<Request> {
        self.shared.requests.all()
    }

    /// Returns the number of connections that were accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Returns the number of open connections.
    pub fn open(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// Waits until this many connections are open.
    ///
    /// # Errors
    ///
    /// Returns [`io::ErrorKind::TimedOut`] after ten seconds.
    pub async fn wait_for_open(&self, count: usize) -> io::Result<()> {
        let mut open = self.shared.open.subscribe();
        let waited = tokio::time::timeout(WAIT_TIMEOUT, open.wait_for(|open| *open == count)).await;
        if matches!(waited, Ok(Ok(_))) {
            return Ok(());
        }
        let message = format!("{} connections are open, expected {count}", self.open());
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    }

    /// Closes all connections, as when an engine is killed. New ones are accepted.
    pub fn break_connections(&self) {
        self.shared.abort();
    }

    /// Breaks all connections, and rejects new ones until [`come_back`](Self::come_back) is called: in memory they are
    /// refused, elsewhere they are closed at once.
    pub fn go_down(&self) {
        self.shared.down.store(true, Ordering::SeqCst);
        self.break_connections();
    }

    /// Accepts new connections again.
    pub fn come_back(&self) {
        self.shared.down.store(false, Ordering::SeqCst);
    }
}

impl Drop for FakeEngine {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.abort();
    }
}

impl fmt::Debug for FakeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeEngine").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Builder {
    /// Sets the API version of the replies to pings, which is sent with every reply.
    ///
    /// A version that is not valid in a header is not sent.
    pub fn api_version(mut self, version: &str) -> Self {
        self.version = HeaderValue::from_str(version).ok();
        self
    }

    /// Handles pings like other requests, and adds no header to replies.
    pub fn bare(mut self) -> Self {
        self.version = None;
        self
    }

    /// Listens on TCP, on 127.0.0.1.
    pub fn tcp(mut self) -> Self {
        self.place = Place::Tcp;
        self
    }

    /// Listens on TLS over TCP, on 127.0.0.1, with a new certificate: see [`FakeEngine::certificate`].
    ///
    /// # Errors
    ///
    /// Returns an error if the certificate cannot be created.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> io::Result<Self> {
        self.place = Place::Tls(crate::tls::Tls::make()?);
        Ok(self)
    }

    /// Listens on TLS over TCP, on 127.0.0.1, with these settings.
    #[cfg(feature = "tls")]
    pub fn tls_with(mut self, config: rustls::ServerConfig) -> Self {
        self.place = Place::Tls(crate::tls::Tls { config: Arc::new(config), certificate: None });
        self
    }

    /// Listens in memory: [`FakeEngine::dialer`] opens connections.
    pub fn in_memory(mut self) -> Self {
        self.place = Place::Memory;
        self
    }

    /// Sets how many bytes a connection in memory buffers in each direction. The default is 64 KiB.
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes.max(1);
        self
    }

    /// Starts an engine that replies to requests with `answer`.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine cannot listen.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn answer(self, answer: impl Answer) -> io::Result<FakeEngine> {
        self.answer_shared(Arc::new(answer))
    }

    /// Like [`answer`](Self::answer), but the test keeps access to `answer`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`answer`](Self::answer).
    pub fn answer_shared(self, answer: Arc<impl Answer>) -> io::Result<FakeEngine> {
        let shared = Arc::<Shared>::default();
        let version = self.version.clone();
        let script = Arc::new(Script { answer, version, requests: shared.requests.clone() });
        self.run(shared, move |connection| {
            let script = script.clone();
            async move { serve(connection, &script).await }
        })
    }

    /// Starts an engine that passes each connection to `handle`, without reading from it.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine cannot listen.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn connections<F, R>(self, handle: F) -> io::Result<FakeEngine>
    where
        F: Fn(Connection) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.run(Arc::default(), handle)
    }

    fn run<F, R>(self, shared: Arc<Shared>, handle: F) -> io::Result<FakeEngine>
    where
        F: Fn(Connection) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let certificate = self.certificate();
        let (address, listener) = self.place.listen()?;
        let handle: Handle = Arc::new(move |connection| Box::pin(handle(connection)));
        let accepting = tokio::spawn(accept(listener, shared.clone(), handle));
        Ok(FakeEngine { shared, address, certificate, capacity: self.capacity, accepting })
    }

    fn certificate(&self) -> Option<String> {
        match &self.place {
            #[cfg(feature = "tls")]
            Place::Tls(tls) => tls.certificate.clone(),
            _ => None,
        }
    }
}

async fn accept(mut listener: Listener, shared: Arc<Shared>, handle: Handle) {
    while let Ok(accepted) = listener.accept().await {
        if shared.down.load(Ordering::SeqCst) {
            continue;
        }
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let open = Open::new(shared.clone());
        let handle = handle.clone();
        let task = tokio::spawn(async move {
            if let Ok(socket) = accepted.ready().await {
                handle(Connection::new(socket, number)).await;
            }
            drop(open);
        });
        let mut tasks = lock(&shared.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.abort_handle());
    }
}

/// Counts a connection as open while it lives.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: Arc<Shared>) -> Self {
        shared.open.send_modify(|open| *open += 1);
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

impl Shared {
    fn abort(&self) {
        lock(&self.tasks).drain(..).for_each(|task| task.abort());
    }
}

/// Opens connections to an engine in memory.
#[derive(Clone)]
pub struct Dialer {
    connections: mpsc::UnboundedSender<MemoryStream>,
    shared: Arc<Shared>,
    capacity: usize,
}

impl Dialer {
    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// Returns [`io::ErrorKind::ConnectionRefused`] if the engine is down or was dropped.
    pub fn dial(&self) -> io::Result<MemoryStream> {
        let (near, far) = memory::pair(self.capacity);
        if self.shared.down.load(Ordering::SeqCst) || self.connections.send(far).is_err() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(near)
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
