//! Checkpoints of containers. Making one takes CRIU, which is not among what the engines are started from, so that a
//! fake engine stands for one that has it.

use docker_client::{Docker, ErrorKind, types};
use engines::case::{Context, EngineTest, Outcome};
use serde_json::json;

use crate::fake::Fake;
use crate::support::{docker, refused, sleeper, test, told, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("checkpoints::need_a_container", need_a_container),
        test("checkpoints::are_made_and_removed", are_made_and_removed),
    ]
}

fn first() -> Result<types::CheckpointCreateRequest, engines::case::Stop> {
    typed(json!({"CheckpointID": "first", "Exit": false}))
}

async fn need_a_container(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "checked").await?;
    let listed = docker.checkpoint_list(&id).send().await?.into_inner();
    assert!(listed.is_empty(), "{listed:?}");
    let name = cx.name("missing");
    refused(docker.checkpoint_list(&name).send().await, ErrorKind::NotFound);
    refused(docker.checkpoint_create(&name, first()?).send().await, ErrorKind::NotFound);
    let missing = docker.checkpoint_delete(&id, "missing").send().await;
    told(missing, "checkpoint");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn are_made_and_removed(_: Context) -> Outcome {
    let fake = Fake::start([
        ("POST /v1.35/containers/web/checkpoints", "201 Created", ""),
        ("GET /v1.35/containers/web/checkpoints", "200 OK", r#"[{"Name":"first"}]"#),
        ("DELETE /v1.35/containers/web/checkpoints/first", "204 No Content", ""),
    ]);
    let docker: Docker = fake.client("1.35")?;
    docker.checkpoint_create("web", first()?).send().await?;
    let listed = docker.checkpoint_list("web").send().await?.into_inner();
    assert_eq!(wire(&listed)?, json!([{"Name": "first"}]));
    docker.checkpoint_delete("web", "first").send().await?;
    let bodies = fake.bodies();
    let sent: serde_json::Value = serde_json::from_str(&bodies[0])?;
    assert_eq!(sent, json!({"CheckpointID": "first", "Exit": false}));
    crate::record::by_a_fake();
    Ok(())
}
