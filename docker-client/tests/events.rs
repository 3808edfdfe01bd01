//! Events, over connections that break.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use docker_client::prelude::*;
use docker_client::{Docker, Host};
use support::{Break, Engine, Piece, Reply};

fn event(nanoseconds: i64, action: &str) -> String {
    format!(
        "{{\"Action\":\"{action}\",\"time\":{},\"timeNano\":{nanoseconds}}}",
        nanoseconds / 1_000_000_000
    )
}

/// Events, after which the connection breaks, or ends as if all were well.
fn burst(separator: &str, events: &[String], broken: bool) -> Reply {
    let text = events.iter().map(|event| format!("{event}{separator}")).collect::<String>();
    let end = broken.then_some(Piece::Break(Break::Close));
    Reply::pieces("application/json", std::iter::once(text.into()).chain(end))
}

async fn take(stream: &mut docker_client::EventStream, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(stream.next().await.unwrap().unwrap().action.unwrap());
    }
    all
}

#[tokio::test]
async fn events_go_on_after_a_break_without_loss_or_repetition() {
    let calls = AtomicU32::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => burst(
            "\n",
            &[event(1_000_000_001, "a"), event(2_000_000_002, "b"), event(2_000_000_002, "c")],
            true,
        ),
        // The engine repeats all from the time that is asked for; one more has happened at that very time.
        1 => burst(
            "\n\x1E",
            &[event(2_000_000_002, "b"), event(2_000_000_002, "c"), event(2_000_000_002, "d")],
            false,
        ),
        _ => burst("", &[event(2_000_000_002, "d"), event(3_000_000_000, "e")], true),
    });
    let mut events = engine
        .docker()
        .system_events()
        .filters(docker_client::Filters::new())
        .events()
        .await
        .unwrap();
    assert_eq!(take(&mut events, 5).await, ["a", "b", "c", "d", "e"]);
    let seen = engine.requests();
    assert_eq!(seen[0].line, "GET /v1.41/events?filters=%7B%7D");
    assert_eq!(seen[1].line, "GET /v1.41/events?filters=%7B%7D&since=2.000000002");
    assert!(seen[0].header("accept").unwrap().starts_with("application/jsonl"));
}

#[tokio::test]
async fn a_break_before_the_first_event_goes_on_from_the_time_of_the_reply() {
    let calls = AtomicU32::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => burst("", &[], true).header("date", "Thu, 29 Feb 2024 23:59:59 GMT"),
        _ => burst("\n", &[event(1, "a")], true),
    });
    let mut events = engine.docker().system_events().events().await.unwrap();
    assert_eq!(take(&mut events, 1).await, ["a"]);
    assert_eq!(engine.requests()[1].line, "GET /v1.41/events?since=1709251199");
}

#[tokio::test]
async fn with_a_time_to_end_at_the_stream_ends() {
    let engine = Engine::start(|_| burst("\r\n", &[event(1, "a")], false));
    let mut events = engine.docker().system_events().until("5").events().await.unwrap();
    assert_eq!(take(&mut events, 1).await, ["a"]);
    assert!(events.next().await.is_none());
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn an_engine_that_refuses_is_not_asked_again() {
    let engine = Engine::start(|_| Reply::json(400, r#"{"message":"invalid filter 'nope'"}"#));
    let error = engine.docker().system_events().events().await.unwrap_err();
    assert!(error.to_string().contains("invalid filter"), "{error}");
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn an_engine_that_restarts_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let link = |engine: &Engine| std::os::unix::fs::symlink(engine.socket(), &path).unwrap();
    let first = Engine::start(|_| burst("\n", &[event(1, "a")], true));
    link(&first);
    let docker = Docker::builder().host(Host::Unix(path.clone())).connect().unwrap();
    let mut events = docker.system_events().events().await.unwrap();
    assert_eq!(take(&mut events, 1).await, ["a"]);
    std::fs::remove_file(&path).unwrap();
    drop(first);
    let second = Engine::start(|_| burst("\n", &[event(2, "b")], true));
    let late = async {
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        link(&second);
    };
    let (found, ()) = futures_util::future::join(take(&mut events, 1), late).await;
    assert_eq!(found, ["b"]);
}

#[tokio::test]
async fn stats_are_samples_until_the_container_is_gone() {
    let engine = Engine::start(|_| {
        Reply::json(200, r#"{"pids_stats":{"current":1},"id":"x"}{"pids_stats":{"current":2}}"#)
    });
    let mut stats = engine.docker().container_stats("web").stats().await.unwrap();
    assert_eq!(engine.requests()[0].line, "GET /v1.41/containers/web/stats?stream=true");
    let first = stats.next().await.unwrap().unwrap();
    assert_eq!(
        (first.pids, first.decode::<serde_json::Value>().unwrap()["id"].as_str()),
        (1, Some("x"))
    );
    assert_eq!(stats.next().await.unwrap().unwrap().pids, 2);
    assert!(stats.next().await.is_none());
}
