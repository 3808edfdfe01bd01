//! The output and the input of containers: logs, attach and exec.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use docker_client::prelude::*;
use docker_client::types::{ExecConfig, ExecStartConfig};
use docker_client::{Error, Output, OutputStream, TerminalSize};
use support::{Break, Engine, Piece, Reply, Seen, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
const RAW: &str = "application/vnd.docker.raw-stream";

/// Reads all output. Returns the mark of the stream and the data of each piece, or the error.
async fn all(mut output: OutputStream) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(piece) = output.next().await {
        all.push(match piece {
            Ok(piece @ Output::Stdout(_)) => format!("1{}", piece.text()),
            Ok(piece @ Output::Stderr(_)) => format!("2{}", piece.text()),
            Ok(piece) => format!("t{}", piece.text()),
            Err(error) => format!("!{error}"),
        });
    }
    all
}

fn bytes(content_type: &str, parts: &[bytes::Bytes]) -> Reply {
    Reply::new(200, content_type, parts.concat())
}

fn is_inspect(seen: &Seen) -> bool {
    seen.line.ends_with("/containers/web/json")
}

#[tokio::test]
async fn logs_are_demultiplexed_and_both_streams_are_requested() {
    let engine =
        Engine::start(|_| bytes(MULTIPLEXED, &[frame(1, "out"), frame(1, ""), frame(2, "err")]));
    let logs = engine.docker_at("1.51").container_logs("web").follow(true).stream().await.unwrap();
    assert_eq!(all(logs).await, ["1out", "2err"]);
    let line = "GET /v1.51/containers/web/logs?follow=true&stdout=true&stderr=true";
    assert_eq!(engine.lines(), [line]);
}

#[tokio::test]
async fn the_selection_of_the_call_is_kept() {
    let engine = Engine::start(|_| bytes(MULTIPLEXED, &[]));
    let docker = engine.docker_at("1.51");
    drop(docker.container_logs("web").stderr(true).stream().await.unwrap());
    assert_eq!(engine.lines(), ["GET /v1.51/containers/web/logs?stderr=true"]);
}

#[tokio::test]
async fn the_output_of_a_terminal_is_never_demultiplexed() {
    let text = "\u{1}\u{2}hello from a tty, 100 bytes without a line break";
    for (begin, rest) in [(&text[..1], &text[1..]), (&text[..20], &text[20..])] {
        let parts = [begin.to_owned(), rest.to_owned()];
        let engine = Engine::start(move |_| Reply::pieces(RAW, parts.clone()));
        let logs = engine.docker_at("1.51").container_logs("web").stream().await.unwrap();
        assert_eq!(logs.collect().await.unwrap().stdout, text.as_bytes());
    }
}

#[tokio::test]
async fn the_output_of_a_terminal_is_not_buffered_until_a_line_break() {
    let engine =
        Engine::start(|_| Reply::pieces(RAW, ["prompt> ".into(), Piece::Break(Break::Stall)]));
    let mut logs = engine.docker_at("1.51").container_logs("web").stream().await.unwrap();
    assert_eq!(logs.next().await.unwrap().unwrap(), Output::Terminal("prompt> ".into()));
}

