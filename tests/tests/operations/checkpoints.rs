//! Checkpoints of containers. Creating one requires CRIU, which the engines of the tests do not have, so that a
//! fake engine is used in place of one that has it.

use docker_client::{ErrorKind, types};
use engines::case::{Context, EngineTest, Outcome};
use fake_engine::Reply;
use serde_json::json;

use crate::fake;
use crate::support::{docker, refused, refused_with_message, sleeper, test, typed, wire};

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
    refused_with_message(missing, "checkpoint");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn are_made_and_removed(_: Context) -> Outcome {
    let (engine, docker) = fake::engine(
        "1.35",
        [
            ("POST /v1.35/containers/web/checkpoints", Reply::empty(201)),
            ("GET /v1.35/containers/web/checkpoints", Reply::json(200, r#"[{"Name":"first"}]"#)),
            ("DELETE /v1.35/containers/web/checkpoints/first", Reply::empty(204)),
        ],
    )?;
    docker.checkpoint_create("web", first()?).send().await?;
    let listed = docker.checkpoint_list("web").send().await?.into_inner();
    assert_eq!(wire(&listed)?, json!([{"Name": "first"}]));
    docker.checkpoint_delete("web", "first").send().await?;
    let sent: serde_json::Value = serde_json::from_slice(&engine.requests()[0].body)?;
    assert_eq!(sent, json!({"CheckpointID": "first", "Exit": false}));
    crate::record::by_a_fake();
    Ok(())
}
