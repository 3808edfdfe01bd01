//! The overlay of docker-client: what containers write and read, exit codes, versions, errors.

use docker_client::prelude::*;
use docker_client::types::{ContainerCreateBody, HostConfig};
use docker_client::{ApiVersion, Docker, ErrorKind, Filters, Output, Run};
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::forward::Forward;
use tokio::io::AsyncWriteExt as _;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("overlay::run_tells_output_and_code_apart", run_tells_output_and_code_apart)
            .on_podman(),
        test("overlay::run_loses_nothing", run_loses_nothing).on_podman(),
        test("overlay::run_feeds_the_input", run_feeds_the_input).on_podman(),
        test("overlay::run_removes_what_does_not_start", run_removes_what_does_not_start),
        test("overlay::a_terminal_is_raw", a_terminal_is_raw),
        test("overlay::logs_come_as_lines", logs_come_as_lines).on_podman(),
        test("overlay::logs_are_right_in_every_version", logs_are_right_in_every_version),
        test("overlay::logs_are_followed_to_the_end", logs_are_followed_to_the_end).on_podman(),
        test("overlay::attach_ends_the_input_alone", attach_ends_the_input_alone).on_podman(),
        test("overlay::exec_tells_output_and_code", exec_tells_output_and_code).on_podman(),
        test("overlay::exec_with_a_terminal_is_raw", exec_with_a_terminal_is_raw),
        test("overlay::events_tell_what_happens", events_tell_what_happens),
        test("overlay::events_go_on_after_a_break", events_go_on_after_a_break),
        test("overlay::stats_have_figures", stats_have_figures),
        test("overlay::the_lower_version_is_spoken", the_lower_version_is_spoken).on_podman(),
        test("overlay::what_the_engine_is_too_old_for_is_named", what_is_ignored_is_named),
        test("overlay::errors_have_a_kind", errors_have_a_kind).on_podman(),
    ]
}

pub(crate) fn docker(cx: &Context) -> Result<Docker, Stop> {
    Ok(Docker::builder().host(cx.host().parse()?).connect()?)
}

/// A container of the test's image that runs a script.
fn script(cx: &Context, docker: &Docker, script: &str) -> Run {
    let label = cx.label().to_owned();
    docker
        .run(cx.image())
        .cmd(["sh", "-c", script])
        .configure(|config| drop(config.labels.insert(label, String::new())))
}

/// A container that runs a script in the background.
pub(crate) async fn start(
    cx: &Context,
    docker: &Docker,
    terminal: bool,
    script: &str,
) -> Result<String, Stop> {
    let body = ContainerCreateBody {
        image: Some(cx.image().to_owned()),
        cmd: ["sh", "-c", script].map(str::to_owned).to_vec(),
        tty: Some(terminal),
        open_stdin: Some(true),
        stdin_once: Some(true),
        labels: [(cx.label().to_owned(), String::new())].into(),
        ..ContainerCreateBody::default()
    };
    let id = docker.container_create(&body).send().await?.into_inner().id;
    docker.container_start(&id).send().await?;
    Ok(id)
}

async fn run_tells_output_and_code_apart(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let output =
        script(&cx, &docker, "echo out; echo err >&2; exit 3").remove(true).output().await?;
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (3, &b"out\n"[..], &b"err\n"[..]));
    let error = docker.container_inspect(&output.id).send().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

async fn run_loses_nothing(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    for remove in [false, true] {
        let run =
            |_| tokio::spawn(script(&cx, &docker, "echo short; exit 5").remove(remove).output());
        for run in (0..10).map(run).collect::<Vec<_>>() {
            let output = match run.await? {
                // With many requests at a time, podman sometimes fails to read a file of its own; the run is then repeated.
                Err(error)
                    if cx.engine().is_podman()
                        && error.to_string().contains("after top-level value") =>
                {
                    script(&cx, &docker, "echo short; exit 5").remove(remove).output().await?
                }
                output => output?,
            };
            assert_eq!((output.code, &*output.stdout), (5, &b"short\n"[..]));
        }
    }
    let long = "head -c 5000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2";
    let output = script(&cx, &docker, long).remove(true).output().await?;
    assert_eq!((output.stdout.len(), output.stderr.len()), (5_000_000, 300_000));
    assert!(output.stdout.iter().all(|byte| *byte == b'x'));
    assert!(output.stderr.iter().all(|byte| *byte == b'y'));
    Ok(())
}

async fn run_feeds_the_input(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let input = "line\n".repeat(100_000);
    let run = script(&cx, &docker, "cat; echo end >&2").input(input.clone()).remove(true);
    let output = run.output().await?;
    assert_eq!((output.code, output.stderr), (0, b"end\n".to_vec()));
    assert!(output.stdout == input.as_bytes(), "{} bytes came back", output.stdout.len());
    // Podman resets the connection if input is left unread, as the kernel may do too.
    if !cx.engine().is_podman() {
        let unread = script(&cx, &docker, "exit 4").input("x".repeat(10_000_000)).remove(true);
        assert_eq!(unread.output().await?.code, 4);
    }
    Ok(())
}

