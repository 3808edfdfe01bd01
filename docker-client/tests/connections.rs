//! What becomes of connections between requests: kept, closed, replaced.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use docker_client::{Body, BoxError, Operation};
use support::{Engine, Reply};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");
static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop");

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
    // Each connection is closed by the engine after its first reply, without a word.
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
    // Each begins before another has ended, and opens a connection of its own.
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
        // This is how long it lies idle, while nobody looks at it.
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(engine.connections(), 5);
}

/// A connection that ends once, between two looks at it.
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
    // One look finds it in order, the next one, with a request at hand, its end.
    ends[0].store(2, Ordering::SeqCst);
    let call = docker.request(&STOP).path("id", "web").discard();
    tokio::time::timeout(Duration::from_secs(5), call).await.expect("no end").unwrap();
    assert_eq!(ends[0].load(Ordering::SeqCst), 1, "the end was seen");
    let seen: Vec<_> = engine.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(seen, [0, 1], "each request is sent once");
}

#[tokio::test]
async fn a_reply_that_ends_before_its_request_takes_the_connection_with_it() {
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
    docker.image_load(Body::from_stream(endless)).send().await.unwrap();
    for _ in 0..2 {
        docker.request(&INFO).discard().await.unwrap();
    }
    assert_eq!(engine.connections(), 2);
}
