//! What becomes of connections between requests: kept, closed, replaced.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use docker_client::{Body, BoxError, Error, Operation};
use fake_engine::{After, FakeEngine};
use support::{Break, Engine, Reply, Seen, in_memory};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");
static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop").slow();

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n";

#[test]
fn one_client_serves_several_runtimes_in_turn_and_at_once() {
    use tokio::runtime::Builder;
    let build = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = build();
    let engine = server.block_on(async { Engine::start(|_| Reply::json(200, "{}")) });
    let docker = engine.docker();
    for _ in 0..20 {
        let runtime = build();
        for _ in 0..3 {
            runtime.block_on(docker.request(&INFO).discard()).unwrap();
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                for _ in 0..50 {
                    runtime.block_on(docker.request(&INFO).discard()).unwrap();
                }
            });
        }
    });
    assert_eq!(engine.requests().len(), 260);
    assert!(engine.connections() < 60, "{} connections", engine.connections());
    // All of these runtimes are gone.
    server.block_on(engine.wait_for_open(0)).unwrap();
}

#[tokio::test]
async fn a_stale_connection_is_replaced_unnoticed() {
    // The engine closes each connection after its first response, without announcing it.
    let engine = Engine::start_with(|mut stream| async move {
        stream.read_head().await.unwrap();
        stream.write_all(ANSWER).await.unwrap();
    });
    let docker = engine.docker();
    for _ in 0..20 {
        docker.request(&STOP).path("id", "web").discard().await.unwrap();
    }
    assert_eq!(engine.connections(), 21);
}

#[tokio::test]
async fn idle_connections_are_capped_and_close_after_half_a_minute() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    docker.api_version().await.unwrap();
    // Each starts before another has ended, and opens a new connection.
    let calls = (0..40).map(|_| docker.request(&INFO).discard());
    let replies = futures_util::future::join_all(calls).await;
    assert!(replies.iter().all(Result::is_ok) && engine.connections() >= 40);
    engine.wait_for_open(32).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    engine.wait_for_open(0).await.unwrap();
}

