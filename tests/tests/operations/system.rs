//! The engine itself: what it is, what it holds, what happens on it.

use docker_client::prelude::*;
use docker_client::{ApiVersion, Docker, ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome, Stop};
use serde_json::json;

use crate::support::{create, docker, refused, refused_with_message, script, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("system::reports_its_version", reports_its_version).on_podman(),
        test("system::refuses_a_version_that_it_does_not_speak", refuses_a_version),
        test("system::reports_disk_usage", reports_disk_usage).exclusive(),
        test("system::events_of_a_time_and_a_kind", events_of_a_time_and_a_kind),
    ]
}

async fn reports_its_version(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let version = docker.system_version().send().await?.into_inner();
    assert_eq!(version.api_version.as_deref(), Some(cx.engine().api_version.as_str()));
    assert_eq!(version.os.as_deref(), Some("linux"));
    let info = docker.system_info().send().await?.into_inner();
    assert!(info.mem_total.is_some_and(|total| total > 100_000_000) && info.ncpu > Some(0));
    assert!(info.name.is_some_and(|name| !name.is_empty()));
    let ping = docker.system_ping().send().await?;
    assert_eq!(ping.headers()["api-version"], cx.engine().api_version.as_str());
    docker_api_since_140(&docker, &cx).await
}

/// A ping without a body, which documents have from 1.40 on.
async fn docker_api_since_140(docker: &Docker, cx: &Context) -> Outcome {
    docker_api::since!(1.40, {
        let ping = docker.system_ping_head().send().await?;
        assert_eq!(ping.headers()["api-version"], cx.engine().api_version.as_str());
    } else {
        let _ = (docker, cx);
    });
    Ok(())
}

async fn refuses_a_version(cx: Context) -> Outcome {
    let pinned = Docker::builder().environment([("", ""); 0]).host(cx.host().parse()?);
    let pinned = pinned.api_version(ApiVersion::new(1, 999)).connect()?;
    let message = refused(pinned.system_info().send().await, ErrorKind::InvalidArgument);
    assert!(message.contains("too new"), "{message}");
    refused(pinned.system_version().send().await, ErrorKind::InvalidArgument);
    refused(pinned.build_prune().send().await, ErrorKind::InvalidArgument);
    refused(pinned.system_data_usage().send().await, ErrorKind::InvalidArgument);
    Ok(())
}

async fn reports_disk_usage(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("room");
    let body = json!({"Name": name, "Labels": {cx.label(): ""}});
    docker.volume_create(typed::<types::VolumeCreateRequest>(body)?).send().await?;
    let id = create(&docker, &cx.name("room"), script(&cx, "true")).await?;
    let usage = wire(&docker.system_data_usage().send().await?.into_inner())?;
    let has = |part: &str, key: &str, value: &str| {
        usage[part].as_array().into_iter().flatten().any(|item| item[key] == value)
    };
    assert!(has("Volumes", "Name", &name), "{usage}");
    assert!(has("Containers", "Id", &id), "{usage}");
    assert!(usage["LayersSize"].as_u64().is_some_and(|size| size > 1_000_000), "{usage}");
    Ok(())
}

/// The actions of the test's own containers from one second up to another.
async fn actions(
    docker: &Docker,
    cx: &Context,
    since: u64,
    until: u64,
) -> Result<Vec<String>, Stop> {
    let own = Filters::new().with("type", "container").with("label", cx.label());
    let call = docker.system_events().since(since.to_string()).until(until.to_string());
    let mut events =
        call.filters(own.with("event", "create").with("event", "destroy")).events().await?;
    let mut actions = Vec::new();
    while let Some(event) = events.next().await {
        actions.extend(event?.action);
    }
    Ok(actions)
}

async fn events_of_a_time_and_a_kind(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let now = || {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        time.map_or(0, |time| time.as_secs())
    };
    let begun = now();
    let id = create(&docker, &cx.name("events"), script(&cx, "true")).await?;
    docker.container_rename(&id, cx.name("renamed")).send().await?;
    docker.container_delete(&id).send().await?;
    assert_eq!(actions(&docker, &cx, begun, now() + 1).await?, ["create", "destroy"]);
    assert_eq!(actions(&docker, &cx, 1, 2).await?, Vec::<String>::new());
    refused_with_message(docker.system_events().since("nonsense").send().await, "nonsense");
    Ok(())
}
