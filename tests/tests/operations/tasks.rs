//! Tasks of services: listed, inspected, and what they write.

use docker_client::prelude::*;
use docker_client::{ErrorKind, Filters};
use engines::case::{Context, EngineTest, Outcome, until};
use serde_json::json;

use crate::support::{docker, refused, test, wire};
use crate::{services, swarm};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test("tasks::tell_how_they_ended", tell_how_they_ended)]
}

async fn tell_how_they_ended(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let spec = services::spec(
        &cx,
        "failing",
        json!({"Replicated": {"Replicas": 1}}),
        "echo out; echo err >&2; exit 3",
    );
    let service = services::create(&docker, spec).await?;
    let failed = services::tasks(&docker, &service, 1, "failed").await?;
    let id = failed[0]["ID"].as_str().ok_or("no id")?;
    let task = wire(&docker.task_inspect(id).send().await?.into_inner())?;
    assert_eq!(task["Status"]["ContainerStatus"]["ExitCode"], 3, "{task}");
    assert_eq!(task["ServiceID"], service.as_str());
    let output = until("the task's output", async || {
        let logs = services::reached(docker.task_logs(id).stream().await?.collect().await)?;
        Ok(logs.filter(|logs| !logs.stdout.is_empty() && !logs.stderr.is_empty()))
    })
    .await?;
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    refused(docker.task_inspect("missing").send().await, ErrorKind::NotFound);
    refused(docker.task_logs("missing").stdout(true).send().await, ErrorKind::NotFound);
    refused(
        docker.task_list().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    docker.service_delete(&service).send().await?;
    Ok(())
}
