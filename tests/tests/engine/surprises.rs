//! Surprising behaviour of engines: the assertions for the rows of docs/engines.md.
//!
//! A row is about the releases that it was seen on, so each test is skipped on an engine of another one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use docker_client::prelude::*;
use docker_client::types::VolumeCreateRequest;
use docker_client::{Body, ErrorKind, Filters};
use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop, skip, test, until};
use engines::http::{Method, Payload};
use serde_json::{Value, json};

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("surprises::a_signal_ends_a_restart_policy", a_signal_ends_a_restart_policy)
            .on_podman(),
        test("surprises::health_after_a_stop", health_after_a_stop),
        test("surprises::attach_and_wait_are_for_the_next_run", attach_and_wait).on_podman(),
        test("surprises::a_long_line_has_several_timestamps", long_lines).on_podman(),
        test("surprises::statuses_of_refusals", statuses_of_refusals).on_podman(),
        test("surprises::names", names).on_podman(),
        test("surprises::missing_commands_and_sources", missing_commands_and_sources).on_podman(),
        test("surprises::what_is_kept_of_a_request", what_is_kept).on_podman(),
        test("surprises::statistics_of_a_stopped_container", statistics).on_podman(),
        test("surprises::registry_credentials", registry_credentials).on_podman().of_images(),
        test("surprises::hosts_of_a_build", hosts_of_a_build).on_podman(),
        test("surprises::events_of_a_removed_run", events_of_a_removed_run).on_podman(),
        test("surprises::events_of_concurrent_calls", events_of_concurrent_calls),
    ]
}

/// Selects what this engine is expected to do: dockerd 20.10, dockerd 28.5, podman 4.3, podman 5.8.
fn seen<T: Copy>(cx: &Context, releases: [T; 4]) -> Result<T, Stop> {
    let name = cx.engine().name.as_str();
    let at = ["dockerd-20.10", "dockerd-28.5", "podman-4.3", "podman-5.8"];
    match at.iter().position(|known| name.starts_with(known)) {
        Some(at) => Ok(releases[at]),
        None => Err(skip(format!("it is not known what {name} does"))),
    }
}

async fn post(cx: &Context, path: &str, payload: Payload) -> Result<u16, Stop> {
    Ok(cx.http().post(path, payload).await?.status.as_u16())
}

/// Creates and starts a container, with these members beside the command, and returns its name.
async fn started(cx: &Context, name: &str, script: &str, more: Value) -> Result<String, Stop> {
    let mut body = cx.container(&["sh", "-c", script]);
    for (member, value) in more.as_object().into_iter().flatten() {
        body[member] = value.clone();
    }
    let name = cx.name(name);
    let path = format!("/containers/create?name={name}");
    cx.http().post(&path, Payload::json(&body)).await?.expect(201)?;
    cx.http().post(&format!("/containers/{name}/start"), Payload::none()).await?.expect(204)?;
    Ok(name)
}

async fn inspect(cx: &Context, name: &str) -> Result<Value, Stop> {
    Ok(cx.http().get(&format!("/containers/{name}/json")).await?.expect(200)?.json()?)
}

async fn remove(cx: &Context, name: &str) -> Outcome {
    cx.http().delete(&format!("/containers/{name}?force=1")).await?;
    Ok(())
}

async fn wait(cx: &Context, name: &str) -> Result<Value, Stop> {
    let path = format!("/containers/{name}/wait");
    let code =
        cx.http().post(&path, Payload::none()).await?.expect(200)?.json()?["StatusCode"].take();
    // podman may end a wait before the container has ended.
    until("the end of the run", async || {
        let status = inspect(cx, name).await?["State"]["Status"].take();
        Ok((status != "running" && status != "stopping" && status != "stopped").then_some(()))
    })
    .await?;
    Ok(code)
}

