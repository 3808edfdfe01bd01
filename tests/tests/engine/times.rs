//! The times that logs and events begin and end at, with fractions of a second.

use std::time::{Duration, SystemTime};

use docker_client::prelude::*;
use docker_client::types::ContainerCreateBody;
use docker_client::{Attached, Docker, Filters, Running, UnixTime};
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use jiff::Timestamp;
use tokio::io::AsyncWriteExt as _;

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("times::logs_by_fractions_of_a_second", logs_by_fractions_of_a_second).on_podman(),
        test("times::events_by_fractions_of_a_second", events_by_fractions_of_a_second),
    ]
}

/// The time between two others.
fn middle(one: Timestamp, other: Timestamp) -> Result<Timestamp, Stop> {
    Ok(Timestamp::from_nanosecond((one.as_nanosecond() + other.as_nanosecond()) / 2)?)
}

/// One time, as each type that a time is taken as.
fn forms(time: Timestamp) -> Result<[UnixTime; 4], Stop> {
    let nanoseconds = u64::try_from(time.as_nanosecond())?;
    let system = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds);
    let seconds = format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    Ok([time.into(), time.to_string().into(), system.into(), seconds.into()])
}

async fn logs_by_fractions_of_a_second(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let run = docker.run(cx.image()).cmd(["cat"]).interactive(true);
    let label = cx.label().to_owned();
    let run = run.configure(|config| drop(config.labels.insert(label, String::new())));
    let Running { container, attached, exit, .. } = run.start().await?;
    let Attached { mut input, output, .. } = attached;
    let mut lines = output.lines();
    // Each time is after a line and before the next one. Some of them belong to the same second.
    let mut times = Vec::new();
    for line in ["1", "2", "3", "4", "5"] {
        input.write_all(format!("{line}\n").as_bytes()).await?;
        assert_eq!(lines.next().await.ok_or("a line")??.text(), line);
        tokio::time::sleep(Duration::from_millis(150)).await;
        times.push(Timestamp::now());
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    input.close().await?;
    exit.code().await?;
    let id = container.id();
    let text = |logs: docker_client::Collected| String::from_utf8(logs.stdout);
    for (at, time) in (1..).zip(times) {
        for time in forms(time)? {
            let since = docker.container_logs(id).stdout(true).since(time.clone());
            let since = text(since.stream().await?.collect().await?)?;
            assert_eq!(since, "1\n2\n3\n4\n5\n"[2 * at..], "since {time}");
            let until = docker.container_logs(id).stdout(true).until(time.clone());
            let until = text(until.stream().await?.collect().await?)?;
            assert_eq!(until, "1\n2\n3\n4\n5\n"[..2 * at], "until {time}");
        }
    }
    Ok(())
}

/// The actions of the test's containers in a period, and their times.
async fn actions(
    docker: &Docker,
    cx: &Context,
    since: UnixTime,
    until: UnixTime,
) -> Result<Vec<(String, Timestamp)>, Stop> {
    let filters = Filters::new().with("type", "container").with("label", cx.label());
    let call = docker.system_events().filters(filters).since(since).until(until);
    let mut events = call.events().await?;
    let mut actions = Vec::new();
    while let Some(event) = events.next().await {
        let event = event?;
        let time = Timestamp::from_nanosecond(event.time_nano.unwrap_or_default().into())?;
        let action = event.action.unwrap_or_default();
        if action == "create" || action == "rename" {
            actions.push((action, time));
        }
    }
    Ok(actions)
}

async fn events_by_fractions_of_a_second(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let begin = Timestamp::now();
    let body: ContainerCreateBody = serde_json::from_value(cx.container(&["true"]))?;
    let create = docker.container_create(body).name(cx.name("0"));
    let id = create.send().await?.into_inner().id;
    for name in ["1", "2", "3", "4"] {
        tokio::time::sleep(Duration::from_millis(300)).await;
        docker.container_rename(&id, cx.name(name)).send().await?;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let end = Timestamp::now();
    let all = actions(&docker, &cx, begin.into(), end.into()).await?;
    assert_eq!(all.len(), 5, "{all:?}");
    for at in 1..5 {
        for time in forms(middle(all[at - 1].1, all[at].1)?)? {
            let since = actions(&docker, &cx, time.clone(), end.into()).await?;
            assert_eq!(since, all[at..], "since {time}");
            let until = actions(&docker, &cx, begin.into(), time.clone()).await?;
            assert_eq!(until, all[..at], "until {time}");
        }
    }
    Ok(())
}
