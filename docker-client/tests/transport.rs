//! What goes over the connection, how it fails, and how a call ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use docker_client::prelude::*;
use docker_client::{Body, Docker, Error, ErrorKind, Host, Operation};
use fake_engine::FakeEngine;
use support::{Break, Engine, Piece, Reply, Seen, in_memory};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");
static STOP: Operation = Operation::new("ContainerStop", "POST", "/containers/{id}/stop").slow();
static LOGS: Operation = Operation::new("ContainerLogs", "GET", "/containers/{id}/logs").slow();
static ATTACH: Operation =
    Operation::upgrading("ContainerAttach", "POST", "/containers/{id}/attach");

#[tokio::test]
async fn the_version_is_in_the_path_and_the_host_is_plain() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    engine.docker().request(&INFO).discard().await.unwrap();
    let seen = &engine.requests()[0];
    assert_eq!(seen.line, "GET /v1.41/info");
    assert_eq!(seen.header("host"), Some("localhost"));
    assert_eq!(seen.header("content-type"), None);
    assert!(seen.header("user-agent").unwrap().starts_with("docker-client/"));
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    for _ in 0..10 {
        docker.request(&INFO).discard().await.unwrap();
        docker.clone().request(&STOP).path("id", "web").discard().await.unwrap();
    }
    assert_eq!((engine.connections(), engine.requests().len()), (1, 20));
}

#[tokio::test]
async fn tcp_carries_the_base_path_and_the_port() {
    let engine = FakeEngine::builder().tcp().answer(|_: &Seen| Reply::json(200, "{}")).unwrap();
    let address = engine.address().unwrap();
    let host = format!("tcp://{address}/engines/a").parse().unwrap();
    let docker = Docker::builder().host(host).connect().unwrap();
    docker.request(&INFO).discard().await.unwrap();
    let seen = engine.all_requests();
    assert_eq!(seen[0].line, "HEAD /engines/a/_ping");
    assert_eq!(seen[1].line, "GET /engines/a/v1.41/info");
    assert_eq!(seen[1].header("host"), Some(&*address.to_string()));
    assert_eq!(engine.connections(), 1);
}

#[tokio::test]
async fn the_error_for_a_missing_socket_has_its_path_a_cause_and_a_hint() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none.sock");
    let docker = Docker::builder().host(Host::Unix(path.clone())).connect().unwrap();
    let error = docker.request(&INFO).discard().await.unwrap_err();
    assert!(error.is_connect() && error.kind() == ErrorKind::Connection);
    let text = format!("{error:?}");
    for part in [path.to_str().unwrap(), "(os error 2)", "start the engine", "DOCKER_HOST"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[tokio::test]
async fn the_error_explains_that_nothing_listens() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let docker = Docker::builder().host(Host::Unix(path)).connect().unwrap();
    let text = docker.request(&INFO).discard().await.unwrap_err().to_string();
    assert!(text.contains("no engine listens on it"), "{text}");

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", free.local_addr().unwrap());
    drop(free);
    let docker = Docker::builder().host(address.parse().unwrap()).connect().unwrap();
    let text = docker.request(&INFO).discard().await.unwrap_err().to_string();
    assert!(text.contains(&address) && text.contains("nothing listens there"), "{text}");
}

