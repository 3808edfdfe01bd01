//! Event streams over connections that break.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use docker_client::prelude::*;
use docker_client::{Docker, Error, Host};
use fake_engine::FakeEngine;
use support::{Break, Engine, Piece, Reply, Seen, in_memory};

fn event(nanoseconds: i64, action: &str) -> String {
    format!(
        "{{\"Action\":\"{action}\",\"time\":{},\"timeNano\":{nanoseconds}}}",
        nanoseconds / 1_000_000_000
    )
}

/// Returns a response of events, after which the connection breaks or the response ends.
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
async fn events_continue_after_a_break_without_loss_or_repetition() {
    let calls = AtomicU32::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => burst(
            "\n",
            &[event(1_000_000_001, "a"), event(2_000_000_002, "b"), event(2_000_000_002, "c")],
            true,
        ),
        // The engine repeats all events since the requested time. Another one has the same time.
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
    // The time is earlier than that of the last event, because events may arrive out of order.
    assert_eq!(seen[1].line, "GET /v1.41/events?filters=%7B%7D&since=0.000000002");
    assert!(seen[0].header("accept").unwrap().starts_with("application/jsonl"));
}

/// The time of an event is set before it is queued, and clocks are set back.
#[tokio::test]
async fn every_event_of_a_connection_is_returned_whatever_its_time() {
    let stamped = |times: [i64; 6]| times.map(|time| event(time, &time.to_string()));
    let times = [9_000_000_002, 9_000_000_001, 9_000_000_003, 9_000_000_003, 5, 6];
    let engine = Engine::start(move |_| burst("\n", &stamped(times), true));
    let mut events = engine.docker().system_events().events().await.unwrap();
    assert_eq!(take(&mut events, 6).await, times.map(|time| time.to_string()));
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn repeated_events_are_skipped_and_equal_events_are_returned() {
    let calls = AtomicU32::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => burst("\n", &[event(3, "b"), event(2, "a"), event(3, "b")], true),
        // All are repeated. There is another equal one, and one that was queued late.
        1 => burst(
            "\n",
            &[event(1, "late"), event(2, "a"), event(3, "b"), event(3, "b"), event(3, "b")],
            true,
        ),
        _ => burst("\n", &[event(3, "b"), event(3, "b"), event(3, "b"), event(4, "c")], true),
    });
    let mut events = engine.docker().system_events().events().await.unwrap();
    assert_eq!(take(&mut events, 6).await, ["b", "a", "b", "late", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn connections_that_end_at_once_are_retried_with_growing_pauses_and_given_up() {
    let engine =
        FakeEngine::builder().in_memory().answer(|_: &Seen| burst("", &[], false)).unwrap();
    let mut events = in_memory(&engine).system_events().events().await.unwrap();
    let begin = tokio::time::Instant::now();
    let error = events.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
    assert!(events.next().await.is_none());
    let (count, seconds) = (engine.requests().len(), begin.elapsed().as_secs());
    assert!(count <= 12 && (20..40).contains(&seconds), "{count} requests in {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn connections_that_end_after_each_event_are_retried_with_pauses_forever() {
    let calls = AtomicU32::new(0);
    let answer = move |_: &Seen| {
        let call = i64::from(calls.fetch_add(1, Ordering::SeqCst));
        burst("\n", &[event(call + 1, &call.to_string())], false)
    };
    let engine = FakeEngine::builder().in_memory().answer(answer).unwrap();
    let mut events = in_memory(&engine).system_events().events().await.unwrap();
    let begin = tokio::time::Instant::now();
    assert_eq!(take(&mut events, 30).await[29], "29");
    assert!(begin.elapsed().as_secs() > 20, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn idle_connections_that_a_proxy_closes_are_reopened_forever() {
    let answer = |_: &Seen| {
        Reply::pieces("application/json", [Piece::Pause(std::time::Duration::from_secs(60))])
    };
    let engine = FakeEngine::builder().in_memory().answer(answer).unwrap();
    let mut events = in_memory(&engine).system_events().events().await.unwrap();
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    assert!(tokio::time::timeout(day, events.next()).await.is_err(), "no end and no event");
    assert_eq!(engine.requests().len(), 24 * 60);
}

#[tokio::test]
async fn a_break_before_the_first_event_resumes_from_the_time_of_the_response() {
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
async fn with_until_the_stream_ends() {
    let engine = Engine::start(|_| burst("\r\n", &[event(1, "a")], false));
    let mut events = engine.docker().system_events().until("5").events().await.unwrap();
    assert_eq!(take(&mut events, 1).await, ["a"]);
    assert!(events.next().await.is_none());
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_request_is_not_repeated() {
    let engine = Engine::start(|_| Reply::json(400, r#"{"message":"invalid filter 'nope'"}"#));
    let error = engine.docker().system_events().events().await.unwrap_err();
    assert!(error.to_string().contains("invalid filter"), "{error}");
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn events_continue_after_a_restart_of_the_engine() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("engine.sock");
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
async fn stats_end_when_the_container_is_removed() {
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
