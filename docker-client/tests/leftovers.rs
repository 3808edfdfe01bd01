//! What a client leaves behind: no descriptor, no task and no process, and nothing that a runtime waits for.
//!
//! One test, in steps, because it counts what the whole process has.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use docker_client::prelude::*;
use docker_client::{Body, Docker, Operation};
use support::{Engine, Reply};
use tokio::runtime::{Builder, Runtime};

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits until a count is what is expected.
fn wait_for(what: &str, expected: usize, count: impl Fn() -> usize) {
    let begin = Instant::now();
    while count() != expected {
        assert!(begin.elapsed() < Duration::from_secs(10), "{} {what}, not {expected}", count());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn nothing_is_left() {
    dead_runtimes_keep_no_descriptors();
    a_dropped_client_leaves_no_task();
    a_runtime_ends_while_a_credential_helper_runs();
    a_runtime_ends_while_a_fifo_is_read();
}

fn dead_runtimes_keep_no_descriptors() {
    let server = runtime();
    let engine = server.block_on(async { Engine::start(|_| Reply::json(200, "{}")) });
    let docker = engine.docker();
    let before = descriptors();
    for _ in 0..20 {
        let runtime = runtime();
        runtime.block_on(docker.request(&INFO).discard()).unwrap();
    }
    wait_for("descriptors", before, descriptors);
    // It goes on in a new one.
    runtime().block_on(docker.request(&INFO).discard()).unwrap();
    drop(docker);
    wait_for("descriptors", before, descriptors);
}

fn a_dropped_client_leaves_no_task() {
    let server = runtime();
    let engine = server.block_on(async { Engine::start(|_| Reply::json(200, "{}")) });
    let runtime = runtime();
    let tasks = || runtime.metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..10 {
        let docker = engine.docker();
        runtime.block_on(docker.request(&INFO).discard()).unwrap();
    }
    wait_for("tasks", before, tasks);
    server.block_on(engine.wait_for_open(0)).unwrap();
}

/// Runs `call` until it is busy, and ends its runtime.
fn ends(what: &str, busy: impl Fn() -> bool, call: impl Future<Output = ()> + Send + 'static) {
    let runtime = runtime();
    runtime.spawn(call);
    let begin = Instant::now();
    while !busy() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what} has not begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    let begin = Instant::now();
    drop(runtime);
    assert!(begin.elapsed() < Duration::from_secs(5), "{what} holds up the end of the runtime");
}

fn script(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn a_runtime_ends_while_a_credential_helper_runs() {
    let directory = tempfile::tempdir().unwrap();
    let begun = directory.path().join("begun");
    let text = format!("touch {}; exec sleep 60", begun.display());
    script(&directory.path().join("docker-credential-slow"), &text);
    std::fs::write(directory.path().join("config.json"), r#"{"credsStore":"slow"}"#).unwrap();
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let variables = [("DOCKER_CONFIG", directory.path().to_str().unwrap()), ("PATH", &path)];
    let docker = Docker::builder()
        .environment(variables)
        .host("unix:///nowhere.sock".parse().unwrap())
        .api_version("1.41".parse().unwrap())
        .connect()
        .unwrap();
    ends("a helper", || begun.exists(), async move {
        let _ = docker.pull("r.example.com/app").finish().await;
    });
}

fn a_runtime_ends_while_a_fifo_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let server = runtime();
    let engine = server.block_on(async { Engine::start(|_| Reply::json(200, "{}")) });
    let docker = engine.docker_at("1.41");
    let body = Body::from_path(&fifo);
    ends("a FIFO", || engine.connections() > 0, async move {
        let _ = docker.image_load(body).finish().await;
    });
}
