//! Which version of the API goes into the paths, and how it is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use docker_client::types::{ContainerCreateBody, HostConfig, Mount, MountBindOptions};
use docker_client::{ApiVersion, Error, Operation};
use futures_util::FutureExt as _;
use support::{Engine, Reply, Seen};

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");

fn newest() -> ApiVersion {
    docker_api::API_VERSION.parse().unwrap()
}

fn is_ping(seen: &Seen) -> bool {
    seen.line.ends_with(" /_ping")
}

/// The lines that a first and a second call cause.
async fn lines(engine: &Engine) -> Vec<String> {
    let docker = engine.docker();
    docker.request(&INFO).discard().await.unwrap();
    docker.clone().request(&INFO).discard().await.unwrap();
    engine.lines()
}

async fn error(engine: &Engine) -> Error {
    engine.docker().request(&INFO).discard().await.unwrap_err()
}

#[tokio::test]
async fn the_lower_version_is_used_and_negotiated_once() {
    let engine =
        Engine::start_raw(
            |seen| if is_ping(seen) { Reply::pong("1.40") } else { Reply::json(200, "{}") },
        );
    assert_eq!(lines(&engine).await, ["HEAD /_ping", "GET /v1.40/info", "GET /v1.40/info"]);
    assert_eq!(engine.docker().api_version().await.unwrap(), Some(ApiVersion::new(1, 40)));
}

