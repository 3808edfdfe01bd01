//! Containers: made with what users ask for, listed, inspected, changed and removed.

use docker_client::{ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome, until};
use engines::http::{Address, Client};
use serde_json::{Value, json};

use crate::support::{
    client, create, docker, labels, refused, refused_with_message, script, sleeper, start, test,
    typed, wire,
};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("containers::what_is_asked_for_is_there", what_is_asked_for_is_there),
        test("containers::mounts_of_each_kind", mounts_of_each_kind),
        test("containers::a_fixed_address_and_a_published_port", a_fixed_address),
        test("containers::health_checks_report_healthy_and_unhealthy", health_checks),
        test("containers::lists_are_filtered", lists_are_filtered).on_podman(),
        test("containers::a_name_can_be_changed", a_name_can_be_changed).on_podman(),
        test("containers::limits_can_be_changed", limits_can_be_changed),
        test("containers::processes_are_shown", processes_are_shown),
        test("containers::changed_files_are_told", changed_files_are_told).on_podman(),
        test("containers::what_runs_is_removed_by_force_alone", removed_by_force_alone),
        test("containers::prune_removes_what_has_the_label", prune).exclusive().on_podman(),
        test("containers::what_a_missing_one_is_asked_for", a_missing_one).on_podman(),
    ]
}

async fn what_is_asked_for_is_there(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("asked");
    let host = json!({
        "Memory": 67_108_864, "CpuShares": 512, "NanoCpus": 500_000_000, "PidsLimit": 50,
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
        "CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"], "ShmSize": 1_048_576,
        "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 128}],
        "ExtraHosts": ["other:10.0.0.9"], "Dns": ["10.0.0.2"], "ReadonlyRootfs": true,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
        "SecurityOpt": ["no-new-privileges"],
    });
    let body = json!({
        "Image": cx.image(), "Cmd": ["sleep", "1000"], "Env": ["A=1", "B="], "WorkingDir": "/tmp", "User": "nobody",
        "Hostname": "asked", "Labels": {cx.label(): "", "kind": "asked"}, "StopSignal": "SIGKILL",
        "StopTimeout": 3, "HostConfig": host,
    });
    let body = typed::<types::ContainerCreateBody>(body)?;
    let created = docker.container_create(&body).name(&name).send().await?.into_inner();
    assert_eq!(created.warnings, Vec::<String>::new());
    docker.container_start(&created.id).send().await?;

    let found = docker.container_inspect(&name).size(true).send().await?.into_inner();
    assert_eq!(found.id.as_deref(), Some(created.id.as_str()));
    assert!(found.size_root_fs.is_some_and(|size| size > 1_000_000), "{:?}", found.size_root_fs);
    let found = wire(&found)?;
    assert_eq!(found["Name"], format!("/{name}"));
    assert_eq!(found["State"]["Status"], "running");
    for (part, keys) in [
        (
            "HostConfig",
            "Memory CpuShares NanoCpus PidsLimit RestartPolicy ShmSize Ulimits ExtraHosts Dns ReadonlyRootfs LogConfig SecurityOpt",
        ),
        ("Config", "Env Cmd WorkingDir User Hostname Labels StopSignal StopTimeout"),
    ] {
        let asked = wire(&body)?;
        for key in keys.split(' ') {
            let asked = if part == "Config" { &asked[key] } else { &asked[part][key] };
            assert!(!asked.is_null(), "the type of this API version has no {part}.{key}");
            assert_eq!(&found[part][key], asked, "{part}.{key}");
        }
    }
    let taken = docker.container_create(&body).name(&name).send().await;
    let message = refused(taken, ErrorKind::Conflict);
    assert!(message.contains("already in use"), "{message}");
    let body = types::ContainerCreateBody { image: Some("no/such:image".to_owned()), ..body };
    let message = refused(docker.container_create(&body).send().await, ErrorKind::NotFound);
    assert!(message.contains("o such image"), "{message}");
    docker.container_delete(&name).force(true).send().await?;
    Ok(())
}

