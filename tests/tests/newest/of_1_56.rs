//! API 1.56, in the form that the engine's change log and its document give it.

use docker_client::operations::ContainerListFilters;
use docker_client::prelude::*;
use docker_client::types::{
    ContainerCreateBody, HealthConfig, HostConfig, ServiceSpec, TaskSpec, TaskSpecContainerSpec,
};
use docker_client::{Docker, ErrorKind};
use fake_engine::{FakeEngine, InOrder, Reply};
use serde_json::{Value, json};

/// An engine of API 1.56 that expects these requests in this order, and a client of it.
fn engine<const N: usize>(exchanges: [(&'static str, Reply); N]) -> (FakeEngine, Docker) {
    let answers = InOrder::new(exchanges);
    let engine = FakeEngine::builder().in_memory().api_version("1.56").answer(answers).unwrap();
    let dialer = engine.dialer().unwrap();
    let docker = Docker::builder()
        .environment([("", ""); 0])
        .host("unix:///fake.sock".parse().unwrap())
        .connector(move || std::future::ready(dialer.dial()))
        .connect()
        .unwrap();
    (engine, docker)
}

fn sent(engine: &FakeEngine) -> Value {
    serde_json::from_slice(&engine.requests()[0].body).unwrap()
}

fn lines(lines: &[Value]) -> Reply {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Reply::new(200, "application/jsonl", text)
}

#[tokio::test]
async fn a_container_has_the_umask_that_was_set() {
    let created = Reply::json(201, r#"{"Id":"0f","Warnings":[]}"#);
    let inspected = Reply::json(200, r#"{"Id":"0f","HostConfig":{"Umask":0}}"#);
    let (engine, docker) = engine([
        ("POST /v1.56/containers/create", created),
        ("GET /v1.56/containers/0f/json", inspected),
    ]);
    let body = ContainerCreateBody {
        image: Some("busybox".into()),
        host_config: Some(HostConfig { umask: Some(0o027), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    docker.container_create(body).send().await.unwrap();
    assert_eq!(sent(&engine)["HostConfig"]["Umask"], 23);
    let found = docker.container_inspect("0f").send().await.unwrap().into_inner();
    // 0 is a mask too, and differs from none.
    assert_eq!(found.host_config.unwrap().umask, Some(0));
}

#[tokio::test]
async fn a_list_of_containers_is_filtered_by_annotation() {
    let (_engine, docker) = engine([(
        "GET /v1.56/containers/json?filters=%7B%22annotation%22%3A%7B%22a%3Db%22%3Atrue%7D%7D",
        Reply::json(200, "[]"),
    )]);
    let filters = ContainerListFilters::new().annotation("a=b");
    docker.container_list().filters(filters).send().await.unwrap();
}

#[tokio::test]
async fn a_build_takes_limits_of_64_bits() {
    let line = "POST /v1.56/build?memory=1099511627776&memswap=2199023255552&cpuperiod=4294967296";
    let (_engine, docker) = engine([(line, lines(&[json!({"aux": {"ID": "sha256:0f"}})]))]);
    let build = docker.image_build().memory(1 << 40).memswap(1 << 41).cpuperiod(1 << 32);
    assert_eq!(build.finish().await.unwrap().image_id.as_deref(), Some("sha256:0f"));
}

#[tokio::test]
async fn a_service_has_the_health_check_that_was_set() {
    let (engine, docker) =
        engine([("POST /v1.56/services/create", Reply::json(201, r#"{"ID":"a"}"#))]);
    let check = HealthConfig { test: vec!["NONE".into()], ..HealthConfig::default() };
    let container =
        TaskSpecContainerSpec { healthcheck: Some(check), ..TaskSpecContainerSpec::default() };
    let task = TaskSpec { container_spec: Some(container), ..TaskSpec::default() };
    let spec = ServiceSpec { task_template: Some(task), ..ServiceSpec::default() };
    docker.service_create(spec).send().await.unwrap();
    let container = &sent(&engine)["TaskTemplate"]["ContainerSpec"];
    assert_eq!(container["Healthcheck"]["Test"], json!(["NONE"]));
    assert_eq!(container.get("HealthCheck"), None);
}

#[tokio::test]
async fn lists_of_the_query_are_repeated_keys() {
    let tar = || Reply::new(200, "application/x-tar", "");
    let (_engine, docker) = engine([
        ("GET /v1.56/images/get?names=a%2Cb&names=c", tar()),
        (
            "POST /v1.56/images/create?fromSrc=-&changes=ENV%20A%3D1%2C2&changes=USER%20a",
            lines(&[json!({"status": "sha256:0f"})]),
        ),
    ]);
    // A comma in a value separates nothing.
    let saved = docker.image_get_all().names(["a,b", "c"]).send().await.unwrap().into_inner();
    assert!(saved.collect().await.unwrap().is_empty());
    let import = docker.image_create().from_src("-").changes(["ENV A=1,2", "USER a"]);
    import.finish().await.unwrap();
}

#[tokio::test]
async fn errors_are_json_whatever_the_operation() {
    let (_engine, docker) = engine([(
        "POST /v1.56/containers/web/kill",
        Reply::error(409, "container web is not running"),
    )]);
    let error = docker.container_kill("web").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("container web is not running"), "{error}");
}

/// The last line of a prune that reports its progress.
fn deleted(name: &str) -> Value {
    json!({"aux": {name: ["a", "b"], "SpaceReclaimed": 7}})
}

#[tokio::test]
async fn every_prune_reports_its_progress() {
    let reply = |name| lines(&[json!({"id": "a", "status": "Deleted"}), deleted(name)]);
    let (_engine, docker) = engine([
        ("POST /v1.56/containers/prune?stream=true", reply("ContainersDeleted")),
        ("POST /v1.56/images/prune?stream=true", reply("ImagesDeleted")),
        ("POST /v1.56/networks/prune?stream=true", reply("NetworksDeleted")),
        ("POST /v1.56/volumes/prune?stream=true", reply("VolumesDeleted")),
        ("POST /v1.56/build/prune?stream=true", reply("CachesDeleted")),
    ]);
    for mut progress in [
        docker.container_prune().progress().await.unwrap(),
        docker.image_prune().progress().await.unwrap(),
        docker.network_prune().progress().await.unwrap(),
        docker.volume_prune().progress().await.unwrap(),
        docker.build_prune().progress().await.unwrap(),
    ] {
        let first = progress.next().await.unwrap().unwrap();
        assert_eq!((first.id.as_deref(), first.status.as_deref()), (Some("a"), Some("Deleted")));
        let last = progress.next().await.unwrap().unwrap();
        assert_eq!(last.aux.unwrap()["SpaceReclaimed"], 7);
        assert!(progress.next().await.is_none());
    }
}

#[tokio::test]
async fn a_prune_that_streams_is_decoded_to_what_it_deleted() {
    let (_engine, docker) = engine([(
        "POST /v1.56/containers/prune?stream=true",
        lines(&[json!({"id": "a", "status": "Deleted"}), deleted("ContainersDeleted")]),
    )]);
    let pruned = docker.container_prune().stream(true).send().await.unwrap().into_inner();
    assert_eq!(pruned.containers_deleted, ["a", "b"]);
    assert_eq!(pruned.space_reclaimed, Some(7));
}

#[tokio::test]
async fn a_prune_that_fails_in_its_stream_is_an_error() {
    let failing = || {
        let detail = json!({"errorDetail": {"message": "disk failure"}, "error": "disk failure"});
        lines(&[json!({"id": "a", "status": "Deleted"}), detail])
    };
    let (_engine, docker) = engine([
        ("POST /v1.56/volumes/prune?stream=true", failing()),
        ("POST /v1.56/volumes/prune?stream=true", failing()),
    ]);
    let error = docker.volume_prune().finish().await.unwrap_err();
    assert!(error.to_string().contains("disk failure"), "{error}");
    let error = docker.volume_prune().stream(true).send().await.unwrap_err();
    assert!(error.to_string().contains("disk failure"), "{error}");
}