async fn a_signal_ends_a_restart_policy(cx: Context) -> Outcome {
    let script = "trap 'exit 1' INT; touch /ready; while :; do sleep 0.1; done";
    let policy = json!({"RestartPolicy": {"Name": "always"}});
    let explicit = json!({"HostConfig": policy, "StopSignal": "SIGTERM"});
    let (without, with) = seen(&cx, [(false, true), (false, true), (true, true), (false, false)])?;
    for (name, more, again) in
        [("default", json!({"HostConfig": policy}), without), ("explicit", explicit, with)]
    {
        let name = started(&cx, name, script, more).await?;
        let ready = format!("/containers/{name}/archive?path=/ready");
        until("a script that handles the signal", async || {
            let reply = cx.http().send(Method::HEAD, &ready, Payload::none()).await?;
            Ok((reply.status == 200).then_some(()))
        })
        .await?;
        post(&cx, &format!("/containers/{name}/kill?signal=SIGINT"), Payload::none()).await?;
        until("an end or another run", async || {
            let container = inspect(&cx, &name).await?;
            let state = if again {
                container["RestartCount"] == 1
            } else {
                container["State"]["Status"] == "exited"
            };
            Ok(state.then_some(()))
        })
        .await?;
        remove(&cx, &name).await?;
    }
    Ok(())
}

async fn health_after_a_stop(cx: Context) -> Outcome {
    let second = 1_000_000_000_u64;
    let check = json!({"Test": ["CMD", "true"], "Interval": second, "Timeout": 10 * second});
    let name = started(&cx, "healthy", "sleep 60", json!({"Healthcheck": check})).await?;
    let health =
        async || Ok::<_, Stop>(inspect(&cx, &name).await?["State"]["Health"]["Status"].take());
    until("a healthy container", async || Ok((health().await? == "healthy").then_some(()))).await?;
    post(&cx, &format!("/containers/{name}/stop?t=0"), Payload::none()).await?;
    assert_eq!(health().await?, seen(&cx, ["unhealthy", "unhealthy", "", ""])?);
    Ok(())
}

async fn attach_and_wait(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("created");
    let body = cx.container(&["echo", "next"]);
    let path = format!("/containers/create?name={name}");
    cx.http().post(&path, Payload::json(&body)).await?.expect(201)?;
    // The container was never started: dockerd returns 0, and podman -1 or 0.
    let code = wait(&cx, &name).await?;
    assert!(code == 0 || code == -1 && cx.engine().is_podman(), "{code}");

    docker.container_start(&name).send().await?;
    wait(&cx, &name).await?;
    let attach = docker.container_attach(&name);
    let mut output = Box::pin(async { attach.attach().await?.output.collect().await });
    let early = tokio::time::timeout(Duration::from_secs(1), &mut output).await;
    assert!(early.is_err(), "attaching to a container that has ended waits");
    docker.container_start(&name).send().await?;
    let output = output.await?;
    assert_eq!(output.stdout, b"next\n");
    Ok(())
}

async fn long_lines(cx: Context) -> Outcome {
    let script = "head -c 40000 /dev/zero | tr '\\0' x; echo";
    let name = started(&cx, "long", script, Value::Null).await?;
    wait(&cx, &name).await?;
    let path = format!("/containers/{name}/logs?stdout=1&timestamps=1");
    let text = String::from_utf8_lossy(&cx.http().get(&path).await?.expect(200)?.body).into_owned();
    let stamps = text.matches('T').count();
    if cx.engine().is_podman() {
        assert!(stamps > 3, "{stamps}");
    } else {
        assert_eq!(stamps, 3, "one in each 16 KiB");
    }
    // The client's lines have one each, and nothing else is missing.
    let line = stamped_line(&cx, &name).await?;
    assert_eq!(line.trim_start_matches('x').len(), 0, "{line:.200}");
    assert_eq!(line.len(), 40_000);
    if !cx.engine().is_podman() {
        let name = started(&cx, "terminal", script, json!({"Tty": true})).await?;
        wait(&cx, &name).await?;
        assert_eq!(stamped_line(&cx, &name).await?, line, "the line of a terminal");
    }
    Ok(())
}

/// The only line of a container's log, without the timestamp at its beginning.
async fn stamped_line(cx: &Context, name: &str) -> Result<String, Stop> {
    let mut lines = docker(cx)?.container_logs(name).timestamps(true).stream().await?.lines();
    let line = lines.next().await.ok_or("a line")??.text().into_owned();
    let more = lines.next().await;
    assert!(more.is_none(), "{:.200}", format!("{more:?} after {} bytes", line.len()));
    let (stamp, line) = line.split_once(' ').ok_or("a timestamp")?;
    assert!(stamp.starts_with("20") && stamp.contains('T'), "{stamp}");
    Ok(line.to_owned())
}