#[test]
fn a_connection_that_ended_while_nothing_ran_is_replaced_unnoticed() {
    let server = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (closed, wait) = std::sync::mpsc::channel();
    let engine = server.block_on(async {
        Engine::start_with(move |mut stream| {
            let closed = closed.clone();
            async move {
                stream.read_head().await.unwrap();
                stream.write_all(ANSWER).await.unwrap();
                drop(stream);
                closed.send(()).unwrap();
            }
        })
    });
    let docker = engine.docker_at("1.41");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..5 {
        runtime.block_on(docker.request(&STOP).path("id", "web").discard()).unwrap();
        wait.recv().unwrap();
        // The connection is idle for this time, while nothing polls it.
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(engine.connections(), 5);
}

/// A connection that ends once, between two polls.
struct Ending {
    stream: UnixStream,
    /// How many looks there still are before the end; 0 for none.
    looks: Arc<AtomicUsize>,
}

impl AsyncRead for Ending {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let looks = self.looks.load(Ordering::SeqCst);
        if looks == 1 {
            return Poll::Ready(Ok(()));
        }
        self.looks.store(looks.saturating_sub(1), Ordering::SeqCst);
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Ending {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_connection_that_ends_as_it_is_taken_is_replaced_unnoticed() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let socket = engine.socket();
    let ends: Arc<[Arc<AtomicUsize>; 2]> = Arc::default();
    let (opened, each) = (AtomicUsize::new(0), ends.clone());
    let docker = engine.builder().api_version("1.41".parse().unwrap()).connector(move || {
        let looks = each[opened.fetch_add(1, Ordering::SeqCst)].clone();
        let stream = UnixStream::connect(socket.clone());
        async move { Ok(Ending { stream: stream.await?, looks }) }
    });
    let docker = docker.connect().unwrap();
    docker.request(&INFO).discard().await.unwrap();
    // The first check finds the connection open. The next one, with a request to send, finds it closed.
    ends[0].store(2, Ordering::SeqCst);
    let call = docker.request(&STOP).path("id", "web").discard();
    tokio::time::timeout(Duration::from_secs(5), call).await.expect("no end").unwrap();
    assert_eq!(ends[0].load(Ordering::SeqCst), 1, "the end was seen");
    let seen: Vec<_> = engine.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(seen, [0, 1], "each request is sent once");
}

#[tokio::test]
async fn a_connection_is_closed_if_the_response_ends_before_the_request() {
    let engine = Engine::start_with(|mut stream| async move {
        while stream.read_head().await.unwrap().is_some() {
            stream.write_all(ANSWER).await.unwrap();
            if stream.number() == 0 {
                // Only the end of the connection ends this.
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
        }
    });
    let docker = engine.docker_at("1.41");
    let endless = futures_util::stream::repeat_with(|| Ok::<_, BoxError>("piece"));
    let endless = futures_util::StreamExt::then(endless, async |piece| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        piece
    });
    drop(docker.image_load(Body::from_stream(endless)).send().await.unwrap());
    for _ in 0..2 {
        docker.request(&INFO).discard().await.unwrap();
    }
    assert_eq!(engine.connections(), 2);
}

/// An engine that replies to the first request of each connection, and handles the next one with a function.
fn dying(then: impl Fn() -> Reply + Send + Sync + 'static) -> FakeEngine {
    let counts = std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new());
    let answer = move |request: &Seen| {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(request.connection).or_default();
        *count += 1;
        if *count == 1 { Reply::json(200, "{}") } else { then() }
    };
    FakeEngine::builder().in_memory().answer(answer).unwrap()
}

/// The lines and the connections of the requests.
fn seen(engine: &FakeEngine) -> Vec<(String, usize)> {
    engine.requests().into_iter().map(|seen| (seen.line, seen.connection)).collect()
}

#[tokio::test]
async fn a_get_is_repeated_once_when_a_kept_connection_dies_under_it() {
    static HEAD: Operation = Operation::new("ContainerArchiveInfo", "HEAD", "/info");
    for how in [Break::Close, Break::Reset] {
        for operation in [&INFO, &HEAD] {
            let engine = dying(move || Reply::none(how));
            let docker = in_memory(&engine);
            docker.request(operation).discard().await.unwrap();
            docker.request(operation).discard().await.unwrap();
            let line = format!("{} /v1.51/info", operation.method);
            let expected = [0, 0, 1].map(|connection| (line.clone(), connection));
            assert_eq!(seen(&engine), expected);
        }
    }
}

#[tokio::test]
async fn a_post_or_a_request_with_a_partial_response_is_not_repeated() {
    let engine = dying(|| Reply::none(Break::Close));
    let docker = in_memory(&engine);
    for _ in 0..2 {
        docker.request(&STOP).path("id", "web").discard().await.ok();
    }
    let error = docker.request(&STOP).path("id", "web").discard().await;
    assert!(error.is_ok(), "a connection that died is not used again: {error:?}");
    assert_eq!(
        seen(&engine).iter().map(|(_, connection)| *connection).collect::<Vec<_>>(),
        [0, 0, 1]
    );
    for begun in ["HTTP/1.1 20", "HTTP/1.1 200 OK\r\n"] {
        let engine = dying(move || Reply::raw(begun).then(After::End(Break::Close)));
        let docker = in_memory(&engine);
        docker.request(&INFO).discard().await.unwrap();
        let error = docker.request(&INFO).discard().await.unwrap_err();
        assert!(matches!(error, Error::Communication { .. }), "{error:?}");
        assert_eq!(seen(&engine).len(), 2);
    }
}

#[tokio::test]
async fn a_get_is_not_repeated_twice_and_not_on_a_new_connection() {
    let engine = FakeEngine::builder().in_memory().answer(|_: &Seen| Reply::none(Break::Close));
    let engine = engine.unwrap();
    let docker = in_memory(&engine);
    docker.request(&INFO).discard().await.unwrap_err();
    assert_eq!(seen(&engine).len(), 1);
}

/// A server that closes an idle connection may tell so just as a request goes out.
#[tokio::test]
async fn a_request_timeout_on_a_kept_connection_is_not_the_response() {
    let late = || Reply::empty(408).then(After::End(Break::Close));
    let engine = dying(late);
    let docker = in_memory(&engine);
    docker.request(&INFO).discard().await.unwrap();
    docker.request(&INFO).discard().await.unwrap();
    assert_eq!(engine.connections(), 2);
    let error = docker.request(&STOP).path("id", "web").discard().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(408));
}

#[tokio::test]
async fn an_engine_that_closes_each_connection_a_moment_after_its_reply_fails_no_call() {
    let engine = Engine::start_with(|mut stream| async move {
        let mut micros = 0;
        while let Ok(Some(_)) = stream.read_request().await {
            stream.write_all(ANSWER).await.unwrap();
            micros += 300 * (stream.number() as u64 % 17);
            tokio::time::sleep(Duration::from_micros(micros)).await;
            if stream.number() % 2 == 0 {
                return;
            }
        }
    });
    let docker = engine.docker();
    for call in 0..200 {
        tokio::time::sleep(Duration::from_micros(call * 37 % 5000)).await;
        docker.request(&INFO).discard().await.unwrap();
    }
}