async fn mounts_of_each_kind(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("file"), "of the machine\n")?;
    let volume = cx.name("mounted");
    let mut body = script(
        &cx,
        "cat /bound/file; echo kept > /volume/file; touch /bound/new 2>&1 | grep -o 'Read-only'; \
         grep -q ' /memory tmpfs .*size=64k' /proc/mounts && echo small; ls -d /old /anonymous",
    );
    body["Volumes"] = json!({"/anonymous": {}});
    body["HostConfig"] = json!({
        "Binds": [format!("{volume}:/old")],
        "Mounts": [
            {"Type": "bind", "Source": directory.path(), "Target": "/bound", "ReadOnly": true},
            {"Type": "volume", "Source": volume, "Target": "/volume",
             "VolumeOptions": {"Labels": labels(&cx)}},
            {"Type": "tmpfs", "Target": "/memory", "TmpfsOptions": {"SizeBytes": 65536}},
        ],
    });
    // The volume is created by the first request that names it, with the labels of that request.
    let volume_body = json!({"Name": volume, "Labels": labels(&cx)});
    docker.volume_create(typed::<types::VolumeCreateRequest>(volume_body)?).send().await?;
    let id = start(&docker, &cx.name("mounts"), body).await?;
    assert_eq!(docker.container_wait(&id).send().await?.status_code, 0);
    let output = docker_client::prelude::LogsExt::stream(docker.container_logs(&id)).await?;
    let output = String::from_utf8(output.collect().await?.stdout)?;
    assert_eq!(output, "of the machine\nRead-only\nsmall\n/anonymous\n/old\n");
    let found = docker.container_inspect(&id).send().await?;
    let mut kinds: Vec<(String, String)> = Vec::new();
    for mount in wire(&found.mounts)?.as_array().into_iter().flatten() {
        let text = |key: &str| mount[key].as_str().unwrap_or_default().to_owned();
        kinds.push((text("Destination"), text("Type")));
    }
    kinds.sort();
    let expected = [
        ("/anonymous", "volume"),
        ("/bound", "bind"),
        ("/memory", "tmpfs"),
        ("/old", "volume"),
        ("/volume", "volume"),
    ];
    assert_eq!(kinds, expected.map(|(path, kind)| (path.to_owned(), kind.to_owned())));
    docker.container_delete(&id).v(true).send().await?;
    Ok(())
}

async fn a_fixed_address(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let network = cx.name("net");
    let body = json!({
        "Name": network, "Labels": labels(&cx),
        "IPAM": {"Config": [{"Subnet": "10.71.0.0/24", "Gateway": "10.71.0.1"}]},
    });
    docker.network_create(typed::<types::NetworkCreateRequest>(body)?).send().await?;
    let mut body = script(&cx, "echo served > /tmp/page; httpd -f -p 80 -h /tmp");
    body["ExposedPorts"] = json!({"80/tcp": {}});
    body["HostConfig"] = json!({
        "NetworkMode": network,
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
    });
    body["NetworkingConfig"] = json!({"EndpointsConfig": {&network: {
        "IPAMConfig": {"IPv4Address": "10.71.0.77"}, "Aliases": ["www"],
    }}});
    let id = start(&docker, &cx.name("web"), body).await?;
    let found = wire(&docker.container_inspect(&id).send().await?.into_inner())?;
    let settings = &found["NetworkSettings"];
    assert_eq!(settings["Networks"][&network]["IPAddress"], "10.71.0.77");
    let port = &settings["Ports"]["80/tcp"][0]["HostPort"];
    let port = port.as_str().ok_or("no port was published")?.to_owned();
    let listed = docker.container_list().filters(Filters::new().with("id", &id)).send().await?;
    assert_eq!(wire(&listed[0].ports)?[0]["PublicPort"].to_string(), port);
    let web = Client::new(Address::Tcp(format!("127.0.0.1:{port}")));
    // The container has started, and its server a moment later.
    let page = until("the page", async || Ok(web.get("/page").await.ok())).await?;
    assert_eq!(page.expect(200)?.text(), "served\n");
    docker.container_delete(&id).force(true).send().await?;
    docker.network_delete(&network).send().await?;
    Ok(())
}