async fn statuses_of_refusals(cx: Context) -> Outcome {
    let name = started(&cx, "running", "sleep 60", Value::Null).await?;
    let created = cx.name("created");
    let path = format!("/containers/create?name={created}");
    cx.http().post(&path, Payload::json(&cx.container(&["true"]))).await?.expect(201)?;
    let network = cx.name("net");
    let body = json!({"Name": network, "Labels": {cx.label(): ""}});
    cx.http().post("/networks/create", Payload::json(&body)).await?.expect(201)?;
    let connect = format!("/networks/{network}/connect");
    let disconnect = format!("/networks/{network}/disconnect");
    let member = json!({"Container": name});
    let on = |verb: &str| format!("/containers/{name}/{verb}");
    let cases: &[(Method, String, &Value, [u16; 4])] = &[
        (Method::POST, on("unpause"), &Value::Null, [500; 4]),
        (Method::POST, connect.clone(), &member, [200; 4]),
        (Method::POST, connect, &member, [403, 403, 500, 403]),
        (Method::DELETE, format!("/networks/{network}"), &Value::Null, [403, 403, 500, 500]),
        (Method::POST, disconnect.clone(), &member, [200; 4]),
        (Method::POST, disconnect, &member, [500; 4]),
        (Method::DELETE, format!("/containers/{name}"), &Value::Null, [409, 409, 500, 500]),
        (Method::POST, on("kill?signal=0"), &Value::Null, [400, 400, 500, 500]),
        (Method::POST, on(&format!("rename?name={name}")), &Value::Null, [400, 400, 204, 204]),
        (Method::GET, on("logs?stdout=1&tail=abc"), &Value::Null, [200, 200, 400, 400]),
        (Method::POST, on("pause"), &Value::Null, [204; 4]),
        (Method::POST, on("pause"), &Value::Null, [409, 409, 500, 500]),
        (Method::POST, on("stop?t=0"), &Value::Null, [204, 204, 500, 500]),
        (Method::POST, format!("/containers/{created}/stop"), &Value::Null, [304, 304, 204, 204]),
        (Method::GET, format!("/containers/{created}/top"), &Value::Null, [409, 409, 200, 500]),
        (
            Method::GET,
            "/containers/json?filters=%7B%22since%22:%5B%22no-such%22%5D%7D".to_owned(),
            &Value::Null,
            [500, 404, 500, 500],
        ),
    ];
    for (method, path, body, statuses) in cases {
        let payload = if body.is_null() { Payload::none() } else { Payload::json(body) };
        let reply = cx.http().send(method.clone(), path, payload).await?;
        assert_eq!(reply.status, seen(&cx, *statuses)?, "{method} {path}: {}", reply.text());
    }
    Ok(())
}

async fn names(cx: Context) -> Outcome {
    let create = |name: &str| format!("/containers/create?name={name}");
    let body = || Payload::json(&cx.container(&["true"]));
    let letter = post(&cx, &create("q"), body()).await?;
    assert_eq!(letter, seen(&cx, [400, 400, 201, 201])?, "a name of one character");
    remove(&cx, "q").await?;
    let slash = post(&cx, &create(&format!("/{}", cx.name("slash"))), body()).await?;
    assert_eq!(slash, seen(&cx, [201, 201, 500, 201])?, "a name that begins with a slash");

    let network = json!({"Name": cx.name("twice"), "Labels": {cx.label(): ""}});
    post(&cx, "/networks/create", Payload::json(&network)).await?;
    let again = post(&cx, "/networks/create", Payload::json(&network)).await?;
    assert_eq!(again, seen(&cx, [201, 409, 500, 409])?, "a second network of the same name");

    let volume = |value: &str| json!({"Name": cx.name("volume"), "Labels": {cx.label(): value}});
    for value in ["first", "second"] {
        let reply = cx.http().post("/volumes/create", Payload::json(&volume(value))).await?;
        assert_eq!(reply.expect(201)?.json()?["Labels"][cx.label()], "first", "{value}");
    }
    Ok(())
}

