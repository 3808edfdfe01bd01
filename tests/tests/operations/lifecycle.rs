//! The life of a container: started, paused, sent signals, stopped, started again, its end awaited.

use std::time::Duration;

use docker_client::prelude::*;
use docker_client::{Docker, Request};
use engines::case::{Context, EngineTest, Outcome, Stop, until};
use serde_json::Value;

use crate::support::{create, docker, refused_with_message, script, sleeper, start, test, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("lifecycle::signals_reach_the_process", signals_reach_the_process).on_podman(),
        test("lifecycle::started_and_stopped_once", started_and_stopped_once).on_podman(),
        test("lifecycle::a_restart_is_a_new_life", a_restart_is_a_new_life).on_podman(),
        test("lifecycle::a_pause_stands_still", a_pause_stands_still).on_podman(),
        test("lifecycle::waits_for_what_it_is_told", waits_for_what_it_is_told),
    ]
}

/// Waits until the container has written this line.
async fn line(docker: &Docker, id: &str, line: &str) -> Outcome {
    let written = async || {
        let output = docker.container_logs(id).stdout(true).stream().await?.collect().await?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().any(|found| found == line).then_some(()))
    };
    until(line, written).await
}

async fn status(docker: &Docker, id: &str) -> Result<String, Stop> {
    let found = wire(&docker.container_inspect(id).send().await?.into_inner())?;
    Ok(found["State"]["Status"].as_str().unwrap_or_default().to_owned())
}

async fn signals_reach_the_process(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let trap = "trap 'echo hup' HUP; trap 'exit 7' USR1; echo ready; while :; do sleep 0.1; done";
    let id = start(&docker, &cx.name("signals"), script(&cx, trap)).await?;
    line(&docker, &id, "ready").await?;
    docker.container_kill(&id).signal("SIGHUP").send().await?;
    line(&docker, &id, "hup").await?;
    docker.container_kill(&id).signal("USR1").send().await?;
    assert_eq!(docker.container_wait(&id).send().await?.status_code, 7);
    refused_with_message(docker.container_kill(&id).send().await, "running");
    Ok(())
}

async fn started_and_stopped_once(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = create(
        &docker,
        &cx.name("once"),
        script(&cx, "trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done"),
    )
    .await?;
    assert_eq!(docker.container_start(&id).send().await?.status(), 204);
    assert_eq!(docker.container_start(&id).send().await?.status(), 304);
    line(&docker, &id, "ready").await?;
    assert_eq!(docker.container_stop(&id).t(20).send().await?.status(), 204);
    assert_eq!(docker.container_stop(&id).send().await?.status(), 304);
    let found = docker.container_inspect(&id).send().await?.into_inner();
    assert_eq!(found.state.and_then(|state| state.exit_code), Some(4));
    // A container that ignores the signal is killed after the timeout.
    let deaf = start(
        &docker,
        &cx.name("deaf"),
        script(&cx, "trap '' TERM; echo ready; while :; do sleep 0.1; done"),
    )
    .await?;
    line(&docker, &deaf, "ready").await?;
    docker.container_stop(&deaf).t(0).send().await?;
    let found = docker.container_inspect(&deaf).send().await?.into_inner();
    assert_eq!(found.state.and_then(|state| state.exit_code), Some(137));
    Ok(())
}

async fn a_restart_is_a_new_life(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "restart").await?;
    let begun = async || {
        let found = docker.container_inspect(&id).send().await?.into_inner();
        Ok::<_, Stop>(found.state.and_then(|state| state.started_at).unwrap_or_default())
    };
    let first = begun().await?;
    docker.container_restart(&id).t(0).send().await?;
    assert_ne!(begun().await?, first);
    assert_eq!(status(&docker, &id).await?, "running");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn a_pause_stands_still(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "pause").await?;
    docker.container_pause(&id).send().await?;
    assert_eq!(status(&docker, &id).await?, "paused");
    refused_with_message(docker.container_pause(&id).send().await, "paused");
    docker.container_unpause(&id).send().await?;
    // containerd also reports the pause to the engine as an event. A late event may look like another pause, which containerd
    // then refuses to end, until the event of the end arrives.
    until("a refusal to go on twice", async || {
        let refused = docker.container_unpause(&id).send().await.err();
        Ok(refused.filter(|error| error.to_string().contains("not paused")))
    })
    .await?;
    let running = async || Ok((status(&docker, &id).await? == "running").then_some(()));
    until("a container that runs", running).await?;
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn waits_for_what_it_is_told(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&docker, &cx.name("wait"), script(&cx, "exit 3")).await?;
    assert_eq!(docker.container_wait(&id).condition("not-running").send().await?.status_code, 3);
    // Once the head of the response has arrived, the engine waits.
    let begun = async |condition: &str| {
        let wait = docker.container_wait(&id).condition(condition);
        Ok::<_, Stop>(Request::from(wait).stream().await?.into_inner())
    };
    let next = begun("next-exit").await?.collect();
    let brief = Duration::from_millis(300);
    assert!(tokio::time::timeout(brief, next).await.is_err(), "it has ended before");
    let removed = begun("removed").await?;
    docker.container_delete(&id).send().await?;
    let reply: Value = serde_json::from_slice(&removed.collect().await?)?;
    assert_eq!(reply["StatusCode"], 3, "{reply}");
    Ok(())
}
