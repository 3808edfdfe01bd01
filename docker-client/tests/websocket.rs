//! Attaching over a WebSocket: the request, the messages, and the end.

#![cfg(feature = "websocket")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::prelude::*;
use docker_client::{Attached, Docker, Error, Input};
use fake_engine::Connection;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use support::{Engine, Reply, Seen};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};

type Socket = WebSocketStream<Connection>;

/// Becomes a WebSocket, which `handle` has.
fn websocket<F, R>(seen: &Seen, handle: F) -> Reply
where
    F: Fn(Socket) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let salted = format!(
        "{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
        seen.header("sec-websocket-key").unwrap()
    );
    let accept = STANDARD.encode(sha1_smol::Sha1::from(salted).digest().bytes());
    let upgrade = Reply::upgrade("text/plain", move |connection| {
        handle(ServerBuilder::new().serve(connection))
    });
    upgrade.header("Upgrade", "websocket").header("Sec-WebSocket-Accept", accept)
}

async fn next(socket: &mut Socket) -> Message {
    socket.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn bytes_go_in_and_out_and_the_end_of_the_input_is_not_that_of_the_output() {
    let engine = Engine::start(|seen| {
        websocket(seen, |mut socket| async move {
            socket.send(Message::ping("are you there")).await.unwrap();
            let mut input = Vec::new();
            loop {
                let message = next(&mut socket).await;
                match message.is_close() {
                    true => break,
                    false if message.is_binary() => input.extend_from_slice(message.as_payload()),
                    false => assert!(message.is_pong(), "{message:?}"),
                }
            }
            // As engines do, the close is answered only after all output was sent, so that the connection stays half open.
            let raw = socket.get_mut();
            let count = u8::try_from(input.len() / 10_000).unwrap();
            raw.write_all(&[0x82, 2, b'#', count, 0x81, 1, b'.', 0x88, 0]).await.unwrap();
        })
    });
    let build = engine.builder().api_version("1.51".parse().unwrap()).header("X-Team", "a");
    let attach = build.connect().unwrap().container_attach_websocket("web").stdin(true).attach();
    let mut attached = attach.await.unwrap();
    attached.input.write_all(&[b'x'; 70_000]).await.unwrap();
    attached.input.close().await.unwrap();
    assert_eq!(attached.output.collect().await.unwrap().stdout, b"#\x07.");
    let seen = &engine.requests()[0];
    let query = "stdin=true&stream=true&stdout=true&stderr=true";
    assert_eq!(seen.line, format!("GET /v1.51/containers/web/attach/ws?{query}"));
    for (name, value) in [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("x-team", "a"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn what_is_typed_goes_out_without_a_flush() {
    let engine = Engine::start(|seen| {
        websocket(seen, |mut socket| async move {
            let typed = next(&mut socket).await;
            socket.send(typed).await.unwrap();
        })
    });
    let docker = engine.docker_at("1.51");
    let mut attached = docker.container_attach_websocket("web").stdin(true).attach().await.unwrap();
    attached.input.write_all(b"y").await.unwrap();
    assert_eq!(attached.output.next().await.unwrap().unwrap().text(), "y");
}

#[tokio::test]
async fn a_dropped_input_and_a_dropped_connection_are_seen_by_the_engine() {
    let (send, mut ended) = mpsc::unbounded_channel();
    let engine = Engine::start(move |seen| {
        let send = send.clone();
        websocket(seen, move |mut socket| {
            let send = send.clone();
            async move {
                send.send(next(&mut socket).await.is_close()).unwrap();
                // All that is left is the end of the connection.
                while let Some(Ok(_)) = socket.next().await {}
                send.send(true).unwrap();
            }
        })
    });
    let attached = engine.docker().container_attach_websocket("web").attach().await.unwrap();
    drop(attached.input);
    assert_eq!(ended.recv().await, Some(true), "a close and nothing else");
    drop(attached.output);
    assert_eq!(ended.recv().await, Some(true));
}

/// Attaches to an engine that does not read before it is sent the number of bytes to expect, and that responds after it has
/// received them; if `awaited` is set, after it has received the end of the input too.
async fn attach_to_slow(awaited: bool) -> (Engine, watch::Sender<usize>, Attached) {
    let (tell, told) = watch::channel(0);
    let engine = Engine::start(move |seen| {
        let told = told.clone();
        websocket(seen, move |mut socket| {
            let mut told = told.clone();
            async move {
                let expected = *told.wait_for(|count| *count > 0).await.unwrap();
                let mut count = 0;
                while count < expected {
                    count += next(&mut socket).await.as_payload().len();
                }
                if awaited {
                    assert!(next(&mut socket).await.is_close());
                }
                socket.get_mut().write_all(b"\x82\x03all\x88\x00").await.unwrap();
            }
        })
    });
    let attach = engine.docker_at("1.51").container_attach_websocket("web").stdin(true).attach();
    (engine, tell, attach.await.unwrap())
}

/// Writes until no more is taken, and says how much was.
async fn fill(input: &mut Input) -> usize {
    let mut count = 0;
    poll_fn(|cx| {
        while let Poll::Ready(written) = Pin::new(&mut *input).poll_write(cx, &[b'x'; 10_000]) {
            count += written.unwrap();
        }
        Poll::Ready(count)
    })
    .await
}

async fn output(attached: impl Future<Output = Vec<u8>>) -> Vec<u8> {
    tokio::time::timeout(Duration::from_secs(10), attached).await.expect("the output hangs")
}

#[tokio::test]
async fn input_that_is_dropped_before_it_is_sent_arrives_with_its_end() {
    let (_engine, tell, mut attached) = attach_to_slow(true).await;
    let count = fill(&mut attached.input).await;
    drop(attached.input);
    tell.send(count).unwrap();
    assert_eq!(output(async { attached.output.collect().await.unwrap().stdout }).await, b"all");
}

#[tokio::test]
async fn input_arrives_without_another_write() {
    let (_engine, tell, mut attached) = attach_to_slow(false).await;
    let reader = tokio::spawn(async { attached.output.collect().await.unwrap().stdout });
    let count = fill(&mut attached.input).await;
    tell.send(count).unwrap();
    assert_eq!(output(async { reader.await.unwrap() }).await, b"all");
}

#[tokio::test]
async fn output_is_whole_although_the_engine_goes_without_reading_the_input() {
    let (gone, mut went) = mpsc::unbounded_channel();
    let engine = Engine::start(move |seen| {
        let gone = gone.clone();
        websocket(seen, move |mut socket| {
            let gone = gone.clone();
            async move {
                socket.get_mut().write_all(b"\x82\x03all\x88\x00").await.unwrap();
                drop(socket);
                gone.send(()).unwrap();
            }
        })
    });
    let docker = engine.docker_at("1.51");
    let attach = || docker.container_attach_websocket("web").stdin(true).attach();
    for writing in [false, true] {
        let mut attached = attach().await.unwrap();
        went.recv().await.unwrap();
        if writing {
            let error = attached.input.write_all(&[b'x'; 1_000_000]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
        let collected = attached.output.collect().await;
        assert_eq!(collected.expect("whole output").stdout, b"all", "writing: {writing}");
    }
}

#[tokio::test]
async fn output_that_breaks_off_between_messages_is_an_error() {
    let engine = Engine::start(|seen| {
        websocket(seen, |mut socket| async move {
            socket.get_mut().write_all(b"\x82\x04half").await.unwrap();
        })
    });
    let attach = engine.docker_at("1.51").container_attach_websocket("web").attach().await;
    let mut output = attach.unwrap().output;
    assert_eq!(output.next().await.unwrap().unwrap().text(), "half");
    let error = output.next().await.expect("not the end").unwrap_err();
    assert!(matches!(error, Error::Communication { .. }), "{error:?}");
}

#[tokio::test]
async fn an_older_engine_is_sent_no_choice_that_it_does_not_know() {
    let engine = Engine::start(|seen| websocket(seen, |_| async {}));
    let docker = engine.docker();
    let attach = || docker.container_attach_websocket("web");
    drop(attach().attach().await.unwrap());
    docker_api::since!(1.42, {
        drop(attach().stdin(true).stdout(true).attach().await.unwrap());
        let error = attach().stdin(false).attach().await.unwrap_err();
        assert!(matches!(error, Error::TooNew { .. }), "{error:?}");
    });
    for seen in engine.requests() {
        assert_eq!(seen.line, "GET /v1.41/containers/web/attach/ws?stream=true");
    }
}

async fn refused(docker: &Docker) -> Error {
    docker.container_attach_websocket("web").attach().await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_has_the_engines_message() {
    let engine = Engine::start(|_| Reply::json(404, r#"{"message":"No such container: web"}"#));
    let error = refused(&engine.docker()).await;
    assert!(error.is_not_found() && error.to_string().contains("No such container"), "{error}");
}

#[tokio::test]
async fn an_answer_to_another_request_is_refused() {
    let engine = Engine::start(|seen| {
        let mut seen = seen.clone();
        seen.headers.insert("sec-websocket-key", HeaderValue::from_static("another"));
        websocket(&seen, |_| async {})
    });
    let error = refused(&engine.docker()).await;
    assert!(matches!(error, Error::Communication { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("ContainerAttachWebsocket") && text.contains("WebSocket"), "{text}");
}

#[tokio::test]
async fn a_message_without_bound_is_an_error_and_not_held() {
    let engine = Engine::start(|seen| {
        websocket(seen, |mut socket| async move {
            // The head of a message of 4 GiB, and its begin.
            let raw = socket.get_mut();
            raw.write_all(&[0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0, b'x']).await.unwrap();
            std::future::pending::<()>().await;
        })
    });
    let attach = engine.docker().container_attach_websocket("web").attach().await;
    let error = attach.unwrap().output.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Communication { .. }), "{error:?}");
}
