//! Services of a swarm: replicated, global and jobs; their logs; updated and rolled back.

use docker_client::prelude::*;
use docker_client::{Docker, Error, ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome, Stop, until};
use serde_json::{Value, json};

use crate::support::{docker, refused, refused_with_message, speaks, test, typed, wire};
use crate::swarm;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("services::run_as_often_as_asked", run_as_often_as_asked),
        test("services::run_on_every_node", run_on_every_node),
        test("services::jobs_come_to_an_end", jobs_come_to_an_end),
        test("services::are_updated_and_rolled_back", are_updated_and_rolled_back),
        test("services::what_a_missing_one_is_asked_for", a_missing_one),
    ]
}

/// The specification of a service that runs a script.
pub(crate) fn spec(cx: &Context, name: &str, mode: Value, script: &str) -> Value {
    json!({
        "Name": cx.name(name), "Labels": {cx.label(): ""}, "Mode": mode,
        "TaskTemplate": {
            "ContainerSpec": {"Image": cx.image(), "Command": ["sh", "-c", script], "StopGracePeriod": 0},
            "RestartPolicy": {"Condition": "none"},
        },
    })
}

/// Creates a service and returns its id.
pub(crate) async fn create(docker: &Docker, spec: Value) -> Result<String, Stop> {
    let created = docker.service_create(typed::<types::ServiceSpec>(spec)?).send().await?;
    Ok(created.into_inner().id.ok_or("no id")?)
}

/// The service's tasks, once so many of them are in this state.
pub(crate) async fn tasks(
    docker: &Docker,
    service: &str,
    count: usize,
    state: &str,
) -> Result<Vec<Value>, Stop> {
    let own = Filters::new().with("service", service);
    until(&format!("{count} tasks that are {state}"), async || {
        let all = wire(&docker.task_list().filters(&own).send().await?.into_inner())?;
        let tasks: Vec<Value> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|task| task["Status"]["State"] == state)
            .cloned()
            .collect();
        Ok((tasks.len() == count).then_some(tasks))
    })
    .await
}

/// The complete log, or `None` if the manager reports in it that a part cannot be reached yet.
pub(crate) fn reached<T>(log: Result<T, Error>) -> Result<Option<T>, Stop> {
    match log {
        Err(Error::InStream { .. }) => Ok(None),
        log => Ok(Some(log?)),
    }
}

async fn run_as_often_as_asked(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let replicated =
        spec(&cx, "replicated", json!({"Replicated": {"Replicas": 2}}), "echo up; exec sleep 1000");
    let id = create(&docker, replicated.clone()).await?;
    let running = tasks(&docker, &id, 2, "running").await?;
    let mut slots: Vec<_> = running.iter().filter_map(|task| task["Slot"].as_u64()).collect();
    slots.sort_unstable();
    assert_eq!(slots, [1, 2]);
    let listed =
        docker.service_list().filters(Filters::new().with("label", cx.label())).send().await?;
    assert_eq!(listed.len(), 1);
    let lines = until("the output of both", async || {
        let logs = docker.service_logs(&id).stdout(true).stream().await?.collect().await;
        Ok(reached(logs)?.filter(|logs| logs.stdout == b"up\nup\n"))
    });
    lines.await?;
    let taken = docker.service_create(typed::<types::ServiceSpec>(replicated)?).send().await;
    refused(taken, ErrorKind::Conflict);
    docker.service_delete(&id).send().await?;
    refused(docker.service_inspect(&id).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn run_on_every_node(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let id = create(&docker, spec(&cx, "global", json!({"Global": {}}), "exec sleep 1000")).await?;
    let running = tasks(&docker, &id, 1, "running").await?;
    assert!(running[0]["NodeID"].is_string() && running[0]["Slot"].is_null(), "{}", running[0]);
    let found =
        wire(&docker.service_inspect(&id).insert_defaults(true).send().await?.into_inner())?;
    assert!(found["Spec"]["Mode"]["Global"].is_object(), "{found}");
    assert_eq!(found["Spec"]["UpdateConfig"]["Order"], "stop-first", "a default");
    docker.service_delete(&id).send().await?;
    Ok(())
}

async fn jobs_come_to_an_end(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    if !speaks(&docker, 41).await? {
        return Err(engines::case::skip("jobs are of API 1.41"));
    }
    swarm::ensure(&docker).await?;
    let replicated = json!({"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}});
    for (name, mode, count) in [("job", replicated, 2), ("everywhere", json!({"GlobalJob": {}}), 1)]
    {
        let id = create(&docker, spec(&cx, name, mode, "exit 0")).await?;
        tasks(&docker, &id, count, "complete").await?;
        docker.service_delete(&id).send().await?;
    }
    Ok(())
}

async fn are_updated_and_rolled_back(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let id = create(&docker, spec(&cx, "updated", json!({"Replicated": {"Replicas": 0}}), "true"))
        .await?;
    let inspect = async || Ok::<_, Stop>(docker.service_inspect(&id).send().await?.into_inner());
    let environment = async || {
        let found = wire(&inspect().await?)?;
        Ok::<_, Stop>(found["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"].clone())
    };
    let mut changed = wire(&inspect().await?)?["Spec"].clone();
    changed["TaskTemplate"]["ContainerSpec"]["Env"] = json!(["A=1"]);
    let changed = typed::<types::ServiceSpec>(changed)?;
    let stale = swarm::update_with_retry(async || {
        let read = swarm::version(&inspect().await?)?;
        docker.service_update(&id, read, &changed).send().await?;
        Ok(read)
    })
    .await?;
    assert_eq!(environment().await?, json!(["A=1"]));
    refused_with_message(
        docker.service_update(&id, stale, &changed).send().await,
        "out of sequence",
    );
    swarm::update_with_retry(async || {
        let read = swarm::version(&inspect().await?)?;
        docker.service_update(&id, read, &changed).rollback("previous").send().await?;
        Ok(())
    })
    .await?;
    let env = environment().await?;
    assert!(env.is_null() || env == json!([]), "{env}");
    docker.service_delete(&id).send().await?;
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let name = cx.name("missing");
    refused(docker.service_inspect(&name).send().await, ErrorKind::NotFound);
    refused(docker.service_delete(&name).send().await, ErrorKind::NotFound);
    refused(docker.service_logs(&name).stdout(true).send().await, ErrorKind::NotFound);
    let body = typed::<types::ServiceSpec>(spec(&cx, "missing", json!({"Global": {}}), "true"))?;
    refused(docker.service_update(&name, 1, body).send().await, ErrorKind::NotFound);
    refused(
        docker.service_list().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    refused(
        docker.service_create(types::ServiceSpec::default()).send().await,
        ErrorKind::InvalidArgument,
    );
    Ok(())
}
