//! Examples that run, list, find, change and stop containers.

use engines::case::{Context, EngineTest, Outcome, test, until};

use super::{exited, inspect, program, remove, run, script, start, succeeded, with_image};

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::background", background).on_podman(),
        test("examples::list_containers", list_containers).on_podman(),
        test("examples::stop_all", stop_all),
        test("examples::commit", commit),
        test("examples::copy", copy).on_podman(),
        test("examples::rename", rename),
        test("examples::exec", exec),
        test("examples::top", top).on_podman(),
        test("examples::inspect", inspect_filtered).on_podman(),
        test("examples::wait_healthy", wait_healthy),
    ]
}

async fn background(cx: Context) -> Outcome {
    let name = cx.name("web");
    let id = run(&cx, "background", &[&name, cx.image(), "127.0.0.1::80"]).await?;
    let found = inspect(&cx, id.trim()).await?;
    assert_eq!(found["Name"].as_str().map(|found| found.trim_start_matches('/')), Some(&*name));
    assert_eq!(found["State"]["Running"], true);
    let port = found["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str();
    assert!(port.is_some_and(|port| port.parse::<u16>().is_ok()), "{found}");
    remove(&cx, &name).await
}

async fn list_containers(cx: Context) -> Outcome {
    let (up, down) = (cx.name("up"), cx.name("down"));
    script(&cx, &up, "sleep 1000").await?;
    exited(&cx, &script(&cx, &down, "exit 3").await?).await?;
    let list = run(&cx, "list_containers", &[]).await?;
    let line = |name: &str| list.lines().find(|line| line.ends_with(name)).unwrap_or_default();
    assert!(line(&up).contains("Up ") && line(&up).contains(cx.image()), "{list}");
    assert!(line(&down).contains("Exited (3)"), "{list}");
    Ok(())
}

async fn stop_all(cx: Context) -> Outcome {
    // The example stops every container of the engine, so no other test may use the engine.
    let engine = with_image(&cx, cx.own_engine()?.start_alone().await?).await?;
    let mut codes = Vec::new();
    for (name, trap, code) in [("one", "exit 5", 5), ("two", "exit 5", 5), ("deaf", "", 137)] {
        let script = format!("trap '{trap}' TERM; echo ready; while true; do sleep 0.1; done");
        let id = start(engine.client(), name, &cx.container(&["sh", "-c", &script])).await?;
        let logs = format!("/containers/{id}/logs?stdout=true");
        until("the trap", async || {
            let logs = engine.client().get(&logs).await?.expect(200)?.text();
            Ok(logs.contains("ready").then_some(()))
        })
        .await?;
        codes.push((id, code));
    }
    let settings = [("DOCKER_HOST", engine.info().host.as_str())];
    let stopped = succeeded(&program("stop_all", &["5"], &settings).await?)?;
    for (id, code) in codes {
        assert!(stopped.contains(&id[..12]), "{stopped}");
        let found = engine.client().get(&format!("/containers/{id}/json")).await?.expect(200)?;
        let state = &found.json()?["State"];
        assert_eq!((&state["Running"], &state["ExitCode"]), (&false.into(), &code.into()));
    }
    Ok(())
}

async fn commit(cx: Context) -> Outcome {
    let (name, image) = (cx.name("made"), cx.name("snapshot"));
    exited(&cx, &script(&cx, &name, "echo changed > /changed").await?).await?;
    let id = run(&cx, "commit", &[&name, &image, "one"]).await?;
    let found = cx.http().get(&format!("/images/{image}:one/json")).await?.expect(200)?.json()?;
    assert_eq!(found["Id"].as_str(), Some(id.trim()));
    assert_eq!(found["Comment"], "as it is now");
    assert_eq!(found["Config"]["Cmd"], serde_json::json!(["sh"]));

    let mut config = cx.container(&["cat", "/changed"]);
    config["Image"] = format!("{image}:one").into();
    let output = cx.http().run(&cx.name("again"), &config).await?;
    assert_eq!(output.stdout, "changed\n");
    cx.http().remove_image(&format!("{image}:one")).await?;
    Ok(())
}

async fn copy(cx: Context) -> Outcome {
    let (name, directory) = (cx.name("copy"), tempfile::tempdir()?);
    script(&cx, &name, "sleep 1000").await?;
    let (notes, etc) = (directory.path().join("notes.txt"), directory.path().join("etc"));
    std::fs::write(&notes, "to remember\n")?;
    let paths = [notes.to_str().ok_or("text")?, etc.to_str().ok_or("text")?];
    let output = run(&cx, "copy", &[&name, paths[0], paths[1]]).await?;
    assert!(output.starts_with("notes.txt has 12 bytes in the container\n"), "{output}");
    assert!(std::fs::read_to_string(etc.join("passwd"))?.starts_with("root:x:0:0:"));
    let there = format!("/containers/{name}/archive?path=/tmp/notes.txt");
    let archive = cx.http().get(&there).await?.expect(200)?.text();
    assert!(archive.contains("\0to remember\n\0"), "{archive:?}");
    Ok(())
}

async fn rename(cx: Context) -> Outcome {
    let (old, new) = (cx.name("old"), cx.name("new"));
    let id = script(&cx, &old, "sleep 1000").await?;
    assert_eq!(run(&cx, "rename", &[&old, &new]).await?, format!("renamed {old} to {new}\n"));
    assert_eq!(inspect(&cx, &new).await?["Id"], id);
    let gone = run(&cx, "rename", &[&old, &new]).await?;
    assert_eq!(gone, format!("there is no container {old}\n"));
    script(&cx, &old, "sleep 1000").await?;
    let taken = run(&cx, "rename", &[&old, &new]).await?;
    assert_eq!(taken, format!("the name {new} is already in use\n"));
    Ok(())
}

async fn exec(cx: Context) -> Outcome {
    let name = cx.name("exec");
    script(&cx, &name, "sleep 1000").await?;
    let output = run(&cx, "exec", &[&name]).await?;
    let expected = "stdout: \"hello world\\n\"\nstderr: \"careful\\n\"\n\
        exit code: 3\n";
    assert!(output.starts_with(expected), "{output}");
    let terminal = output.lines().last().unwrap_or_default();
    assert!(
        terminal.starts_with("terminal: \"/dev/pts/")
            && terminal.ends_with("\\r\\ncareful\\r\\n\""),
        "{output}"
    );
    Ok(())
}

async fn top(cx: Context) -> Outcome {
    let name = cx.name("top");
    script(&cx, &name, "sleep 1234; true").await?;
    // At first, the process is a program of the engine, which then executes the shell.
    let output = until("the command", async || {
        let output = run(&cx, "top", &[&name]).await?;
        let found = output.lines().skip(1).any(|process| process.ends_with("sleep 1234"));
        Ok(found.then_some(output))
    })
    .await?;
    assert!(output.lines().next().is_some_and(|titles| titles.contains("PID")), "{output}");
    Ok(())
}

async fn inspect_filtered(cx: Context) -> Outcome {
    let (up, down) = (cx.name("up"), cx.name("down"));
    let id = script(&cx, &up, "sleep 1000").await?;
    exited(&cx, &script(&cx, &down, "exit 3").await?).await?;
    let label = format!("label={}", cx.label());
    let names = |output: &str| {
        let names = output.lines().filter(|line| !line.starts_with(' '));
        names.map(str::to_owned).collect::<Vec<_>>()
    };

    let gone = run(&cx, "inspect", &[&label, "status=exited"]).await?;
    assert_eq!(names(&gone), [&*down]);
    // Podman says `stopped` until it has cleaned up.
    let status = if cx.engine().is_podman() { "" } else { "  status: exited" };
    assert!(gone.contains(&format!("{status}, exit code 3\n")), "{gone}");
    assert!(gone.contains(r#"command: ["sh", "-c", "exit 3"]"#), "{gone}");
    let runs = run(&cx, "inspect", &[&label, "status=running"]).await?;
    assert_eq!(names(&runs), [&*up]);
    let mut both = names(&run(&cx, "inspect", &[&label]).await?);
    both.sort();
    assert_eq!(both, [&*down, &*up]);
    let by_id = run(&cx, "inspect", &[&format!("id={}", &id[..10])]).await?;
    assert_eq!(names(&by_id), [&*up]);
    assert!(by_id.contains(&format!("  id: {id}\n")), "{by_id}");
    assert!(run(&cx, "inspect", &[]).await?.contains(&up));
    Ok(())
}

async fn wait_healthy(cx: Context) -> Outcome {
    let name = cx.name("slow");
    let output = run(&cx, "wait_healthy", &[&name, cx.image()]).await?;
    assert_eq!(output, format!("started {name}\n{name} is healthy\n"));
    Ok(())
}