#[tokio::test]
async fn an_engine_that_is_not_there_yet_is_found_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("engine.sock");
    let docker = Docker::builder().host(Host::Unix(path.clone())).connect().unwrap();
    assert!(docker.request(&INFO).discard().await.unwrap_err().is_connect());
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    std::os::unix::fs::symlink(engine.socket(), &path).unwrap();
    docker.request(&INFO).discard().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error_that_names_the_operation() {
    let engine = Engine::start_with(|mut stream| async move {
        let _ = stream.read_head().await;
        let answer: &[u8] = match stream.number() {
            0 => b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            1 => b"",
            2 => b"this is not HTTP\r\n\r\n",
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"",
        };
        stream.write_all(answer).await.unwrap();
    });
    let docker = engine.docker();
    for doing in ["waiting for the response", "waiting for the response", "reading the response"] {
        let error = docker.request(&INFO).decode::<serde_json::Value>().await.unwrap_err();
        assert!(matches!(error, Error::Communication { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("SystemInfo (GET /info)") && text.contains(doing), "{text}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn dropping_a_stream_ends_the_request() {
    let engine = Engine::start(|seen| match seen.line.contains("/logs") {
        true => Reply::pieces("text/plain", std::iter::repeat("line\n")),
        false => Reply::json(200, "{}"),
    });
    let docker = engine.docker();
    let mut logs = docker.request(&LOGS).path("id", "web").stream().await.unwrap().into_inner();
    assert!(logs.chunk().await.unwrap().is_some());
    engine.wait_for_open(1).await.unwrap();
    drop(logs);
    engine.wait_for_open(0).await.unwrap();
}

#[tokio::test]
async fn dropping_a_call_ends_the_request() {
    let (closed, mut wait) = tokio::sync::mpsc::channel(1);
    let engine = Engine::start_with(move |mut stream| {
        let closed = closed.clone();
        async move {
            let _ = stream.read_head().await;
            if stream.number() == 0 {
                let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                return stream.write_all(answer).await.unwrap();
            }
            // There is no response. Reading ends when the client closes the connection.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            closed.send(()).await.unwrap();
        }
    });
    let docker = engine.docker();
    let call = docker.request(&INFO).discard();
    assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
    let closed = tokio::time::timeout(Duration::from_secs(5), wait.recv()).await;
    assert_eq!(closed, Ok(Some(())));
}

#[tokio::test]
async fn an_upgraded_connection_keeps_early_bytes_and_never_returns_to_the_pool() {
    let engine = Engine::start_with(|mut stream| async move {
        while let Some(request) = stream.read_head().await.unwrap() {
            if request.line.starts_with("POST /v1.41/containers/web/attach") {
                assert_eq!(stream.number(), 0, "the idle connection is used");
                let answer = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\
                    Upgrade: tcp\r\n\r\nearly ";
                stream.write_all(answer.as_bytes()).await.unwrap();
                let mut input = String::new();
                stream.read_to_string(&mut input).await.unwrap();
                return stream.write_all(format!("got {input}").as_bytes()).await.unwrap();
            }
            let answer = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    });
    let docker = engine.docker();
    let attached = docker.request(&ATTACH).path("id", "web").upgrade().await.unwrap();
    docker.request(&INFO).discard().await.unwrap();
    assert_eq!(engine.connections(), 2, "the upgraded connection is not used for requests");
    let (mut output, mut input) = attached.into_inner().into_split();
    input.write_all(b"hello").await.unwrap();
    input.shutdown().await.unwrap();
    let mut text = String::new();
    output.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "early got hello");
}

#[tokio::test]
async fn input_that_a_connection_holds_back_arrives_after_it_was_dropped() {
    let (tell, told) = watch::channel(false);
    let engine = Engine::start(move |_| {
        let told = told.clone();
        Reply::upgrade("application/vnd.docker.raw-stream", move |mut connection| {
            let mut told = told.clone();
            async move {
                told.wait_for(|told| *told).await.unwrap();
                let mut input = Vec::new();
                connection.read_to_end(&mut input).await.unwrap();
                connection.write_all(input.len().to_string().as_bytes()).await.unwrap();
            }
        })
    });
    // It buffers what is written, as TLS does, and sends it when it is flushed.
    let socket = engine.socket();
    let docker = engine.builder().api_version("1.51".parse().unwrap()).connector(move || {
        let stream = UnixStream::connect(socket.clone());
        async move { Ok(BufWriter::with_capacity(4_000_000, stream.await?)) }
    });
    let docker = docker.connect().unwrap();
    let mut attached = docker.container_attach("web").stdin(true).attach().await.unwrap();
    attached.input.write_all(&[b'x'; 2_000_000]).await.unwrap();
    drop(attached.input);
    tell.send(true).unwrap();
    let output = tokio::time::timeout(Duration::from_secs(10), attached.output.collect());
    assert_eq!(output.await.expect("it hangs").unwrap().stdout, b"2000000");
}

#[tokio::test]
async fn timeouts_are_exact_and_name_the_step() {
    let engine = Engine::start_with(|mut stream| async move {
        while let Some(request) = stream.read_head().await.unwrap() {
            if request.is_ping() {
                let answer = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(answer).await.unwrap();
                continue;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{";
            stream.write_all(answer).await.unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    });
    let build = || engine.builder();

    // A limit below a second is not rounded to none.
    let docker = build().reply_timeout(Duration::from_millis(900)).connect().unwrap();
    assert!(docker.request(&INFO).stream().await.is_ok());

    let docker = build().reply_timeout(Duration::from_millis(50)).connect().unwrap();
    let error = docker.request(&INFO).discard().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains("after 50ms while waiting for the response"), "{error}");
    // The timeout does not apply to a slow operation, unless it is set for the call.
    assert!(docker.request(&STOP).path("id", "web").stream().await.is_ok());
    let strict = docker.with_reply_timeout(Duration::from_millis(50));
    assert!(strict.request(&STOP).path("id", "web").stream().await.unwrap_err().is_timeout());

    let docker = build().idle_timeout(Duration::from_millis(50)).connect().unwrap();
    let mut body = docker.request(&INFO).stream().await.unwrap().into_inner();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "{");
    assert!(body.chunk().await.unwrap_err().is_timeout());
    assert_eq!(body.chunk().await.unwrap(), None, "an error ends the body");

    let begin = Instant::now();
    let error = docker.request(&INFO).discard().await.unwrap_err();
    assert!(error.is_timeout() && begin.elapsed() < Duration::from_secs(5));
    assert!(error.to_string().contains("reading the response"), "{error}");
}

#[tokio::test]
async fn the_time_a_reader_takes_is_not_counted_as_idle() {
    let engine = Engine::start(|_| Reply::pieces("text/plain", ["a", "b", "c"]));
    let docker = engine.docker().with_idle_timeout(Duration::from_millis(200));
    let mut body = docker.request(&INFO).stream().await.unwrap().into_inner();
    while body.chunk().await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn the_engines_refusal_keeps_the_connection() {
    let engine = Engine::start(|_| Reply::json(404, r#"{"message":"No such container: web"}"#));
    let docker = engine.docker();
    for _ in 0..3 {
        let error = docker.request(&STOP).path("id", "web").discard().await.unwrap_err();
        assert!(error.is_not_found());
        let text = "ContainerStop (POST /containers/web/stop): No such container: web (status 404)";
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(engine.connections(), 1);
}

#[tokio::test]
async fn a_ping_needs_no_version() {
    static PING: Operation = Operation::new("SystemPing", "GET", "/_ping");
    let engine = Engine::start_raw(|_| Reply::pong("1.30"));
    engine.docker().request(&PING).discard().await.unwrap();
    assert_eq!(engine.lines(), ["GET /_ping"]);
}

#[tokio::test]
async fn a_path_parameter_stays_in_its_segment_and_a_body_has_one_content_type() {
    let engine = Engine::start(|_| Reply::json(200, r#"{"Id":"c1","Warnings":[]}"#));
    let docker = engine.docker();
    docker.container_stop("a/../b?c#d%2e").send().await.unwrap();
    docker
        .container_create(docker_client::types::ContainerCreateBody::default())
        .send()
        .await
        .unwrap();
    docker.put_container_archive("web", "/tmp", "tar").send().await.unwrap();
    drop(docker.image_create().from_src("-").body("tar").send().await.unwrap());
    let seen = engine.requests();
    let types = |at: usize| {
        let all = seen[at].headers.get_all("content-type").into_iter();
        all.map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(seen[0].line, "POST /v1.41/containers/a%2F..%2Fb%3Fc%23d%252e/stop");
    assert_eq!(types(0), [""; 0]);
    assert_eq!(types(1), ["application/json"]);
    assert_eq!(types(2), ["application/x-tar"]);
    assert_eq!(types(3), ["application/octet-stream"]);
    for id in ["", " ", ".", ".."] {
        let error = docker.container_stop(id).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    assert_eq!(engine.requests().len(), seen.len(), "nothing is sent");
}

#[tokio::test]
async fn hundreds_of_headers_are_read() {
    let engine = Engine::start(|_| {
        (0..300).fold(Reply::json(200, "{}"), |reply, at| reply.header(&format!("x-h{at}"), "v"))
    });
    let reply = engine.docker().request(&INFO).discard().await.unwrap();
    assert!(reply.headers().len() > 300);
}

const SECOND: Duration = Duration::from_secs(1);

fn no_more() -> Piece {
    Piece::Break(Break::Stall)
}

/// Returns the message of a call that times out, and after how long it was returned.
async fn timed_out<T>(call: impl Future<Output = Result<T, Error>>) -> (String, Duration) {
    let begin = tokio::time::Instant::now();
    let called = tokio::time::timeout(Duration::from_secs(3600), call).await;
    let Err(error) = called.expect("it gives up") else { panic!("it ended") };
    assert!(error.is_timeout(), "{error:?}");
    (error.to_string(), begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_request_times_out_if_the_engine_stops_reading() {
    let engine = FakeEngine::builder().in_memory().connections(|mut stream| async move {
        stream.read_head().await.unwrap();
        std::future::pending::<()>().await;
    });
    let engine = engine.unwrap();
    let docker = in_memory(&engine).with_idle_timeout(SECOND);
    let large = vec![0; 1_000_000];
    let (text, after) = timed_out(docker.image_load(large.clone()).finish()).await;
    assert!(text.contains("sending the request"), "{text}");
    assert!(after < 3 * SECOND, "{after:?}");
    let reader = Body::from_reader(std::io::Cursor::new(large));
    timed_out(docker.image_build().body(reader).finish()).await;
    // A source that yields nothing moves nothing either.
    let silent = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    timed_out(docker.image_load(Body::from_stream(silent)).finish()).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_idle_while_bytes_move_in_one_direction() {
    let engine = FakeEngine::builder().in_memory().connections(|mut stream| async move {
        stream.read_head().await.unwrap();
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        // It reads slowly, and sends nothing meanwhile.
        let mut buffer = vec![0; 50_000];
        for _ in 0..18 {
            tokio::time::sleep(SECOND / 2).await;
            stream.read_exact(&mut buffer).await.unwrap();
        }
        stream.write_all(br#"{"status":"done"}"#).await.unwrap();
        stream.read_to_end(&mut buffer).await.ok();
    });
    let engine = engine.unwrap();
    let docker = in_memory(&engine).with_idle_timeout(SECOND);
    let body = Body::from_reader(std::io::Cursor::new(vec![0; 1_000_000]));
    docker.image_load(body).finish().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_head_is_not_idle() {
    let answer = |_: &Seen| Reply::json(200, "{}").delayed(5 * SECOND);
    let engine = FakeEngine::builder().in_memory().answer(answer).unwrap();
    in_memory(&engine).with_idle_timeout(SECOND).container_stop("web").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_upgraded_connection_times_out() {
    let engine = FakeEngine::builder().in_memory().answer(|_: &Seen| {
        Reply::upgrade("application/vnd.docker.raw-stream", |mut stream| async move {
            for _ in 0..3 {
                tokio::time::sleep(SECOND * 2 / 3).await;
                stream.write_all(b"x").await.unwrap();
            }
            std::future::pending::<()>().await;
        })
    });
    let engine = engine.unwrap();
    let docker = in_memory(&engine).with_idle_timeout(SECOND);
    let attached = docker.container_attach("web").stdin(true).attach().await.unwrap();
    let (mut output, mut input) = (attached.output, attached.input);
    for _ in 0..3 {
        assert_eq!(output.next().await.unwrap().unwrap().text(), "x");
    }
    let (text, after) = timed_out(async { output.next().await.unwrap() }).await;
    assert!(text.contains("ContainerAttach") && text.contains("after 1s"), "{text}");
    assert_eq!(after.as_secs(), 1);
    // Nobody reads the input, which is more than fits.
    let error = input.write_all(&[0; 1_000_000]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_call_timeout_limits_the_whole_call() {
    let engine = FakeEngine::builder().in_memory().answer(|request: &Seen| match request.path() {
        "/containers/web/attach" => {
            Reply::upgrade("application/vnd.docker.raw-stream", |mut stream| async move {
                tokio::time::sleep(5 * SECOND).await;
                stream.write_all(b"late").await.unwrap();
            })
        }
        // The head is sent at once, and the body is the result.
        "/containers/web/wait" => Reply::pieces("application/json", [no_more()]),
        _ => Reply::pieces("text/plain", std::iter::repeat_n(Piece::Pause(SECOND / 3), 9)),
    });
    let engine = engine.unwrap();
    let docker = in_memory(&engine).with_call_timeout(SECOND);
    let (text, after) = timed_out(docker.container_wait("web").send()).await;
    assert!(text.contains("ContainerWait") && text.contains("after 1s"), "{text}");
    assert_eq!(after, SECOND);
    let (_, after) = timed_out(docker.request(&INFO).discard()).await;
    assert_eq!(after, SECOND, "pieces that come do not prolong it");
    let attached = docker.container_attach("web").attach().await.unwrap();
    assert_eq!(attached.output.collect().await.unwrap().stdout, b"late");
    // It holds for the negotiation, too.
    let silent =
        FakeEngine::builder().bare().in_memory().answer(|_: &Seen| Reply::none(Break::Stall));
    let silent = silent.unwrap();
    let dialer = silent.dialer().unwrap();
    let docker = Docker::builder().environment([("", ""); 0]).host("unix:///fake".parse().unwrap());
    let docker = docker.connector(move || std::future::ready(dialer.dial()));
    let docker = docker.call_timeout(SECOND).connect().unwrap();
    assert_eq!(timed_out(docker.container_list().send()).await.1, SECOND);
}
