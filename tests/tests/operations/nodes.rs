//! Nodes of a swarm: listed, inspected, labelled. Their removal is tested where one joins.

use docker_client::{ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome};
use serde_json::json;

use crate::support::{docker, refused, refused_with_message, test, typed, wire};
use crate::swarm;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test("nodes::are_labelled", are_labelled).exclusive()]
}

async fn are_labelled(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let manager = Filters::new().with("role", "manager");
    let nodes = docker.node_list().filters(&manager).send().await?.into_inner();
    assert_eq!(nodes.len(), 1);
    let id = nodes[0].id.clone().ok_or("no id")?;
    let node = docker.node_inspect(&id).send().await?.into_inner();
    let seen = wire(&node)?;
    assert_eq!(
        (&seen["Status"]["State"], &seen["ManagerStatus"]["Leader"]),
        (&json!("ready"), &json!(true))
    );
    let spec = json!({"Role": "manager", "Availability": "active", "Labels": {"zone": "a"}});
    let spec = typed::<types::NodeSpec>(spec)?;
    let stale = swarm::update_with_retry(async || {
        let read = swarm::version(&docker.node_inspect(&id).send().await?.into_inner())?;
        docker.node_update(&id, read, &spec).send().await?;
        Ok(read)
    })
    .await?;
    let labelled = Filters::new().with("node.label", "zone=a");
    // Lists know this filter from 20.10 on, whatever the version.
    assert_eq!(docker.node_list().filters(&labelled).send().await?.len(), 1);
    refused_with_message(docker.node_update(&id, stale, &spec).send().await, "out of sequence");
    refused(
        docker.node_list().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    refused(docker.node_inspect("missing").send().await, ErrorKind::NotFound);
    refused(docker.node_update("missing", 1, &spec).send().await, ErrorKind::NotFound);
    refused(docker.node_delete("missing").send().await, ErrorKind::NotFound);
    Ok(())
}