async fn health_checks(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut ids = Vec::new();
    for (name, test, expected) in
        [("well", "true", "healthy"), ("ill", "echo no; exit 1", "unhealthy")]
    {
        let mut body = script(&cx, "exec sleep 1000");
        body["Healthcheck"] = json!({
            "Test": ["CMD-SHELL", test], "Interval": 100_000_000, "Timeout": 5_000_000_000_u64, "Retries": 1,
        });
        ids.push((start(&docker, &cx.name(name), body).await?, expected));
    }
    for (id, expected) in ids {
        let health = until(expected, async || {
            let found = docker.container_inspect(&id).send().await?.into_inner();
            let health = wire(&found)?["State"]["Health"].clone();
            // Documents before 1.39 do not name the health; engines send it, and lists can be filtered by it.
            if health.is_null() {
                let one = Filters::new().with("id", &id).with("health", expected);
                let listed = docker.container_list().filters(one).send().await?;
                return Ok((listed.len() == 1).then_some(Value::Null));
            }
            Ok((health["Status"] == expected).then_some(health))
        })
        .await?;
        if expected == "unhealthy" && !health.is_null() {
            assert_eq!(health["Log"][0]["Output"], "no\n");
        }
        docker.container_delete(&id).force(true).send().await?;
    }
    Ok(())
}

async fn lists_are_filtered(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let running = sleeper(&cx, &docker, "running").await?;
    let ended = start(&docker, &cx.name("ended"), script(&cx, "exit 3")).await?;
    docker.container_wait(&ended).send().await?;
    let own = || Filters::new().with("label", cx.label());
    let ids = async |all: bool, filters: Filters| {
        let listed = docker.container_list().all(all).filters(filters).send().await?;
        let mut ids: Vec<String> = listed.iter().filter_map(|item| item.id.clone()).collect();
        ids.sort();
        Ok::<_, docker_client::Error>(ids)
    };
    let mut both = [running.clone(), ended.clone()];
    both.sort();
    // A list may be a moment behind the end of a wait.
    let listed = until("the end of one", async || {
        let listed = ids(true, own().with("status", "exited")).await?;
        Ok((!listed.is_empty()).then_some(listed))
    });
    assert_eq!(listed.await?, [ended.as_str()]);
    assert_eq!(ids(true, own()).await?, both);
    assert_eq!(ids(false, own()).await?, [running.as_str()]);
    assert_eq!(ids(true, own().with("exited", 3)).await?, [ended.as_str()]);
    assert_eq!(ids(true, own().with("name", cx.name("running"))).await?, [running.as_str()]);
    let sized = docker.container_list().size(true).filters(own()).send().await?;
    assert!(sized[0].size_root_fs.is_some_and(|size| size > 1_000_000), "{sized:?}");
    let wrong = docker.container_list().filters(Filters::new().with("nope", "x")).send().await;
    let kind =
        if cx.engine().is_podman() { ErrorKind::Internal } else { ErrorKind::InvalidArgument };
    assert!(refused(wrong, kind).contains("nope"));
    docker.container_delete(&running).force(true).send().await?;
    Ok(())
}

async fn a_name_can_be_changed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = create(&docker, &cx.name("before"), script(&cx, "true")).await?;
    create(&docker, &cx.name("taken"), script(&cx, "true")).await?;
    docker.container_rename(&id, cx.name("after")).send().await?;
    let found = docker.container_inspect(cx.name("after")).send().await?;
    assert_eq!(found.id.as_deref(), Some(id.as_str()));
    let taken = docker.container_rename(&id, cx.name("taken")).send().await;
    let podman_5 = cx.engine().is_podman() && !cx.engine().is_podman_4();
    refused(taken, if podman_5 { ErrorKind::Internal } else { ErrorKind::Conflict });
    Ok(())
}

