//! A fake engine: an HTTP server on a unix socket whose answers a test writes, and which records what it was asked.
#![allow(dead_code, unreachable_pub)]

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use docker_api::BoxFuture;
use docker_client::{BoxError, Builder, Docker, Host};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

/// A request as the engine got it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method, path and query: `GET /v1.41/info`.
    pub line: String,
    pub headers: http::HeaderMap,
    pub body: Bytes,
    /// The number of the connection that it came on, from 0.
    pub connection: usize,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

pub type Reply = http::Response<UnsyncBoxBody<Bytes, BoxError>>;

/// A reply with a body that is there at once.
pub fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply {
    http::Response::builder()
        .status(status)
        .header("Content-Type", content_type)
        .header("Api-Version", "1.41")
        .body(Full::new(body.into()).map_err(|never| match never {}).boxed_unsync())
        .expect("a valid reply")
}

pub fn json(status: u16, body: impl Into<Bytes>) -> Reply {
    reply(status, "application/json", body)
}

/// A reply whose body is sent in these pieces, one at a time.
pub fn pieces<I>(content_type: &str, pieces: I) -> Reply
where
    I: IntoIterator<Item = Result<Bytes, BoxError>>,
    I::IntoIter: Send + 'static,
{
    let pieces = pieces.into_iter();
    let stream = futures_util::stream::unfold(pieces, |mut pieces| async {
        let piece = pieces.next()?;
        // Each piece is a write of its own.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        Some((piece.map(hyper::body::Frame::data), pieces))
    });
    let mut answer = reply(200, content_type, "");
    *answer.body_mut() = http_body_util::StreamBody::new(stream).boxed_unsync();
    answer
}

type Handler = Arc<dyn Fn(TokioIo<Upgraded>) -> BoxFuture<'static, ()> + Send + Sync>;

/// A reply with 101, after which `handle` has the connection.
pub fn upgraded<F, R>(content_type: &str, handle: F) -> Reply
where
    F: Fn(TokioIo<Upgraded>) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let mut answer = reply(101, content_type, "");
    answer.headers_mut().insert("Connection", http::HeaderValue::from_static("Upgrade"));
    answer.headers_mut().insert("Upgrade", http::HeaderValue::from_static("tcp"));
    let handler: Handler = Arc::new(move |connection| Box::pin(handle(connection)));
    answer.extensions_mut().insert(handler);
    answer
}

/// A frame of a multiplexed stream.
pub fn frame(stream: u8, payload: &str) -> Bytes {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&[stream, 0, 0, 0], &length, payload.as_bytes()].concat().into()
}

/// The reply to a ping of an engine that speaks `version` at most.
pub fn pong(version: &str) -> Reply {
    let mut answer = reply(200, "text/plain", "OK");
    answer.headers_mut().insert("Api-Version", version.parse().expect("a header"));
    answer
}

/// A fake engine. It stops when dropped.
pub struct Engine {
    folder: TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    server: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// An engine of API 1.41 that answers pings by itself and everything else as `answer` does.
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_raw(
            move |seen| {
                if seen.line.ends_with(" /_ping") { pong("1.41") } else { answer(seen) }
            },
        )
    }

    /// An engine that answers everything as `answer` does.
    pub fn start_raw(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(AtomicUsize::new(0));
        let (record, count, answer) = (seen.clone(), open.clone(), Arc::new(answer));
        Self::serve(seen, open, move |stream, connection| {
            let (record, count, answer) = (record.clone(), count.clone(), answer.clone());
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                let service = service_fn(move |mut request: http::Request<Incoming>| {
                    let (record, answer) = (record.clone(), answer.clone());
                    async move {
                        let upgrade = hyper::upgrade::on(&mut request);
                        let (head, body) = request.into_parts();
                        let line = format!("{} {}", head.method, head.uri);
                        let Ok(body) = body.collect().await else {
                            return Ok(reply(400, "text/plain", "body broke off"));
                        };
                        let body = body.to_bytes();
                        let seen = Seen { line, headers: head.headers, body, connection };
                        record.lock().expect("lock").push(seen.clone());
                        let answer = answer(&seen);
                        if let Some(handler) = answer.extensions().get::<Handler>().cloned() {
                            tokio::spawn(async move {
                                handler(TokioIo::new(upgrade.await.expect("an upgrade"))).await;
                            });
                        }
                        Ok::<_, Infallible>(answer)
                    }
                });
                let serve = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                let _ = serve.with_upgrades().await;
                count.fetch_sub(1, Ordering::SeqCst);
            }
        })
    }

    /// An engine that is given each connection as it is.
    pub fn start_with<F, R>(handle: F) -> Self
    where
        F: Fn(UnixStream, usize) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::serve(Arc::default(), Arc::default(), handle)
    }

    fn serve<F, R>(seen: Arc<Mutex<Vec<Seen>>>, open: Arc<AtomicUsize>, handle: F) -> Self
    where
        F: Fn(UnixStream, usize) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("engine.sock")).expect("a socket");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(handle(stream, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { folder, seen, connections, open, server }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    pub fn host(&self) -> Host {
        Host::Unix(self.socket())
    }

    /// What makes a client of this engine, which takes nothing from the environment.
    pub fn builder(&self) -> Builder {
        Docker::builder().environment([("", ""); 0]).host(self.host())
    }

    pub fn docker(&self) -> Docker {
        self.builder().connect().expect("a client")
    }

    /// A client that speaks `version` with this engine, whatever it says.
    pub fn docker_at(&self, version: &str) -> Docker {
        let version = version.parse().expect("a version");
        self.builder().api_version(version).connect().expect("a client")
    }

    /// What the engine was asked, pings left out.
    pub fn seen(&self) -> Vec<Seen> {
        let mut all = self.all_seen();
        all.retain(|seen| !seen.line.ends_with("/_ping"));
        all
    }

    pub fn all_seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("lock").clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.all_seen().into_iter().map(|seen| seen.line).collect()
    }

    /// How many connections there were in all.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until this many connections are open.
    pub async fn wait_for_open(&self, count: usize) {
        let wait = async {
            while self.open.load(Ordering::SeqCst) != count {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(std::time::Duration::from_secs(5), wait).await.is_err() {
            panic!("{} connections are open, not {count}", self.open.load(Ordering::SeqCst));
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}
