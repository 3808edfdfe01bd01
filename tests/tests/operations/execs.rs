//! Commands in running containers: their settings, their output, their exit codes, in the background and with a
//! terminal.

use docker_client::prelude::*;
use docker_client::{ErrorKind, types};
use engines::case::{Context, EngineTest, Outcome, until};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::support::{docker, refused, sleeper, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("execs::get_what_they_are_given", get_what_they_are_given).on_podman(),
        test("execs::run_in_the_background", run_in_the_background),
        test("execs::have_a_terminal_of_a_size", have_a_terminal_of_a_size),
        test("execs::need_a_container_that_runs", need_a_container_that_runs),
    ]
}

async fn get_what_they_are_given(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "given").await?;
    let body = json!({
        "Cmd": ["sh", "-c", "whoami; pwd; echo $A; cat; echo err >&2; exit 7"], "User": "nobody",
        "WorkingDir": "/tmp", "Env": ["A=b"], "AttachStdin": true, "AttachStdout": true, "AttachStderr": true,
    });
    let exec =
        docker.container_exec(&id, typed::<types::ExecConfig>(body)?).send().await?.into_inner().id;
    let fresh = docker.exec_inspect(&exec).send().await?.into_inner();
    assert_eq!(fresh.running, Some(false));
    assert_eq!(fresh.container_id.as_deref(), Some(id.as_str()));
    let mut attached = docker.exec_start(&exec, types::ExecStartConfig::default()).attach().await?;
    attached.input.write_all(b"input").await?;
    attached.input.close().await?;
    let output = attached.output.collect().await?;
    // Documents before 1.35 name no working directory, and every engine here serves it.
    assert_eq!(String::from_utf8(output.stdout)?, "nobody\n/tmp\nb\ninput");
    assert_eq!(output.stderr, b"err\n");
    let code = until("the exit code", async || {
        let found = docker.exec_inspect(&exec).send().await?.into_inner();
        Ok(if found.running == Some(false) { found.exit_code } else { None })
    });
    assert_eq!(code.await?, 7);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn run_in_the_background(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "background").await?;
    let body =
        typed::<types::ExecConfig>(json!({"Cmd": ["sh", "-c", "echo done > /tmp/done; exit 3"]}))?;
    let exec = docker.container_exec(&id, &body).send().await?.into_inner().id;
    let detached = typed::<types::ExecStartConfig>(json!({"Detach": true, "Tty": false}))?;
    let started =
        docker_client::Request::from(docker.exec_start(&exec, &detached)).discard().await?;
    assert_eq!(started.status(), 200);
    let code = until("the exit code", async || {
        let found = docker.exec_inspect(&exec).send().await?.into_inner();
        Ok(if found.running == Some(false) { found.exit_code } else { None })
    });
    assert_eq!(code.await?, 3);
    let file =
        docker.container_archive(&id, "/tmp/done").send().await?.into_inner().collect().await?;
    assert_eq!(crate::support::unpack(&file, "done")?.as_deref(), Some("done\n"));
    let again = docker_client::Request::from(docker.exec_start(&exec, &detached)).discard().await;
    refused(again, ErrorKind::Conflict);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn have_a_terminal_of_a_size(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "terminal").await?;
    let body = json!({
        "Cmd": ["sh", "-c", "read x; stty size"], "Tty": true, "AttachStdin": true, "AttachStdout": true,
    });
    let exec =
        docker.container_exec(&id, typed::<types::ExecConfig>(body)?).send().await?.into_inner().id;
    let mut attached = docker.exec_start(&exec, types::ExecStartConfig::default()).attach().await?;
    docker.exec_resize(&exec, 33, 111).send().await?;
    attached.input.write_all(b"\n").await?;
    let output = attached.output.collect().await?;
    let text = String::from_utf8(output.stdout)?;
    assert!(text.contains("33 111"), "{text}");
    refused(docker.exec_resize("missing", 24, 80).send().await, ErrorKind::NotFound);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn need_a_container_that_runs(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "ended").await?;
    docker.container_kill(&id).send().await?;
    docker.container_wait(&id).send().await?;
    let body = typed::<types::ExecConfig>(json!({"Cmd": ["true"]}))?;
    refused(docker.container_exec(&id, &body).send().await, ErrorKind::Conflict);
    refused(docker.container_exec(cx.name("missing"), &body).send().await, ErrorKind::NotFound);
    refused(docker.exec_inspect("missing").send().await, ErrorKind::NotFound);
    let start = docker.exec_start("missing", types::ExecStartConfig::default()).send().await;
    refused(start, ErrorKind::NotFound);
    let known = wire(&docker.container_inspect(&id).send().await?.into_inner())?;
    assert_eq!(known["State"]["Status"], Value::from("exited"));
    Ok(())
}