async fn limits_can_be_changed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "limits").await?;
    let change = json!({
        "Memory": 33_554_432, "MemorySwap": 67_108_864, "CpuShares": 256, "RestartPolicy": {"Name": "always"},
    });
    let change = typed::<types::ContainerUpdateBody>(change)?;
    docker.container_update(&id, &change).send().await?;
    let found = wire(&docker.container_inspect(&id).send().await?.into_inner())?;
    let host = &found["HostConfig"];
    assert_eq!((&host["Memory"], &host["CpuShares"]), (&json!(33_554_432), &json!(256)));
    assert_eq!(host["RestartPolicy"]["Name"], "always");
    refused(docker.container_update(cx.name("missing"), &change).send().await, ErrorKind::NotFound);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn processes_are_shown(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = sleeper(&cx, &docker, "top").await?;
    // A process has its new name before its new arguments, and no arguments in between; ps then says "[sleep]".
    let top = until("the whole command", async || {
        let top = docker.container_top(&id).ps_args("-o pid,args").send().await?;
        let command = top.processes.first().and_then(|row| row.get(1));
        Ok((command.is_some_and(|command| command == "sleep 1000")).then_some(top))
    })
    .await?;
    assert_eq!(top.titles, ["PID", "COMMAND"]);
    assert_eq!(top.processes.len(), 1);
    let top = docker.container_top(&id).send().await?;
    assert!(top.processes[0].iter().any(|cell| cell.contains("sleep")), "{top:?}");
    docker.container_kill(&id).send().await?;
    docker.container_wait(&id).send().await?;
    refused_with_message(docker.container_top(&id).send().await, "not running");
    Ok(())
}

async fn changed_files_are_told(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&docker, &cx.name("changes"), script(&cx, "touch /made; rm /etc/group")).await?;
    docker.container_wait(&id).send().await?;
    let changes = docker.container_changes(&id).send().await?;
    let kind = |path: &str| {
        let change = changes.iter().find(|change| change.path == path);
        change.map(|change| wire(&change.kind).unwrap())
    };
    assert_eq!(
        (kind("/made"), kind("/etc/group")),
        (Some(json!(1)), Some(json!(2))),
        "{changes:?}"
    );
    refused_with_message(
        docker.container_changes(cx.name("missing")).send().await,
        &cx.name("missing"),
    );
    Ok(())
}

async fn removed_by_force_alone(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut body = script(&cx, "exec sleep 1000");
    body["Volumes"] = json!({"/anonymous": {}});
    let id = start(&docker, &cx.name("removed"), body).await?;
    let found = wire(&docker.container_inspect(&id).send().await?.into_inner())?;
    let volume = found["Mounts"][0]["Name"].as_str().ok_or("an anonymous volume")?.to_owned();
    let message = refused(docker.container_delete(&id).send().await, ErrorKind::Conflict);
    assert!(message.contains("container") && message.contains("running"), "{message}");
    docker.container_delete(&id).force(true).v(true).send().await?;
    refused(docker.container_inspect(&id).send().await, ErrorKind::NotFound);
    refused(docker.volume_inspect(volume).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let docker = client(cx.host())?;
    let running = sleeper(&cx, &docker, "kept").await?;
    let ended = create(&docker, &cx.name("pruned"), script(&cx, "true")).await?;
    let other = create(&docker, &cx.name("other"), json!({"Image": cx.image()})).await?;
    let own = Filters::new().with("label", cx.label());
    let pruned = docker.container_prune().filters(&own).send().await?;
    assert_eq!(pruned.containers_deleted, [ended]);
    docker.container_inspect(&running).send().await?;
    docker.container_delete(&other).send().await?;
    let wrong = docker.container_prune().filters(Filters::new().with("nope", "x")).send().await;
    if !cx.engine().is_podman() {
        refused(wrong, ErrorKind::InvalidArgument);
    }
    docker.container_delete(&running).force(true).send().await?;
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("missing");
    refused(docker.container_inspect(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_start(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_stop(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_restart(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_kill(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_pause(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_unpause(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_wait(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_delete(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_rename(&name, cx.name("x")).send().await, ErrorKind::NotFound);
    refused(docker.container_top(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_resize(&name, 24, 80).send().await, ErrorKind::NotFound);
    refused(docker.container_export(&name).send().await, ErrorKind::NotFound);
    refused(docker.container_logs(&name).stdout(true).send().await, ErrorKind::NotFound);
    Ok(())
}
