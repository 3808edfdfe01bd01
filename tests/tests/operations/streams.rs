//! What comes from a container as a stream: its logs, its statistics, the attached terminal, over HTTP and WebSocket.

use docker_client::prelude::*;
use docker_client::{ErrorKind, Request};
use engines::case::{Context, EngineTest, Outcome};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{docker, refused, refused_with_message, script, sleeper, speaks, start, test};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("streams::logs_by_number_and_time", logs_by_number_and_time).on_podman(),
        test("streams::stats_once_and_streaming", stats_once_and_streaming),
        test("streams::attached_to_a_terminal_of_a_size", attached_to_a_terminal),
        test("streams::attached_over_a_websocket", attached_over_a_websocket),
    ]
}

async fn logs_by_number_and_time(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id =
        start(&docker, &cx.name("logs"), script(&cx, "echo one; echo two; echo three >&2")).await?;
    docker.container_wait(&id).send().await?;
    let last = docker.container_logs(&id).tail("1").stream().await?.collect().await?;
    // The streams are counted together, and either may have come last.
    let line = [&*last.stdout, &*last.stderr].concat();
    assert!(line == b"two\n" || line == b"three\n", "{last:?}");
    let all = docker.container_logs(&id).timestamps(true).stream().await?.collect().await?;
    let first = String::from_utf8(all.stdout)?;
    let (time, text) =
        first.lines().next().and_then(|line| line.split_once(' ')).ok_or("a line")?;
    assert_eq!(text, "one");
    assert!(time.contains('T') && time.len() >= 20, "{time}");
    let early = docker.container_logs(&id).until(1).stream().await?.collect().await?;
    assert!(early.stdout.is_empty() && early.stderr.is_empty(), "{early:?}");
    let late = docker.container_logs(&id).since(1).stderr(true).stream().await?.collect().await?;
    assert_eq!((late.stdout, late.stderr), (Vec::new(), b"three\n".to_vec()));
    // At least one of the streams has to be asked for.
    if !cx.engine().is_podman() {
        let neither = docker.container_logs(&id).send().await;
        refused(neither, ErrorKind::InvalidArgument);
    }
    Ok(())
}

async fn stats_once_and_streaming(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "stats").await?;
    let mut once = docker.container_stats(&id).stream(false).stats().await?;
    let sample = once.next().await.ok_or("one sample")??;
    assert_eq!(sample.pids, 1);
    assert!(once.next().await.is_none(), "it was asked for once");
    let mut stream = docker.container_stats(&id).stats().await?;
    let mut times = Vec::new();
    for _ in 0..2 {
        times.push(stream.next().await.ok_or("a sample")??.read);
    }
    assert_ne!(times[0], times[1]);
    refused(docker.container_stats(cx.name("missing")).send().await, ErrorKind::NotFound);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn attached_to_a_terminal(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut body = script(&cx, "read x; stty size; read y; stty size");
    body["Tty"] = json!(true);
    body["OpenStdin"] = json!(true);
    let id = start(&docker, &cx.name("terminal"), body).await?;
    let mut attached = docker.container_attach(&id).stdin(true).attach().await?;
    docker.container_resize(&id, 33, 111).send().await?;
    attached.input.write_all(b"\n").await?;
    let mut output = attached.output;
    let mut text = String::new();
    while !text.contains("33 111") {
        text += &output.next().await.ok_or_else(|| text.clone())??.text();
    }
    docker.container_resize(&id, 44, 122).send().await?;
    attached.input.write_all(b"\n").await?;
    while let Some(piece) = output.next().await {
        text += &piece?.text();
    }
    assert!(text.contains("44 122"), "{text}");
    docker.container_wait(&id).send().await?;
    refused_with_message(docker.container_resize(&id, 24, 80).send().await, "not running");
    refused(docker.container_attach(cx.name("missing")).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn attached_over_a_websocket(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut body = script(&cx, "read line; echo got $line");
    body["OpenStdin"] = json!(true);
    let id = start(&docker, &cx.name("websocket"), body).await?;
    let chosen = speaks(&docker, 42).await?;
    let attach = |id: &str| {
        let mut request = Request::from(docker.container_attach_websocket(id).stream(true));
        // Before, the engine gives all there is.
        if chosen {
            request.query("stdin", true);
            request.query("stdout", true);
        }
        for (name, value) in [
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("origin", "http://localhost"),
        ] {
            request.header(name, value);
        }
        request
    };
    let reply = attach(&id).upgrade().await?;
    // The answer to the key above, by RFC 6455, 1.3.
    assert_eq!(reply.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let mut connection = reply.into_inner();
    // A text frame of a client: its bit, its masked length, a mask of zeros, and the text as it is.
    connection.write_all(b"\x81\x86\0\0\0\0hello\n").await?;
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains("got hello") {
        let mut piece = [0; 1024];
        let count = connection.read(&mut piece).await?;
        assert!(count > 0, "it ended after {received:?}");
        received.extend_from_slice(&piece[..count]);
    }
    refused(attach(&cx.name("missing")).upgrade().await, ErrorKind::NotFound);
    Ok(())
}