async fn missing_commands_and_sources(cx: Context) -> Outcome {
    let name = cx.name("nothing");
    let path = format!("/containers/create?name={name}");
    let body = cx.container(&["no-such-program"]);
    cx.http().post(&path, Payload::json(&body)).await?.expect(201)?;
    let start = post(&cx, &format!("/containers/{name}/start"), Payload::none()).await?;
    assert_eq!(start, seen(&cx, [400, 400, 500, 500])?);
    let state = inspect(&cx, &name).await?["State"].take();
    assert_eq!(state["Status"], "created", "{state}");
    assert_eq!(state["ExitCode"], seen(&cx, [127, 127, 0, 0])?, "{state}");

    let name = started(&cx, "running", "sleep 60", Value::Null).await?;
    let exec = json!({"Cmd": ["no-such-program"], "AttachStdout": true});
    let exec = cx.http().post(&format!("/containers/{name}/exec"), Payload::json(&exec)).await?;
    let id = exec.expect(201)?.json()?["Id"].as_str().unwrap_or_default().to_owned();
    let begin = Payload::json(&json!({"Detach": false}));
    // With status 200: the output says what went wrong.
    cx.http().post(&format!("/exec/{id}/start"), begin).await?.expect(200)?;
    let code = until("an exit code", async || {
        let exec = cx.http().get(&format!("/exec/{id}/json")).await?.expect(200)?.json()?;
        Ok(exec["ExitCode"].as_i64().filter(|_| exec["Running"] == false))
    });
    assert_eq!(code.await?, seen(&cx, [126, 127, 127, 127])?);

    let directory = tempfile::tempdir()?;
    let absent = directory.path().join("absent");
    let mount = json!({"Type": "bind", "Source": absent, "Target": "/x"});
    let mut body = cx.container(&["true"]);
    body["HostConfig"] = json!({"Mounts": [mount]});
    let made = post(&cx, "/containers/create", Payload::json(&body)).await?;
    assert_eq!(made, seen(&cx, [400, 400, 201, 201])?, "a mount of a directory that is not there");
    let binds = json!({"HostConfig": {"Binds": [format!("{}:/x", absent.display())]}});
    started(&cx, "bound", "true", binds).await?;
    Ok(())
}

async fn what_is_kept(cx: Context) -> Outcome {
    let env = json!({"Env": ["TWICE=1", "TWICE=2"]});
    let name = started(&cx, "twice", "echo $TWICE", env).await?;
    wait(&cx, &name).await?;
    let env = inspect(&cx, &name).await?["Config"]["Env"].to_string();
    assert_eq!(env.matches("TWICE").count(), seen(&cx, [2, 2, 1, 1])?, "{env}");
    let logs = cx.http().get(&format!("/containers/{name}/logs?stdout=1")).await?.expect(200)?;
    assert!(logs.body.ends_with(b"2\n"), "the last one counts");

    // Members are found in any case, and one that no engine knows is ignored.
    let body = json!({"image": cx.image(), "nonsense": 1, "labels": {cx.label(): ""}});
    cx.http().post("/containers/create", Payload::json(&body)).await?.expect(201)?;

    let name = started(&cx, "code", "exit 300", Value::Null).await?;
    assert_eq!(wait(&cx, &name).await?, 44, "an exit code has eight bits");
    Ok(())
}

async fn statistics(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = started(&cx, "ended", "true", Value::Null).await?;
    wait(&cx, &name).await?;
    let mut samples = docker.container_stats(&name).stream(false).stats().await?;
    if seen(&cx, [false, false, false, true])? {
        // With status 200 and an error object as the body.
        let error = samples.next().await.ok_or("an error")?.err().ok_or("an error")?;
        assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
        assert!(error.to_string().contains("container is stopped"), "{error}");
    } else if let Some(sample) = samples.next().await {
        assert_eq!(sample?.memory_usage, 0);
    }
    Ok(())
}

async fn registry_credentials(cx: Context) -> Outcome {
    let open = &cx.open_registry()?.address;
    let path = format!("/images/create?fromImage={open}/{}&tag=1", cx.name("missing"));
    let header = Payload::none().header("x-registry-auth", "!!!");
    let undecodable = cx.http().post(&path, header).await?;
    // dockerd asks the registry without credentials, which does not have the image.
    let expected = match cx.engine().is_podman() {
        true => 400,
        false => 404,
    };
    assert_eq!(undecodable.status, expected, "{}", undecodable.text());

    let repository = format!("{}/{}", cx.private_registry()?.address, cx.name("private"));
    let path = format!("/images/create?fromImage={repository}&tag=1");
    // {"username":"tester","password":"no"}
    let wrong = "eyJ1c2VybmFtZSI6InRlc3RlciIsInBhc3N3b3JkIjoibm8ifQ==";
    let reply = cx.http().post(&path, Payload::none().header("x-registry-auth", wrong)).await?;
    let known = seen(&cx, [500, 401, 200, 401])?;
    let status = if cx.engine().containerd_images { 500 } else { known };
    assert_eq!(reply.status, status, "{}", reply.text());
    Ok(())
}

