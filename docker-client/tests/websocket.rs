//! Attaching over a WebSocket: what is asked for, what is carried, and how it ends.

#![cfg(feature = "websocket")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::prelude::*;
use docker_client::{Docker, Error};
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use support::{Engine, Reply, Seen, json, upgraded};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

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
    let mut reply =
        upgraded("text/plain", move |connection| handle(ServerBuilder::new().serve(connection)));
    reply.headers_mut().insert("Upgrade", HeaderValue::from_static("websocket"));
    reply.headers_mut().insert("Sec-WebSocket-Accept", accept.parse().unwrap());
    reply
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
            // The close is not answered before all was said, as engines do; only so does it stay half open.
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
    let seen = &engine.seen()[0];
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

#[tokio::test]
async fn an_older_engine_is_sent_no_choice_that_it_does_not_know() {
    let engine = Engine::start(|seen| websocket(seen, |_| async {}));
    let docker = engine.docker();
    let attach = || docker.container_attach_websocket("web");
    attach().attach().await.unwrap();
    docker_api::since!(1.42, {
        attach().stdin(true).stdout(true).attach().await.unwrap();
        let error = attach().stdin(false).attach().await.unwrap_err();
        assert!(matches!(error, Error::TooNew { .. }), "{error:?}");
    });
    for seen in engine.seen() {
        assert_eq!(seen.line, "GET /v1.41/containers/web/attach/ws?stream=true");
    }
}

async fn refused(docker: &Docker) -> Error {
    docker.container_attach_websocket("web").attach().await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_has_the_engines_message() {
    let engine = Engine::start(|_| json(404, r#"{"message":"No such container: web"}"#));
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