#[tokio::test]
async fn below_api_1_42_the_container_is_inspected() {
    for (terminal, expected) in [(true, "t"), (false, "1")] {
        let engine = Engine::start(move |seen| match is_inspect(seen) {
            true => Reply::json(
                200,
                format!(r#"{{"Id":"x","Config":{{"Tty":{terminal},"Image":"i"}}}}"#),
            ),
            false => bytes(RAW, &[if terminal { "abc".into() } else { frame(1, "abc") }]),
        });
        let logs = engine.docker().container_logs("web").stream().await.unwrap();
        assert_eq!(all(logs).await, [format!("{expected}abc")]);
    }
}

#[tokio::test]
async fn without_a_known_media_type_the_container_is_inspected() {
    // podman 5.8 reports API 1.44 and sends logs without a media type. Proxies may send another one.
    for media in ["", "application/octet-stream", "text/plain; charset=utf-8"] {
        for (terminal, expected) in [(true, "t"), (false, "1")] {
            let engine = Engine::start(move |seen| match is_inspect(seen) {
                true => Reply::json(200, format!(r#"{{"Config":{{"Tty":{terminal}}}}}"#)),
                false => bytes(media, &[if terminal { "abc".into() } else { frame(1, "abc") }]),
            });
            let docker = engine.docker_at("1.44");
            let logs = docker.container_logs("/web").stream().await.unwrap();
            assert_eq!(all(logs).await, [format!("{expected}abc")], "{media}");
        }
    }
    let parameters = format!("{MULTIPLEXED}; charset=utf-8");
    let engine = Engine::start(move |_| bytes(&parameters, &[frame(2, "abc")]));
    let logs = engine.docker_at("1.44").container_logs("web").stream().await.unwrap();
    assert_eq!(all(logs).await, ["2abc"]);
    assert_eq!(engine.requests().len(), 1, "the container is not inspected");
}

#[tokio::test]
async fn services_and_tasks_are_inspected() {
    let engine = Engine::start(|seen| match &*seen.line {
        "GET /v1.41/services/s" => {
            Reply::json(200, r#"{"Spec":{"TaskTemplate":{"ContainerSpec":{"TTY":true}}}}"#)
        }
        "GET /v1.41/tasks/t" => Reply::json(200, r#"{"Spec":{"ContainerSpec":{"TTY":true}}}"#),
        _ => Reply::new(200, "", "abc"),
    });
    let docker = engine.docker();
    assert_eq!(all(docker.service_logs("s").stream().await.unwrap()).await, ["tabc"]);
    assert_eq!(all(docker.task_logs("t").stream().await.unwrap()).await, ["tabc"]);
}

#[tokio::test]
async fn errors_are_returned_after_the_output_before_them() {
    let engine = Engine::start(|_| {
        let parts = [frame(1, "a"), frame(3, "bad\n"), frame(1, "b"), frame(2, "cut").slice(..10)];
        let broken = [Piece::Break(Break::Close)];
        Reply::pieces(MULTIPLEXED, parts.into_iter().map(Piece::from).chain(broken))
    });
    let logs = engine.docker_at("1.51").container_logs("web").stream().await.unwrap();
    let all = all(logs).await;
    assert_eq!(all[0], "1a");
    assert!(all[1].starts_with("!ContainerLogs") && all[1].ends_with(": bad"), "{all:?}");
    assert_eq!(all[2..4], ["1b", "2cu"]);
    assert!(all[4].contains("failed while reading the response"), "{all:?}");
    assert_eq!(all.len(), 5);
}

#[tokio::test]
async fn lines_are_split_by_stream() {
    let engine = Engine::start(|_| {
        bytes(MULTIPLEXED, &[frame(1, "one\ntw"), frame(2, "warning\n"), frame(1, "o\n")])
    });
    let logs = engine.docker_at("1.51").container_logs("web").stream().await.unwrap();
    let mut lines = logs.lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next().await {
        all.push(line.unwrap());
    }
    let expected = [
        Output::Stdout("one".into()),
        Output::Stderr("warning".into()),
        Output::Stdout("two".into()),
    ];
    assert_eq!(all, expected);
}

/// Writes a greeting, and then its input, as `cat` does.
fn cat(content_type: &str) -> Reply {
    Reply::upgrade(content_type, |mut connection| async move {
        connection.write_all(&frame(1, "hi ")).await.unwrap();
        let mut input = String::new();
        connection.read_to_string(&mut input).await.unwrap();
        connection.write_all(&frame(1, &input)).await.unwrap();
        connection.write_all(&frame(2, "bye")).await.unwrap();
    })
}

#[tokio::test]
async fn output_arrives_after_the_end_of_the_input() {
    let engine = Engine::start(|_| cat(MULTIPLEXED));
    let docker = engine.docker_at("1.51");
    for how in ["close", "shutdown", "drop"] {
        let mut attached = docker.container_attach("web").stdin(true).attach().await.unwrap();
        attached.input.write_all(b"input").await.unwrap();
        match how {
            "close" => attached.input.close().await.unwrap(),
            "shutdown" => attached.input.shutdown().await.unwrap(),
            _ => drop(attached.input),
        }
        assert_eq!(all(attached.output).await.concat(), "1hi 1input2bye", "{how}");
    }
    let seen = &engine.requests()[0];
    let line = "POST /v1.51/containers/web/attach?stdin=true&stream=true&stdout=true&stderr=true";
    assert_eq!(seen.line, line);
    assert_eq!((seen.header("connection"), seen.header("upgrade")), (Some("Upgrade"), Some("tcp")));
    assert!(seen.body.is_empty(), "the body would be input of the container");
}

#[tokio::test]
async fn attach_below_api_1_42_inspects_the_container() {
    let engine = Engine::start(|seen| match is_inspect(seen) {
        true => Reply::json(200, r#"{"Config":{"Tty":true}}"#),
        false => Reply::upgrade(RAW, |mut connection| async move {
            connection.write_all(b"\x01\x00\x00").await.unwrap();
        }),
    });
    let attached = engine.docker().container_attach("web").attach().await.unwrap();
    assert_eq!(all(attached.output).await, ["t\u{1}\0\0"]);
}

#[tokio::test]
async fn the_error_of_a_refused_attach_contains_the_message() {
    let engine = Engine::start(|_| Reply::json(409, r#"{"message":"the container is paused"}"#));
    let docker = engine.docker_at("1.51");
    let error = docker.container_attach("web").attach().await.unwrap_err();
    assert!(
        error.is_conflict() && error.to_string().contains("the container is paused"),
        "{error}"
    );
}

#[tokio::test]
async fn an_exec_is_started_with_the_terminal_it_was_created_with() {
    let engine = Engine::start(|seen| match &*seen.line {
        "GET /v1.51/exec/e/json" => Reply::json(200, r#"{"ProcessConfig":{"tty":true}}"#),
        "POST /v1.51/exec/e/start" => Reply::upgrade(RAW, |mut connection| async move {
            connection.write_all(b"out").await.unwrap()
        }),
        other => panic!("{other}"),
    });
    let docker = engine.docker_at("1.51");
    let attached = docker.exec_start("e", ExecStartConfig::default()).attach().await.unwrap();
    assert_eq!(all(attached.output).await, ["tout"]);
    let start = &engine.requests()[1];
    assert_eq!(start.body, r#"{"Detach":false,"Tty":true}"#);
    assert_eq!(start.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn exec_collects_the_output_and_the_exit_code() {
    let looks = std::sync::atomic::AtomicU32::new(0);
    let engine = Engine::start(move |seen| match &*seen.line {
        "POST /v1.41/containers/web/exec" => Reply::json(201, r#"{"Id":"e"}"#),
        "POST /v1.41/exec/e/start" => cat(RAW),
        "GET /v1.41/exec/e/json" => match looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Reply::json(200, r#"{"Running":true,"ExitCode":null}"#),
            _ => Reply::json(200, r#"{"Running":false,"ExitCode":3}"#),
        },
        other => panic!("{other}"),
    });
    let exec = engine.docker().exec("web").cmd(["cat"]).env("A", "b").input("text");
    let output = exec.output().await.unwrap();
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (3, &b"hi text"[..], &b"bye"[..]));
    let created: ExecConfig = serde_json::from_slice(&engine.requests()[0].body).unwrap();
    assert_eq!((created.cmd, created.env), (vec!["cat".into()], vec!["A=b".into()]));
    assert_eq!(
        (created.attach_stdin, created.attach_stdout, created.attach_stderr),
        (Some(true), Some(true), Some(true))
    );
}

#[tokio::test]
async fn raw_bytes_read_as_frames_are_an_error_that_names_the_cause() {
    let engine = Engine::start(|seen| match is_inspect(seen) {
        true => Reply::json(200, r#"{"Config":{"Tty":false}}"#),
        false => Reply::new(200, RAW, "plain text"),
    });
    let logs = engine.docker().container_logs("web").stream().await.unwrap();
    let error = logs.collect().await.unwrap_err();
    assert!(matches!(error, Error::UnknownStream { id: b'p', offset: 0, .. }), "{error:?}");
    assert!(error.to_string().contains("has a terminal"), "{error}");
}

#[tokio::test]
async fn a_detached_exec_is_not_attached() {
    let engine = Engine::start(|seen| match seen.line.ends_with("/start") {
        true => Reply::empty(200),
        false => Reply::json(201, r#"{"Id":"e1"}"#),
    });
    let docker = engine.docker();
    let exec = docker.exec("web").cmd(["true"]).tty(true).detach().await.unwrap();
    assert_eq!(exec.id, "e1");
    let config = ExecStartConfig { detach: Some(false), ..ExecStartConfig::default() };
    docker.exec_start("e2", config).detach().await.unwrap();
    let error = docker.exec("web").cmd(["cat"]).input("x").detach().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
    let seen = engine.requests();
    assert_eq!(seen.len(), 3, "an invalid request is not sent");
    assert_eq!(seen[0].body, r#"{"Cmd":["true"],"Tty":true}"#);
    assert_eq!(
        (&*seen[1].line, &*seen[1].body),
        ("POST /v1.41/exec/e1/start", &br#"{"Detach":true,"Tty":true}"#[..])
    );
    assert_eq!(seen[1].header("upgrade"), None);
    assert_eq!(seen[2].body, r#"{"Detach":true}"#);
}

#[tokio::test]
async fn the_terminal_of_a_container_or_an_exec_is_resized() {
    let engine = Engine::start(|seen| match &*seen.line {
        line if line.contains("/resize") => Reply::empty(200),
        line if line.starts_with("GET") => Reply::json(200, r#"{"Config":{"Tty":true}}"#),
        line if line.ends_with("/exec") => Reply::json(201, r#"{"Id":"e1"}"#),
        _ => Reply::upgrade(RAW, |_| async {}),
    });
    let docker = engine.docker();
    let attached = docker.container_attach("web").attach().await.unwrap();
    attached.terminal.resize(TerminalSize { rows: 33, columns: 101 }).await.unwrap();
    let exec = docker.exec("web").cmd(["sh"]).tty(true).start().await.unwrap();
    exec.attached.terminal.clone().resize(TerminalSize { rows: 1, columns: 2 }).await.unwrap();
    let lines = engine.lines();
    let resized: Vec<_> = lines.iter().filter(|line| line.contains("resize")).collect();
    let expected =
        ["POST /v1.41/containers/web/resize?h=33&w=101", "POST /v1.41/exec/e1/resize?h=1&w=2"];
    assert_eq!(resized, expected);
}

/// Some proxies cannot upgrade connections. Without the headers of an upgrade, engines return the output with status 200.
#[tokio::test]
async fn output_that_a_proxy_passes_on_without_an_upgrade_is_read() {
    use fake_engine::Framing;

    for framing in [Framing::Chunked, Framing::Close, Framing::Length] {
        let engine = Engine::start(move |request| match request.path() {
            "/containers/web/exec" => Reply::json(201, r#"{"Id":"e"}"#),
            "/exec/e/json" => {
                Reply::json(200, r#"{"OpenStdin":false,"Running":false,"ExitCode":3}"#)
            }
            _ => bytes(MULTIPLEXED, &[frame(1, "out"), frame(2, "err")]).framed(framing),
        });
        let docker = engine.docker_at("1.51");
        let output = docker.exec("web").cmd(["ls"]).output().await.unwrap();
        assert_eq!((output.code, &*output.stdout, &*output.stderr), (3, &b"out"[..], &b"err"[..]));
        let attached = docker.container_attach("web").attach().await.unwrap();
        assert_eq!(all(attached.output).await, ["1out", "2err"]);
        let start = docker.exec_start("e", ExecStartConfig::default());
        assert_eq!(all(start.attach().await.unwrap().output).await, ["1out", "2err"]);
        // The input would be lost.
        let error = docker.exec("web").cmd(["cat"]).input("x").output().await.unwrap_err();
        assert!(error.to_string().contains("the connection was not upgraded"), "{error}");
        let error = docker.container_attach("web").stdin(true).attach().await.unwrap_err();
        assert!(error.to_string().contains("the connection was not upgraded"), "{error}");
    }
    // The output ends early.
    let engine = Engine::start(|_| {
        bytes(MULTIPLEXED, &[frame(1, "out"), frame(2, "error").slice(..10)])
            .framed(fake_engine::Framing::Announced(99))
            .then(fake_engine::After::End(Break::Close))
    });
    let attached = engine.docker_at("1.51").container_attach("web").attach().await.unwrap();
    let output = all(attached.output).await;
    assert_eq!(output[..2], ["1out", "2er"]);
    assert!(output[2].starts_with("!ContainerAttach") && output.len() == 3, "{output:?}");
}

/// Some proxies close both directions when one is shut down.
#[tokio::test]
async fn the_input_is_only_shut_down_if_it_is_attached() {
    let engine = Engine::start(|request| match request.path() {
        "/containers/web/exec" => Reply::json(201, r#"{"Id":"e"}"#),
        "/exec/e/json" => Reply::json(200, r#"{"Running":false,"ExitCode":0}"#),
        _ => Reply::upgrade(MULTIPLEXED, |mut connection| async move {
            let pause = std::time::Duration::from_millis(100);
            let read = tokio::time::timeout(pause, connection.read(&mut [0; 1])).await;
            let told = if read.is_ok() { "closed" } else { "open" };
            connection.write_all(&frame(1, told)).await.unwrap();
        }),
    });
    let docker = engine.docker_at("1.51");
    let output = docker.exec("web").cmd(["ls"]).output().await.unwrap();
    assert_eq!(output.stdout, b"open");
    let output = docker.exec("web").cmd(["cat"]).input("").output().await.unwrap();
    assert_eq!(output.stdout, b"closed");
    for (stdin, expected) in [(false, "1open"), (true, "1closed")] {
        let attached = docker.container_attach("web").stdin(stdin).attach().await.unwrap();
        drop(attached.input);
        assert_eq!(all(attached.output).await, [expected]);
    }
}

#[tokio::test]
async fn the_start_of_an_exec_finds_out_whether_its_input_is_attached() {
    let engine = Engine::start(|request| match request.path() {
        "/exec/output/json" => Reply::json(200, r#"{"OpenStdin":false}"#),
        "/exec/input/json" => Reply::json(200, r#"{"OpenStdin":true}"#),
        _ => Reply::upgrade(MULTIPLEXED, |mut connection| async move {
            let pause = std::time::Duration::from_millis(100);
            let read = tokio::time::timeout(pause, connection.read(&mut [0; 1])).await;
            let told = if read.is_ok() { "closed" } else { "open" };
            connection.write_all(&frame(1, told)).await.unwrap();
        }),
    });
    let docker = engine.docker_at("1.51");
    for (exec, expected) in [("output", "1open"), ("input", "1closed")] {
        for tty in [None, Some(false)] {
            let config = ExecStartConfig { tty, ..ExecStartConfig::default() };
            let attached = docker.exec_start(exec, config).attach().await.unwrap();
            drop(attached.input);
            assert_eq!(all(attached.output).await, [expected], "{exec} {tty:?}");
        }
    }
}

#[tokio::test]
async fn an_exec_reads_environment_variables_from_a_file() {
    let engine = Engine::start(|seen| match seen.line.ends_with("/start") {
        true => Reply::empty(200),
        false => Reply::json(201, r#"{"Id":"e1"}"#),
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("variables");
    std::fs::write(&file, "A=b\n# comment\nC=d e\n").unwrap();
    let docker = engine.docker();
    docker.exec("web").cmd(["true"]).env_file(&file).detach().await.unwrap();
    assert_eq!(engine.requests()[0].body, r#"{"Cmd":["true"],"Env":["A=b","C=d e"]}"#);
    let missing = directory.path().join("missing");
    let error = docker.exec("web").cmd(["true"]).env_file(&missing).output().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
    assert!(error.to_string().contains("missing: "), "{error}");
    assert_eq!(engine.requests().len(), 2, "nothing is sent");
}

/// Starts an engine with TLS that closes connections without `close_notify`.
#[cfg(feature = "tls")]
fn on_tls(reply: fn() -> Reply) -> (fake_engine::FakeEngine, docker_client::Docker) {
    let engine = fake_engine::FakeEngine::builder().tls().unwrap();
    let engine = engine.answer(move |_: &Seen| reply()).unwrap();
    let trusted = docker_client::Tls::new().authority(engine.certificate().unwrap());
    let build = docker_client::Docker::builder().environment([("", ""); 0]).tls(trusted);
    let host = format!("tcp://{}", engine.address().unwrap()).parse().unwrap();
    let docker = build.host(host).api_version("1.51".parse().unwrap()).connect().unwrap();
    (engine, docker)
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_tls_connection_without_close_notify_may_end_after_a_frame() {
    fn attached(piece: &'static [u8]) -> Reply {
        Reply::upgrade(MULTIPLEXED, move |mut connection| async move {
            connection.write_all(&frame(1, "all of it")).await.unwrap();
            connection.write_all(piece).await.unwrap();
            connection.flush().await.unwrap();
        })
    }
    let (_engine, docker) = on_tls(|| attached(b""));
    let output = docker.container_attach("web").attach().await.unwrap().output;
    assert_eq!(all(output).await, ["1all of it"]);
    let (_engine, docker) = on_tls(|| attached(b"\x02\0\0\0\0\0\0\x09half"));
    let output = all(docker.container_attach("web").attach().await.unwrap().output).await;
    assert_eq!(output[..2], ["1all of it", "2half"]);
    assert!(output[2].contains("ended within") && output.len() == 3, "{output:?}");
    // The same applies to a body that ends with the connection.
    let (_engine, docker) =
        on_tls(|| Reply::new(200, RAW, "all of it").framed(fake_engine::Framing::Close));
    let logs = docker.container_logs("web").stream().await.unwrap();
    assert_eq!(all(logs).await, ["tall of it"]);
    let (_engine, docker) = on_tls(|| {
        Reply::new(200, RAW, "all")
            .framed(fake_engine::Framing::Announced(9))
            .then(fake_engine::After::End(Break::Close))
    });
    let logs = all(docker.container_logs("web").stream().await.unwrap()).await;
    assert!(logs[0] == "tall" && logs[1].contains("the connection failed"), "{logs:?}");
}
