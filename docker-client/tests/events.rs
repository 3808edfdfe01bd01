//! Events, over connections that break.

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
    // A little earlier than the last event, because engines stamp events before they queue them.
    assert_eq!(seen[1].line, "GET /v1.41/events?filters=%7B%7D&since=0.000000002");
    assert!(seen[0].header("accept").unwrap().starts_with("application/jsonl"));
}

/// Engines stamp events before they queue them, and clocks are set back.
#[tokio::test]
async fn every_event_of_a_connection_is_handed_out_whatever_its_time_is() {
    let stamped = |times: [i64; 6]| times.map(|time| event(time, &time.to_string()));
    let times = [9_000_000_002, 9_000_000_001, 9_000_000_003, 9_000_000_003, 5, 6];
    let engine = Engine::start(move |_| burst("\n", &stamped(times), true));
    let mut events = engine.docker().system_events().events().await.unwrap();
    assert_eq!(take(&mut events, 6).await, times.map(|time| time.to_string()));
    assert_eq!(engine.requests().len(), 1);
}

#[tokio::test]
async fn what_a_resume_repeats_is_handed_out_once_and_what_is_alike_as_often_as_it_came() {
    let calls = AtomicU32::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => burst("\n", &[event(3, "b"), event(2, "a"), event(3, "b")], true),
        // Both are repeated, another one like them has happened, and one that was queued late.
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
async fn connections_that_end_at_once_are_made_again_ever_more_slowly_and_then_given_up() {
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
async fn connections_that_end_after_each_event_are_not_given_up_and_not_made_without_a_pause() {
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
async fn a_connection_that_a_proxy_ends_when_nothing_happens_is_made_again_for_ever() {
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