async fn run_removes_what_does_not_start(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("broken");
    let run = docker.run(cx.image()).cmd(["/no/such/command"]).name(&name).remove(true);
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains("no such file or directory"), "{error}");
    let error = docker.container_inspect(&name).send().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

async fn a_terminal_is_raw(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let output = script(&cx, &docker, "printf '\\001\\000\\000\\000text'; echo err >&2")
        .tty(true)
        .output()
        .await?;
    let expected = b"\x01\0\0\0texterr\r\n";
    assert_eq!((&*output.stdout, &*output.stderr), (&expected[..], &b""[..]));
    let logs = docker.container_logs(&output.id).stream().await?.collect().await?;
    assert_eq!(logs.stdout, expected);
    Ok(())
}

async fn logs_come_as_lines(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let output = script(&cx, &docker, "printf 'a\\nb'; sleep 0.3; echo c; echo err >&2");
    let id = output.output().await?.id;
    let mut lines = docker.container_logs(id).stdout(true).stream().await?.lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next().await {
        all.push(line?);
    }
    assert_eq!(all, [Output::Stdout("a".into()), Output::Stdout("bc".into())]);
    Ok(())
}

/// Below 1.42, the media type always says that the output is raw.
async fn logs_are_right_in_every_version(cx: Context) -> Outcome {
    let newest: ApiVersion = cx.engine().api_version.parse()?;
    let oldest: ApiVersion = cx.engine().min_api_version.parse()?;
    let unpinned = docker(&cx)?;
    let plain = script(&cx, &unpinned, "echo out; echo err >&2").output().await?.id;
    let terminal = script(&cx, &unpinned, "echo out").tty(true).output().await?.id;
    for version in (35..=52).map(|minor| ApiVersion::new(1, minor)) {
        if version < oldest || version > newest {
            continue;
        }
        let build = Docker::builder().host(cx.host().parse()?).api_version(version);
        let docker = build.connect()?;
        let logs = docker.container_logs(&plain).stream().await?.collect().await?;
        assert_eq!((&*logs.stdout, &*logs.stderr), (&b"out\n"[..], &b"err\n"[..]), "{version}");
        let logs = docker.container_logs(&terminal).stream().await?.collect().await?;
        assert_eq!((&*logs.stdout, &*logs.stderr), (&b"out\r\n"[..], &b""[..]), "{version}");
        let run = script(&cx, &docker, "echo out; echo err >&2; exit 6").remove(true);
        let run = run.output().await?;
        assert_eq!((run.code, &*run.stdout, &*run.stderr), (6, &b"out\n"[..], &b"err\n"[..]));
    }
    Ok(())
}

async fn logs_are_followed_to_the_end(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "for i in 1 2 3; do echo $i; sleep 0.2; done").await?;
    let mut lines = docker.container_logs(&id).follow(true).stream().await?.lines();
    let mut all = String::new();
    while let Some(line) = lines.next().await {
        all += &line?.text();
    }
    assert_eq!(all, "123");
    Ok(())
}

async fn attach_ends_the_input_alone(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "cat; sleep 0.3; echo end").await?;
    let mut attached = docker.container_attach(&id).stdin(true).attach().await?;
    attached.input.write_all(b"input\n").await?;
    drop(attached.input);
    let output = attached.output.collect().await?;
    assert_eq!(String::from_utf8(output.stdout)?, "input\nend\n");
    Ok(())
}

async fn exec_tells_output_and_code(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "sleep 60").await?;
    let script = "echo $A; cat; echo err >&2; exit 7";
    let exec = docker.exec(&id).cmd(["sh", "-c", script]).env("A", "b").input("input");
    let output = exec.output().await?;
    assert_eq!(
        (output.code, &*output.stdout, &*output.stderr),
        (7, &b"b\ninput"[..], &b"err\n"[..])
    );
    docker.container_kill(&id).send().await?;
    let error = docker.exec(&id).cmd(["true"]).output().await.unwrap_err();
    assert!(error.is_conflict() || cx.engine().is_podman(), "{error}");
    Ok(())
}

async fn exec_with_a_terminal_is_raw(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "sleep 60").await?;
    let exec = docker.exec(&id).cmd(["sh", "-c", "test -t 1 && echo yes"]);
    let output = exec.tty(true).output().await?;
    assert_eq!((output.code, &*output.stdout), (0, &b"yes\r\n"[..]));
    docker.container_kill(&id).send().await?;
    Ok(())
}

