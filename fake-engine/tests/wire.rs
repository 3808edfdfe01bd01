//! What the engine sends, byte for byte, and what it records.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::time::Duration;

use fake_engine::{
    After, Answer, Break, FakeEngine, Framing, InOrder, MemoryStream, Piece, Reply, Request,
    Stream, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn engine(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> FakeEngine {
    FakeEngine::builder().bare().in_memory().answer(reply).unwrap()
}

fn dial(engine: &FakeEngine) -> MemoryStream {
    engine.dialer().unwrap().dial().unwrap()
}

/// The bytes of a connection that sends one request and nothing more.
async fn ask(engine: &FakeEngine, request: &str) -> String {
    let mut stream = dial(engine);
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

const GET: &str = "GET /v1.41/info HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn every_framing_is_what_it_says() {
    type Case = (fn() -> Reply, &'static str);
    let cases: [Case; 8] = [
        (|| Reply::json(200, "{}"), "content-length: 2\r\n\r\n{}"),
        (|| Reply::empty(204), "HTTP/1.1 204 No Content\r\n\r\n"),
        (|| Reply::pieces("", ["ab", "c"]), "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        (|| Reply::pieces("", ["a"]).trailer("x", "y"), "1\r\na\r\n0\r\nx: y\r\n\r\n"),
        (|| Reply::json(200, "{}").framed(Framing::Announced(9)), "content-length: 9\r\n\r\n{}"),
        (|| Reply::pieces("", ["ab", "c"]).framed(Framing::Close), "connection: close\r\n\r\nabc"),
        (|| Reply::json(200, "{}").http10(), "connection: close\r\n\r\n{}"),
        (|| Reply::raw("nonsense"), "nonsense"),
    ];
    for (reply, expected) in cases {
        let text = ask(&engine(move |_| reply()), GET).await;
        assert!(text.ends_with(expected), "{text}");
    }
}

#[tokio::test]
async fn a_head_alone_is_answered_without_a_body() {
    let engine = engine(|_| Reply::json(200, "{}"));
    let text = ask(&engine, "HEAD /info HTTP/1.1\r\n\r\n").await;
    assert!(text.ends_with("content-length: 2\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn requests_are_recorded_with_their_bodies_and_connections() {
    let engine = FakeEngine::builder().in_memory().answer(|_: &Request| Reply::empty(200)).unwrap();
    ask(&engine, "HEAD /_ping HTTP/1.1\r\n\r\n").await;
    let known = "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    let chunked = "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nde\r\n0\r\n\r\n";
    ask(&engine, &format!("{known}{chunked}")).await;
    let seen = engine.requests();
    let seen: Vec<_> = seen.iter().map(|one| (&*one.line, &*one.body, one.connection)).collect();
    assert_eq!(seen, [("POST /a", &b"abc"[..], 1), ("POST /b", &b"de"[..], 1)]);
    assert_eq!((engine.all_requests().len(), engine.connections()), (3, 2));
    engine.wait_for_open(0).await.unwrap();
}

#[tokio::test]
async fn a_reply_breaks_at_any_byte() {
    for (how, expected) in [(Break::Close, None), (Break::Reset, Some(ErrorKind::ConnectionReset))]
    {
        let engine = engine(move |_| Reply::json(200, "{}").broken_after(12, how).written_by(5));
        let mut stream = dial(&engine);
        stream.write_all(GET.as_bytes()).await.unwrap();
        let mut text = Vec::new();
        let read = stream.read_to_end(&mut text).await;
        assert_eq!(text, b"HTTP/1.1 200");
        assert_eq!(read.err().map(|error| error.kind()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_pauses_and_stalls() {
    let engine = engine(|_| {
        let pause = Piece::Pause(Duration::from_secs(3600));
        Reply::pieces("", ["a".into(), pause, "b".into(), Piece::Break(Break::Stall)])
    });
    let mut stream = dial(&engine);
    stream.write_all(GET.as_bytes()).await.unwrap();
    let begin = tokio::time::Instant::now();
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    assert!(tokio::time::timeout(Duration::from_secs(9999), read).await.is_err());
    assert!(begin.elapsed() >= Duration::from_secs(9999));
    assert_eq!(engine.open(), 1);
}

#[tokio::test]
async fn an_upgraded_connection_belongs_to_the_test_with_what_was_read() {
    let engine = engine(|_| {
        Reply::upgrade("application/vnd.docker.multiplexed-stream", |mut connection| async move {
            let mut input = String::new();
            connection.read_to_string(&mut input).await.unwrap();
            connection.write_all(&frame(Stream::Stdout, &input)).await.unwrap();
        })
    });
    let text = ask(&engine, &format!("{GET}input")).await;
    assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n\u{1}\0\0\0\0\0\0\u{5}input"), "{text}");
}

#[tokio::test]
async fn a_reply_comes_before_the_body_and_others_after_what_was_expected() {
    struct Early;
    impl Answer for Early {
        fn answer(&self, request: &Request) -> Reply {
            Reply::new(200, "", request.body.clone())
        }
        fn before_body(&self, request: &Request) -> Option<Reply> {
            (request.path() == "/early").then(|| Reply::empty(413).then(After::End(Break::Close)))
        }
    }
    let engine = FakeEngine::builder().bare().in_memory().answer(Early).unwrap();
    let text = ask(&engine, "POST /early HTTP/1.1\r\nContent-Length: 99\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");

    let replies = InOrder::new([("GET /v1.41/info", Reply::json(200, "{}"))]);
    let engine = FakeEngine::builder().in_memory().answer(replies).unwrap();
    let text = ask(&engine, &format!("{GET}{GET}")).await;
    assert!(text.contains("HTTP/1.1 501") && text.contains("expected no request"), "{text}");
}

#[tokio::test]
async fn an_engine_goes_down_and_comes_back() {
    let engine = engine(|_| Reply::empty(200));
    let dialer = engine.dialer().unwrap();
    let mut first = dialer.dial().unwrap();
    engine.wait_for_open(1).await.unwrap();
    engine.go_down();
    assert_eq!(first.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(dialer.dial().unwrap_err().kind(), ErrorKind::ConnectionRefused);
    engine.come_back();
    assert!(ask(&engine, GET).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn connections_come_over_tcp_and_unix_sockets_as_well() {
    let engine = FakeEngine::start(|_| Reply::json(200, "{}")).unwrap();
    let mut unix = tokio::net::UnixStream::connect(engine.socket().unwrap()).await.unwrap();
    let tcp = FakeEngine::builder().tcp().connections(|mut connection| async move {
        let request = connection.read_request().await.unwrap().unwrap();
        connection.write_all(request.line.as_bytes()).await.unwrap();
        connection.end(Break::Reset);
    });
    let tcp = tcp.unwrap();
    let mut raw = tokio::net::TcpStream::connect(tcp.address().unwrap()).await.unwrap();
    unix.write_all(GET.as_bytes()).await.unwrap();
    raw.write_all(GET.as_bytes()).await.unwrap();
    unix.shutdown().await.unwrap();
    let mut text = String::new();
    unix.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("api-version: 1.41\r\n"), "{text}");
    let mut seen = Vec::new();
    let error = raw.read_to_end(&mut seen).await.unwrap_err();
    assert_eq!((&*seen, error.kind()), (&b"GET /v1.41/info"[..], ErrorKind::ConnectionReset));
}
