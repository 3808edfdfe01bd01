//! Examples about what containers write, use and do: logs, attach, stats, events.

use docker_client::Filters;
use docker_client::prelude::*;
use engines::case::{Context, EngineTest, Outcome, test};

use super::{exited, program, run, script};
use crate::overlay::docker;

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::logs", logs).on_podman(),
        test("examples::follow_logs", follow_logs).on_podman(),
        test("examples::attach", attach).on_podman(),
        test("examples::stats", stats),
        test("examples::events", events),
    ]
}

async fn logs(cx: Context) -> Outcome {
    let name = cx.name("logs");
    exited(&cx, &script(&cx, &name, "echo one; echo two >&2; printf end").await?).await?;
    let output = program("logs", &[&name], &[("DOCKER_HOST", cx.host())]).await?;
    assert!(output.status.success(), "{output:?}");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"one\nend"[..], &b"two\n"[..]));
    Ok(())
}

async fn follow_logs(cx: Context) -> Outcome {
    let name = cx.name("follow");
    script(&cx, &name, "for i in 1 2 3; do echo number $i; sleep 0.3; done").await?;
    let output = run(&cx, "follow_logs", &[&name]).await?;
    let lines: Vec<(&str, &str)> = output.lines().filter_map(|line| line.split_once(' ')).collect();
    let texts: Vec<&str> = lines.iter().map(|(_, text)| *text).collect();
    assert_eq!(texts, ["number 1", "number 2", "number 3"]);
    let times: Vec<&str> = lines.iter().map(|(time, _)| *time).collect();
    assert!(times.iter().all(|time| time.starts_with("20") && time.contains('T')), "{times:?}");
    Ok(())
}

async fn attach(cx: Context) -> Outcome {
    let output = run(&cx, "attach", &[cx.image()]).await?;
    assert_eq!(output, "ready\nhello from outside\nexit code: 3\n");
    Ok(())
}

async fn stats(cx: Context) -> Outcome {
    let name = cx.name("busy");
    script(&cx, &name, "while true; do true; done").await?;
    let output = run(&cx, "stats", &[&name, "2"]).await?;
    let lines: Vec<&str> = output.lines().collect();
    let begins: Vec<_> = lines.iter().filter_map(|line| line.split_once(": cpu ")).collect();
    let whens: Vec<&str> = begins.iter().map(|(when, _)| *when).collect();
    assert_eq!(whens, ["now", "1 s", "2 s"], "{output}");
    for (_, figures) in &begins {
        assert!(figures.contains(", 1 processes,"), "{output}");
    }
    let busy = begins.iter().filter_map(|(_, figures)| figures.split(' ').next()?.parse().ok());
    assert!(busy.fold(0.0_f64, f64::max) > 1.0, "{output}");
    Ok(())
}

async fn events(cx: Context) -> Outcome {
    let name = cx.name("short");
    script(&cx, &name, "exit 3").await?;
    // A wait for a container may return before the event is written.
    let die = Filters::new().with("container", &name).with("event", "die");
    let mut died = docker(&cx)?.system_events().filters(die).since("0").events().await?;
    died.next().await.ok_or("the stream ended")??;
    let output = run(&cx, "events", &["60"]).await?;
    let own: Vec<_> = output
        .lines()
        .filter(|line| line.contains(&name))
        .filter_map(|line| line.split_once(' ').map(|(_, what)| what))
        .collect();
    assert_eq!(own, [format!("start {name} (code -)"), format!("die   {name} (code 3)")]);
    assert!(!output.contains("create"), "{output}");
    Ok(())
}
