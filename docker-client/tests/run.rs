//! Running a container from its image to its exit code, and pulling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use docker_client::prelude::*;
use docker_client::types::ContainerCreateBody;
use docker_client::{Error, ErrorKind, RegistryAuth, Request};
use support::{Engine, Piece, Reply, Seen, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, Semaphore};

const INSPECT: &str = r#"{"Config":{"Tty":false}}"#;

/// An engine with one container, which runs when it is started: it writes its input to its output and exits with 3.
struct Container {
    has_image: AtomicBool,
    started: Arc<Notify>,
    exited: Arc<Semaphore>,
}

impl Container {
    fn engine(has_image: bool, start: impl Fn() -> Reply + Send + Sync + 'static) -> Engine {
        let container = Self {
            has_image: has_image.into(),
            started: Arc::default(),
            exited: Arc::new(Semaphore::new(0)),
        };
        Engine::start(move |seen| container.answer(seen, &start))
    }

    fn answer(&self, seen: &Seen, start: &dyn Fn() -> Reply) -> Reply {
        let line = seen.line.replace("/v1.41", "");
        match line.split('?').next().unwrap() {
            "POST /containers/create" if !self.has_image.load(Ordering::SeqCst) => {
                Reply::json(404, r#"{"message":"No such image: r:5000/app:1"}"#)
            }
            "POST /containers/create" => {
                Reply::json(201, r#"{"Id":"c1","Warnings":["slow disk"]}"#)
            }
            "POST /images/create" => {
                self.has_image.store(true, Ordering::SeqCst);
                Reply::json(200, "{\"status\":\"Pulling\"}\r\n{\"status\":\"Done\"}\r\n")
            }
            "GET /containers/c1/json" => Reply::json(200, INSPECT),
            "POST /containers/c1/attach" => {
                let (started, exited) = (self.started.clone(), self.exited.clone());
                // As an engine, it does not read what is not attached.
                let attached = line.contains("stdin=true");
                Reply::upgrade("", move |mut connection| {
                    let (started, exited) = (started.clone(), exited.clone());
                    async move {
                        started.notified().await;
                        let mut input = String::new();
                        if attached {
                            connection.read_to_string(&mut input).await.unwrap();
                        }
                        connection.write_all(&frame(1, &input)).await.unwrap();
                        connection.write_all(&frame(2, "done")).await.unwrap();
                        exited.close();
                    }
                })
            }
            "POST /containers/c1/wait" => {
                // As podman does: waiting for the removal returns no exit code.
                let code = if line.ends_with("removed") { 0 } else { 3 };
                let exited = self.exited.clone();
                let exit = futures_util::stream::once(async move {
                    let _closed = exited.acquire().await;
                    Piece::from(format!(r#"{{"StatusCode":{code}}}"#))
                });
                Reply::stream("application/json", exit)
            }
            "POST /containers/c1/start" => {
                let answer = start();
                if answer.status() < 300 {
                    self.started.notify_one();
                }
                answer
            }
            "DELETE /containers/c1" => Reply::empty(204),
            other => panic!("{other}"),
        }
    }
}

fn started() -> Reply {
    Reply::empty(204)
}

/// The requests without version and query.
fn steps(engine: &Engine) -> Vec<String> {
    let step = |seen: Seen| {
        let line = seen.line.replace("/v1.41", "");
        line.split('?').next().unwrap().to_owned()
    };
    engine.requests().into_iter().map(step).collect()
}

#[tokio::test]
async fn the_client_attaches_and_waits_before_the_container_starts() {
    let engine = Container::engine(true, started);
    let run = engine.docker().run("busybox:test").cmd(["cat"]).env("A", "b").name("web");
    let output = run.input("hello").remove(true).output().await.unwrap();
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (3, &b"hello"[..], &b"done"[..]));
    assert_eq!((&*output.id, output.warnings), ("c1", vec!["slow disk".to_owned()]));
    assert_eq!(
        steps(&engine),
        [
            "POST /containers/create",
            "GET /containers/c1/json",
            "POST /containers/c1/attach",
            "POST /containers/c1/wait",
            "POST /containers/c1/wait",
            "POST /containers/c1/start",
        ]
    );
    let seen = engine.requests();
    assert_eq!(seen[0].line, "POST /v1.41/containers/create?name=web");
    assert_eq!(seen[3].line, "POST /v1.41/containers/c1/wait?condition=removed");
    assert_eq!(seen[4].line, "POST /v1.41/containers/c1/wait?condition=next-exit");
    let config: ContainerCreateBody = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(
        (config.image.as_deref(), &config.cmd[..]),
        (Some("busybox:test"), &["cat".to_owned()][..])
    );
    assert_eq!((config.open_stdin, config.stdin_once), (Some(true), Some(true)));
    assert_eq!(config.host_config.unwrap().auto_remove, Some(true));
}

#[tokio::test]
async fn without_input_the_input_is_empty() {
    let engine = Container::engine(true, started);
    let output = engine.docker().run("busybox:test").output().await.unwrap();
    assert_eq!((output.code, output.stdout.len()), (3, 0));
    assert!(engine.requests()[3].line.ends_with("wait?condition=next-exit"));
    assert!(!engine.requests()[2].line.contains("stdin=true"));
}

#[tokio::test]
async fn a_missing_image_is_pulled_with_the_credentials() {
    let engine = Container::engine(false, started);
    let auth = RegistryAuth::password("u", "p?>~");
    let run = engine.docker().run("r:5000/app:1").platform("linux/arm64").auth(auth.clone());
    run.output().await.unwrap();
    let seen = engine.requests();
    assert_eq!(
        steps(&engine)[..3],
        ["POST /containers/create", "POST /images/create", "POST /containers/create"]
    );
    let pull = "POST /v1.41/images/create?fromImage=r%3A5000%2Fapp&tag=1&platform=linux%2Farm64";
    assert_eq!(seen[1].line, pull);
    assert_eq!(seen[1].header("x-registry-auth"), Some(&*auth.to_header()));
}

#[tokio::test]
async fn remove_also_removes_a_container_that_cannot_be_started() {
    let failed = || Reply::json(400, r#"{"message":"exec: \"nope\": executable file not found"}"#);
    for remove in [true, false] {
        let engine = Container::engine(true, failed);
        let error = engine.docker().run("busybox:test").remove(remove).output().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("executable file not found"), "{error}");
        assert_eq!(steps(&engine).contains(&"DELETE /containers/c1".to_owned()), remove);
    }
}

#[tokio::test]
async fn detach_neither_attaches_nor_waits() {
    let engine = Container::engine(false, started);
    let run = engine.docker().run("r:5000/app:1").interactive(true).tty(true).remove(true);
    let detached = run.detach().await.unwrap();
    assert_eq!((detached.id(), detached.warnings.clone()), ("c1", vec!["slow disk".to_owned()]));
    assert_eq!(
        steps(&engine),
        [
            "POST /containers/create",
            "POST /images/create",
            "POST /containers/create",
            "POST /containers/c1/start"
        ]
    );
    let body = &engine.requests()[2].body;
    let config: ContainerCreateBody = serde_json::from_slice(body).unwrap();
    assert_eq!((config.open_stdin, config.tty), (Some(true), Some(true)));
    assert_eq!((config.attach_stdin, config.stdin_once), (None, None));
    assert_eq!(config.host_config.unwrap().auto_remove, Some(true));
}

#[tokio::test]
async fn remove_also_removes_a_detached_container_that_cannot_be_started() {
    let engine = Container::engine(true, || Reply::json(400, r#"{"message":"no such command"}"#));
    let error = engine.docker().run("busybox:test").remove(true).detach().await.unwrap_err();
    assert!(error.to_string().contains("no such command"), "{error}");
    assert_eq!(steps(&engine).last().unwrap(), "DELETE /containers/c1");
}

#[tokio::test]
async fn input_that_would_not_be_written_is_refused() {
    let engine = Container::engine(true, started);
    let docker = engine.docker();
    let run = || docker.run("busybox:test").input("lost");
    let exec = || docker.exec("web").input("lost");
    for error in [
        run().start().await.unwrap_err(),
        run().detach().await.unwrap_err(),
        exec().start().await.unwrap_err(),
        exec().detach().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("call `interactive(true)` and `start`"), "{error}");
    }
    let error = exec().start().await.unwrap_err().to_string();
    assert!(error.starts_with("ContainerExec (POST /containers/web/exec): "), "{error}");
    assert!(engine.lines().is_empty(), "{:?}", engine.lines());
}

#[tokio::test]
async fn nothing_is_pulled_if_another_object_is_missing() {
    let engine = Engine::start(|_| Reply::json(404, r#"{"message":"network prod not found"}"#));
    let error = engine.docker().run("busybox:test").output().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn reports_of_progress_are_decoded_and_their_errors_returned() {
    let engine = Engine::start(|_| {
        let text = "{\"status\":\"Downloading\",\"id\":\"l1\",\"progressDetail\":{\"current\":5,\
            \"total\":10}}\r\n{\"stream\":\"Step 1\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:0f\"}}\r\n\
            {\"error\":\"manifest unknown\"}\r\n{\"errorDetail\":{\"code\":401,\"message\":\"denied\"},\
            \"error\":\"denied\"}";
        Reply::pieces("application/json", text.as_bytes().chunks(7).map(Piece::from))
    });
    let mut progress = engine.docker().pull("busybox").progress().await.unwrap();
    let layer = progress.next().await.unwrap().unwrap();
    let detail = layer.detail.unwrap();
    assert_eq!(
        (layer.id.as_deref(), detail.current, detail.total),
        (Some("l1"), Some(5), Some(10))
    );
    assert_eq!(progress.next().await.unwrap().unwrap().stream.as_deref(), Some("Step 1\n"));
    assert_eq!(progress.next().await.unwrap().unwrap().image_id(), Some("sha256:0f"));
    let error = progress.next().await.unwrap().unwrap_err();
    assert!(
        matches!(&error, Error::InStream { code: None, message, .. } if message == "manifest unknown")
    );
    let error = progress.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(progress.next().await.is_none());
    assert_eq!(engine.lines()[1], "POST /v1.41/images/create?fromImage=busybox&tag=latest");
}

#[tokio::test]
async fn finish_returns_the_error_of_a_pull() {
    let engine = Engine::start(|_| {
        Reply::json(200, "{\"status\":\"x\"}\n{\"error\":\"manifest unknown\"}\n")
    });
    let error = engine.docker().pull("busybox").finish().await.unwrap_err();
    assert!(error.to_string().ends_with("manifest unknown"), "{error}");
}

#[tokio::test]
async fn an_incomplete_progress_stream_is_an_error() {
    let engine = Engine::start(|_| Reply::json(200, "{\"status\":\"x\"}\n{\"stat"));
    let mut progress = engine.docker().pull("busybox").progress().await.unwrap();
    progress.next().await.unwrap().unwrap();
    let error = progress.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
}

#[tokio::test]
async fn an_empty_progress_stream_is_an_error() {
    let engine = Engine::start(|_| Reply::json(200, ""));
    let docker = engine.docker();
    for error in [
        docker.pull("busybox").finish().await.unwrap_err(),
        docker.push("busybox").finish().await.unwrap_err(),
        docker.image_build().finish().await.unwrap_err(),
        docker.image_load("tar").finish().await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
        assert!(error.to_string().ends_with("before its first report"), "{error}");
    }
}

#[tokio::test]
async fn a_discarded_progress_stream_must_be_json() {
    let engine = Engine::start(|seen| match seen.line.contains("/start") {
        true => Reply::json(200, "fine"),
        false => Reply::json(200, "{\"status\":\"x\"}\n<html>"),
    });
    let docker = engine.docker();
    let push = Request::from(docker.push("busybox"));
    let error = push.discard().await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    docker.container_start("web").send().await.unwrap();
}

#[tokio::test]
async fn without_credentials_there_is_no_header() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    engine.docker().pull("busybox").finish().await.unwrap();
    assert_eq!(engine.requests()[0].header("x-registry-auth"), None);
}

#[tokio::test]
async fn debug_shows_neither_variables_nor_input() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    let run = docker.run("alpine").env("TOKEN", "hunter2").input("hunter2");
    let exec = docker.exec("web").env("TOKEN", "hunter2").input("hunter2");
    let shown = format!("{run:?} {exec:?}");
    assert!(shown.contains("alpine") && shown.contains("web"), "{shown}");
    // Debug writes bytes as numbers; 104 is the first letter.
    assert!(!shown.contains("hunter2") && !shown.contains("104"), "{shown}");
}