async fn events_tell_what_happens(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let filters = Filters::new().with("type", "container").with("label", cx.label());
    // An engine responds a moment before it subscribes to events; with `since`, none in between is missed.
    let mut events = docker.system_events().filters(&filters).since("0").events().await?;
    let id = script(&cx, &docker, "exit 3").output().await?.id;
    let mut actions = Vec::new();
    while actions.last().map(String::as_str) != Some("die") {
        let event = events.next().await.ok_or("the stream ended")??;
        assert_eq!(event.actor.as_ref().and_then(|actor| actor.id.as_ref()), Some(&id));
        actions.extend(event.action);
    }
    // The order of the events `attach` and `create` is not defined.
    actions.sort();
    assert_eq!(actions, ["attach", "create", "die", "start"]);
    let until = docker.system_events().filters(&filters).since("0").until("1");
    assert!(until.events().await?.next().await.is_none());
    Ok(())
}

/// Events during an interruption are received on the next connection, and none is received twice.
async fn events_go_on_after_a_break(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let forward = Forward::start(cx.host()).await?;
    let build = Docker::builder().environment([("", ""); 0]).host(forward.host().parse()?);
    let filters = Filters::new().with("label", cx.label()).with("event", "create");
    let mut events = build.connect()?.system_events().filters(filters).events().await?;
    let (mut created, mut told) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        for _ in 0..2 {
            let body = ContainerCreateBody {
                image: Some(cx.image().to_owned()),
                labels: [(cx.label().to_owned(), String::new())].into(),
                ..ContainerCreateBody::default()
            };
            created.push(docker.container_create(&body).send().await?.into_inner().id);
            // After each container, whether or not its event has arrived.
            forward.cut();
        }
        while told.len() < created.len() {
            let event = events.next().await.ok_or("the stream ended")??;
            told.extend(event.actor.and_then(|actor| actor.id));
        }
    }
    assert_eq!(told, created);
    Ok(())
}

async fn stats_have_figures(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "while true; do true; done").await?;
    let mut stats = docker.container_stats(&id).stats().await?;
    let mut busiest = 0.0_f64;
    for _ in 0..3 {
        let sample = stats.next().await.ok_or("the stream ended")??;
        assert!(sample.pids >= 1 && sample.memory_limit > 0, "{sample:?}");
        busiest = busiest.max(sample.cpu_percent.unwrap_or_default());
    }
    assert!(busiest > 1.0 && busiest < 200.0, "{busiest} %");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn the_lower_version_is_spoken(cx: Context) -> Outcome {
    let engine: ApiVersion = cx.engine().api_version.parse()?;
    let client: ApiVersion = docker_client::API_VERSION.parse()?;
    let docker = docker(&cx)?;
    assert_eq!(docker.api_version().await?, Some(engine.min(client)));
    docker.system_version().send().await?;
    Ok(())
}

async fn what_is_ignored_is_named(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let annotations = [("team".to_owned(), "a".to_owned())].into();
    let body = ContainerCreateBody {
        image: Some(cx.image().to_owned()),
        labels: [(cx.label().to_owned(), String::new())].into(),
        host_config: Some(HostConfig { annotations, ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let created = docker.container_create(&body).send().await?;
    let ignored: Vec<_> = created.ignored().iter().map(|field| field.path).collect();
    let host = docker.container_inspect(&created.id).send().await?.into_inner().host_config;
    let kept = host.is_some_and(|host| host.annotations.contains_key("team"));
    let expected = if kept { &[][..] } else { &["HostConfig.Annotations"][..] };
    assert_eq!(ignored, expected);
    Ok(())
}

async fn errors_have_a_kind(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("errors");
    let error = docker.container_inspect(&name).send().await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains(&name), "{error}");
    let body = ContainerCreateBody {
        image: Some(cx.image().to_owned()),
        labels: [(cx.label().to_owned(), String::new())].into(),
        cmd: vec!["sleep".into(), "60".into()],
        ..ContainerCreateBody::default()
    };
    docker.container_create(&body).name(&name).send().await?;
    let error = docker.container_create(&body).name(&name).send().await.unwrap_err();
    assert!(error.is_conflict() || cx.engine().is_podman(), "{error}");
    assert_eq!(docker.container_start(&name).send().await?.status(), 204);
    assert_eq!(docker.container_start(&name).send().await?.status(), 304);
    // The engine responds to such a path with a redirect to the cleaned path, which the client does not follow.
    let escaped = docker.container_inspect(format!("../containers/{name}")).send().await;
    assert!(escaped.is_err(), "a path parameter cannot leave its segment");
    let build = Docker::builder().host(cx.host().parse()?).api_version(ApiVersion::new(1, 999));
    if !cx.engine().is_podman() {
        let error = build.connect()?.system_info().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("too new"), "{error}");
    }
    docker.container_delete(&name).force(true).send().await?;
    Ok(())
}
