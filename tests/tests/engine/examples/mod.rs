//! The examples of docker-client, run as programs, each with its output checked.

mod containers;
mod images;
mod interactive;
mod objects;
mod output;
mod remote;
mod terminal;

use std::process::Output;

use engines::case::{Context, EngineTest, Stop, until};
use engines::engine::Dockerd;
use engines::example::example;
use engines::http::{Client, Payload};
use serde_json::Value;
use tokio::process::Command;

pub(crate) fn tests() -> Vec<EngineTest> {
    let tests = [
        containers::tests(),
        images::tests(),
        interactive::tests(),
        objects::tests(),
        output::tests(),
        remote::tests(),
    ];
    tests.into_iter().flatten().collect()
}

/// Runs an example with no other settings than these.
pub(crate) async fn program(
    name: &str,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> Result<Output, Stop> {
    let mut program = Command::new(example(name)?);
    program.args(arguments).env_clear().envs(settings.iter().copied()).kill_on_drop(true);
    Ok(program.output().await?)
}

/// Runs an example on the engine of the test, and returns what it wrote to standard output. It has to succeed, and not to
/// complain.
async fn run(cx: &Context, name: &str, arguments: &[&str]) -> Result<String, Stop> {
    let output = program(name, arguments, &[("DOCKER_HOST", cx.host())]).await?;
    succeeded(&output)
}

/// The standard output of a program, which has to succeed and to write nothing to standard error.
fn succeeded(output: &Output) -> Result<String, Stop> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !stderr.is_empty() {
        return Err(Stop::Fail(format!("it ended with {}: {stderr}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// An engine that the test has for itself, once it has the image of the tests as well.
pub(crate) async fn with_image(cx: &Context, engine: Dockerd) -> Result<Dockerd, Stop> {
    let image = cx.http().get(&format!("/images/{}/get", cx.image())).await?.expect(200)?;
    engine.client().post("/images/load", Payload::tar(image.body)).await?.expect(200)?;
    Ok(engine)
}

/// A container that runs a script. It is removed after the test.
async fn script(cx: &Context, name: &str, script: &str) -> Result<String, Stop> {
    start(cx.http(), name, &cx.container(&["sh", "-c", script])).await
}

/// A container on any engine, started.
async fn start(engine: &Client, name: &str, config: &Value) -> Result<String, Stop> {
    let id = engine.create(name, config).await?;
    engine.post(&format!("/containers/{id}/start"), Payload::none()).await?.expect(204)?;
    Ok(id)
}

/// Waits until a container has exited, and the engine's lists say so, which is a moment after its wait has ended.
async fn exited(cx: &Context, id: &str) -> Result<(), Stop> {
    let filters = format!("%7B%22id%22:%5B%22{id}%22%5D,%22status%22:%5B%22exited%22%5D%7D");
    let list = format!("/containers/json?all=1&filters={filters}");
    until("the container's end", async || {
        let listed = cx.http().get(&list).await?.expect(200)?.json()?;
        Ok(listed.as_array().is_some_and(|found| !found.is_empty()).then_some(()))
    })
    .await
}

/// The engine's description of a container, requested by another client.
async fn inspect(cx: &Context, id: &str) -> Result<Value, Stop> {
    Ok(cx.http().get(&format!("/containers/{id}/json")).await?.expect(200)?.json()?)
}

/// Removes a container that does not have the label of the test.
async fn remove(cx: &Context, id: &str) -> Result<(), Stop> {
    cx.http().delete(&format!("/containers/{id}?force=true&v=true")).await?.expect(204)?;
    Ok(())
}