async fn hosts_of_a_build(cx: Context) -> Outcome {
    let context = archive::of(&[(
        "Dockerfile",
        &format!("FROM {}\nRUN grep one /etc/hosts && grep two /etc/hosts\n", cx.image()),
    )]);
    let repeated = "extrahosts=one:10.0.0.1&extrahosts=two:10.0.0.2";
    let list = "extrahosts=%5B%22one:10.0.0.1%22,%22two:10.0.0.2%22%5D";
    for (hosts, works) in [(repeated, !cx.engine().is_podman()), (list, cx.engine().is_podman())] {
        let path = format!("/build?rm=1&nocache=1&{hosts}");
        let reply = cx.http().post(&path, Payload::tar(context.clone())).await?;
        let built = reply.status == 200 && !reply.text().contains("errorDetail");
        assert_eq!(built, works, "{hosts}: {}", reply.text());
    }
    // The client sends the form that the engine takes.
    let build = docker(&cx)?.image_build().body(Body::from(context)).nocache(true);
    build.extrahosts(["one:10.0.0.1", "two:10.0.0.2"]).finish().await?;
    Ok(())
}

async fn events_of_a_removed_run(cx: Context) -> Outcome {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_secs());
    let since = now()?;
    let mut body = cx.container(&["true"]);
    body["HostConfig"] = json!({"AutoRemove": true});
    let create = cx.http().post("/containers/create", Payload::json(&body)).await?;
    let id = create.expect(201)?.json()?["Id"].as_str().unwrap_or_default().to_owned();
    cx.http().post(&format!("/containers/{id}/start"), Payload::none()).await?.expect(204)?;
    let expected = seen(
        &cx,
        [
            &["create", "connect", "start", "die", "disconnect", "destroy"][..],
            &["create", "connect", "start", "disconnect", "die", "destroy"],
            &["create", "init", "start", "die", "remove"],
            &["create", "init", "start", "die", "remove"],
        ],
    )?;
    let actions = until("the last event", async || {
        let end = if cx.engine().is_podman() {
            "stream=false".into()
        } else {
            format!("until={}", now()?)
        };
        let path = format!("/events?since={since}&{end}");
        let text = cx.http().get(&path).await?.expect(200)?.text();
        let events = text.lines().filter(|line| line.contains(&id));
        let events = events.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let actions: Vec<String> =
            events.filter_map(|event| Some(event["Action"].as_str()?.to_owned())).collect();
        let ended = actions.iter().any(|action| Some(&action.as_str()) == expected.last());
        Ok(ended.then_some(actions))
    });
    assert_eq!(actions.await?, expected);
    Ok(())
}

/// Each event arrives once and has a time; engines do not promise that the times ascend.
async fn events_of_concurrent_calls(cx: Context) -> Outcome {
    const WRITERS: usize = 8;
    const EACH: usize = 8;
    let docker = docker(&cx)?;
    let prefix = cx.name("events-");
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let filters = Filters::new().with("type", "volume").with("event", "create");
    let events = docker.system_events().filters(&filters).since(since.to_string());
    let mut events = events.events().await?;

    let writers = (0..WRITERS).map(|writer| {
        let (docker, cx, prefix) = (&docker, &cx, &prefix);
        async move {
            for number in 0..EACH {
                let body = VolumeCreateRequest {
                    name: Some(format!("{prefix}{writer}-{number}")),
                    labels: [(cx.label().to_owned(), String::new())].into(),
                    ..VolumeCreateRequest::default()
                };
                docker.volume_create(body).send().await?;
            }
            Ok::<_, Stop>(())
        }
    });
    futures_util::future::try_join_all(writers).await?;

    let mut names = Vec::new();
    while names.len() < WRITERS * EACH {
        let event = events.next().await.ok_or("the stream ended")??;
        let id = event.actor.and_then(|actor| actor.id).unwrap_or_default();
        if id.starts_with(&prefix) {
            names.push(id);
            event.time_nano.ok_or("an event without a time")?;
        }
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), WRITERS * EACH, "{names:?}");
    Ok(())
}