#[tokio::test]
async fn a_newer_engine_is_asked_for_its_oldest_version() {
    let engine = Engine::start_raw(|seen| match is_ping(seen) {
        true => Reply::pong("1.999"),
        false => Reply::json(200, r#"{"MinAPIVersion":"1.24"}"#),
    });
    let info = format!("GET /v{}/info", newest());
    assert_eq!(lines(&engine).await, ["HEAD /_ping", "GET /version", &info, &info]);
}

#[tokio::test]
async fn no_common_version_is_an_error_that_names_both_ranges() {
    let engine = Engine::start_raw(|seen| match is_ping(seen) {
        true => Reply::pong("1.999"),
        false => Reply::json(200, r#"{"MinAPIVersion":"1.900"}"#),
    });
    let error = error(&engine).await;
    assert!(matches!(error, Error::Version { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(docker_api::API_VERSION) && text.contains("1.900 to 1.999"), "{text}");
    assert!(text.contains("depend on docker-api 0.900 or later"), "{text}");
    assert!(!engine.lines().iter().any(|line| line.contains("/info")), "nothing is sent");
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_an_error_and_not_remembered() {
    let pings = AtomicU32::new(0);
    let engine = Engine::start_raw(move |seen| match is_ping(seen) {
        true if pings.fetch_add(1, Ordering::SeqCst) == 0 => Reply::pong("1.19"),
        true => Reply::pong("1.41"),
        false => Reply::json(200, "{}"),
    });
    let docker = engine.docker();
    let text = docker.request(&INFO).discard().await.unwrap_err().to_string();
    assert!(text.contains("supports API 1.19 at most"), "{text}");
    docker.request(&INFO).discard().await.unwrap();
}

#[tokio::test]
async fn an_engine_that_reports_no_version_gets_the_newest() {
    for told in ["", "none"] {
        let engine = Engine::start_raw(move |seen| {
            let answer = if told == "none" { Reply::empty(200) } else { Reply::pong(told) };
            if is_ping(seen) { answer } else { Reply::json(200, "{}") }
        });
        let info = format!("GET /v{}/info", newest());
        assert_eq!(lines(&engine).await, ["HEAD /_ping", &info, &info]);
    }
}

#[tokio::test]
async fn an_invalid_version_is_an_error() {
    let engine = Engine::start_raw(|_| Reply::pong("latest"));
    let text = error(&engine).await.to_string();
    assert!(text.contains(r#""latest""#), "{text}");
}

#[tokio::test]
async fn a_ping_falls_back_from_head_to_get() {
    for status in [404, 405, 500] {
        let engine = Engine::start_raw(move |seen| match &*seen.line {
            "HEAD /_ping" => Reply::new(status, "text/plain", ""),
            "GET /_ping" => Reply::pong("1.39"),
            _ => Reply::json(200, "{}"),
        });
        let lines = lines(&engine).await;
        let expected = ["HEAD /_ping", "GET /_ping", "GET /v1.39/info", "GET /v1.39/info"];
        assert_eq!(lines, expected, "{status}");
    }
}

#[tokio::test]
async fn a_ping_that_fails_is_tried_again_by_the_next_request() {
    let engine = Engine::start_raw(|seen| match is_ping(seen) {
        true => Reply::new(503, "text/plain", "starting").header("api-version", "1.38"),
        false => Reply::json(200, "{}"),
    });
    let one = ["HEAD /_ping", "GET /_ping", "GET /v1.38/info"];
    assert_eq!(lines(&engine).await, [one, one].concat());
}

#[tokio::test]
async fn concurrent_calls_negotiate_once() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    let calls = (0..20).map(|_| {
        let docker = docker.clone();
        tokio::spawn(async move { docker.request(&INFO).discard().await.map(drop) })
    });
    for call in futures_util::future::join_all(calls).await {
        call.unwrap().unwrap();
    }
    assert_eq!(engine.all_requests().iter().filter(|seen| is_ping(seen)).count(), 1);
}

#[tokio::test]
async fn dropping_a_negotiating_call_does_not_block_others() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    let call = docker.request(&INFO).discard();
    // It was polled, and waits for the engine.
    assert!(call.now_or_never().is_none());
    docker.request(&INFO).discard().await.unwrap();
}

#[tokio::test]
async fn a_timeout_applies_while_another_call_negotiates() {
    // It accepts connections, and sends nothing.
    let engine = Engine::start_with(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    });
    let docker = engine.docker();
    let unlimited = docker.request(&INFO).discard();
    let limited = docker.with_reply_timeout(Duration::from_millis(50));
    let calls = async {
        let error = limited.request(&INFO).discard().await.unwrap_err();
        let text = error.to_string();
        assert!(error.is_timeout() && text.contains("negotiating the API version"), "{text}");
        assert!(limited.renegotiate().await.unwrap_err().is_timeout());
    };
    tokio::select! {
        biased;
        reply = unlimited => panic!("{reply:?}"),
        calls = tokio::time::timeout(Duration::from_secs(5), calls) => calls.expect("an end"),
    }
}

#[tokio::test]
async fn a_pinned_version_is_used_without_negotiation() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let build = engine.builder().api_version("1.35".parse().unwrap());
    let docker = build.connect().unwrap();
    docker.request(&INFO).discard().await.unwrap();
    assert_eq!(docker.renegotiate().await.unwrap().to_string(), "1.35");
    assert_eq!(engine.lines(), ["GET /v1.35/info"]);
}

#[tokio::test]
async fn renegotiation_applies_to_all_clones() {
    let pings = AtomicU32::new(0);
    let engine = Engine::start_raw(move |seen| match is_ping(seen) {
        true => Reply::pong(["1.40", "1.41"][pings.fetch_add(1, Ordering::SeqCst) as usize]),
        false => Reply::json(200, "{}"),
    });
    let docker = engine.docker();
    let clone = docker.clone();
    docker.request(&INFO).discard().await.unwrap();
    assert_eq!(docker.renegotiate().await.unwrap().to_string(), "1.41");
    clone.request(&INFO).discard().await.unwrap();
    assert_eq!(engine.lines()[1], "GET /v1.40/info");
    assert_eq!(engine.lines()[3], "GET /v1.41/info");
}

fn with_new_fields() -> ContainerCreateBody {
    let options = MountBindOptions { non_recursive: Some(true), ..Default::default() };
    let mount = Mount { target: Some("/srv".into()), ..Default::default() };
    let bind = Mount { bind_options: Some(options), ..mount.clone() };
    let host = HostConfig {
        annotations: [("team".to_owned(), "a".to_owned())].into(),
        mounts: vec![mount, bind],
        memory: Some(5),
        ..Default::default()
    };
    ContainerCreateBody { host_config: Some(host), ..Default::default() }
}

#[tokio::test]
async fn fields_that_an_older_engine_ignores_are_sent_and_named() {
    let ignored = |version: &'static str| async move {
        let engine = Engine::start(|_| Reply::json(201, r#"{"Id":"c"}"#));
        let call = engine.docker_at(version).container_create(with_new_fields()).send().await;
        let body: ContainerCreateBody = serde_json::from_slice(&engine.requests()[0].body).unwrap();
        assert_eq!(body, with_new_fields());
        call.unwrap().ignored().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let annotations = "HostConfig.Annotations needs API 1.43; API 1.41 was negotiated, so the engine \
        may have ignored it";
    assert_eq!(ignored("1.41").await, [annotations]);
    let paths: Vec<_> = ignored("1.39").await;
    assert_eq!(paths.len(), 2);
    assert!(paths[1].starts_with("HostConfig.Mounts[].BindOptions.NonRecursive needs API 1.40"));
    assert!(
        ignored("1.43").await.is_empty() && ignored(docker_client::API_VERSION).await.is_empty()
    );
}

#[tokio::test]
async fn ignored_fields_are_warnings_of_a_run() {
    let engine = Engine::start(|seen| match seen.line.contains("/create") {
        true => Reply::json(201, r#"{"Id":"c","Warnings":["slow disk"]}"#),
        false => Reply::empty(204),
    });
    let run = engine.docker().run("app").configure(|config| *config = with_new_fields());
    let warnings = run.detach().await.unwrap().warnings;
    assert_eq!((warnings.len(), &*warnings[0]), (2, "slow disk"));
    assert!(warnings[1].starts_with("HostConfig.Annotations"), "{warnings:?}");
}

#[tokio::test]
async fn the_version_is_negotiated_once_per_call() {
    // The version of an unhealthy engine is not kept, so every negotiation sends pings.
    let engine = Engine::start_raw(|seen| match is_ping(seen) {
        true => Reply::error(500, "unhealthy").header("Api-Version", "1.41"),
        false => Reply::json(201, r#"{"Id":"c"}"#),
    });
    let create = engine.docker().container_create(with_new_fields()).platform("linux/amd64");
    assert_eq!(create.send().await.unwrap().ignored().len(), 1);
    let create = "POST /v1.41/containers/create?platform=linux%2Famd64";
    assert_eq!(engine.lines(), ["HEAD /_ping", "GET /_ping", create]);
}

#[tokio::test]
async fn the_version_is_negotiated_once_to_stream_logs() {
    use docker_client::prelude::*;
    let engine = Engine::start_raw(|seen| match is_ping(seen) {
        true => Reply::error(500, "unhealthy").header("Api-Version", "1.43"),
        false => Reply::new(200, "application/vnd.docker.multiplexed-stream", ""),
    });
    let logs = engine.docker().container_logs("web").until(5).stream().await.unwrap();
    logs.collect().await.unwrap();
    let logs = "GET /v1.43/containers/web/logs?until=5&stdout=true&stderr=true";
    assert_eq!(engine.lines(), ["HEAD /_ping", "GET /_ping", logs]);
}
