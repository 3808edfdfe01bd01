//! Networks: address management, containers that join and leave with an address and aliases, filters, removal.

use docker_client::{ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome};
use serde_json::json;

use crate::support::{
    docker, labels, refused, refused_with_message, sleeper, speaks, test, typed, wire,
};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("networks::addresses_are_managed", addresses_are_managed),
        test("networks::containers_join_and_leave", containers_join_and_leave),
        test("networks::lists_are_filtered", lists_are_filtered).on_podman(),
        test("networks::prune_removes_what_nobody_uses", prune).exclusive(),
        test("networks::what_a_missing_one_is_asked_for", a_missing_one).on_podman(),
    ]
}

async fn addresses_are_managed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("managed");
    let ipam = json!({
        "Driver": "default",
        "Config": [{
            "Subnet": "10.72.0.0/16", "IPRange": "10.72.5.0/24", "Gateway": "10.72.0.1",
            "AuxiliaryAddresses": {"router": "10.72.5.0"},
        }],
    });
    let body = json!({
        "Name": name, "Driver": "bridge", "Internal": true, "Labels": {cx.label(): "", "kind": "managed"},
        "IPAM": ipam, "Options": {"com.docker.network.driver.mtu": "1400"},
    });
    let body = typed::<types::NetworkCreateRequest>(body)?;
    let created = docker.network_create(&body).send().await?.into_inner();
    let found = wire(&docker.network_inspect(&name).send().await?.into_inner())?;
    assert_eq!(found["Id"], wire(&created)?["Id"]);
    assert_eq!((&found["Internal"], &found["Driver"]), (&json!(true), &json!("bridge")));
    assert_eq!(found["Options"]["com.docker.network.driver.mtu"], "1400");
    let config = &found["IPAM"]["Config"][0];
    for key in ["Subnet", "IPRange", "Gateway"] {
        assert_eq!(config[key], ipam["Config"][0][key], "{config}");
    }
    let id = sleeper(&cx, &docker, "member").await?;
    let connect = typed::<types::NetworkConnectRequest>(json!({"Container": id}))?;
    docker.network_connect(&name, &connect).send().await?;
    let found = wire(&docker.container_inspect(&id).send().await?.into_inner())?;
    // The first address of the range is reserved for `router`.
    assert_eq!(found["NetworkSettings"]["Networks"][&name]["IPAddress"], "10.72.5.1");
    // A network can only be removed if no container is connected to it.
    let used = docker.network_delete(&name).send().await;
    refused(used, ErrorKind::PermissionDenied);
    docker.container_delete(&id).force(true).send().await?;
    let overlapping = typed::<types::NetworkCreateRequest>(json!({
        "Name": cx.name("overlapping"), "IPAM": {"Config": [{"Subnet": "10.72.0.0/24"}]},
    }))?;
    refused_with_message(docker.network_create(&overlapping).send().await, "overlap");
    let twice =
        typed::<types::NetworkCreateRequest>(json!({"Name": name, "CheckDuplicate": true}))?;
    let checks = wire(&twice)?.get("CheckDuplicate").is_some() || speaks(&docker, 44).await?;
    let twice = docker.network_create(&twice).send().await;
    if checks {
        refused(twice, ErrorKind::Conflict);
    } else {
        // In older versions, the engine checks only if a field requests it, which later versions do not have.
        let created = wire(&twice?.into_inner())?;
        assert!(
            created["Warning"].as_str().is_some_and(|text| text.contains("already exists")),
            "{created}"
        );
        docker.network_delete(created["Id"].as_str().ok_or("no id")?).send().await?;
    }
    docker.network_delete(&name).send().await?;
    Ok(())
}

async fn containers_join_and_leave(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let network = cx.name("joined");
    let body = json!({
        "Name": network, "Labels": labels(&cx), "IPAM": {"Config": [{"Subnet": "10.73.0.0/24"}]},
    });
    docker.network_create(typed::<types::NetworkCreateRequest>(body)?).send().await?;
    let id = sleeper(&cx, &docker, "guest").await?;
    let connect = json!({
        "Container": id,
        "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.73.0.9"}, "Aliases": ["guest"]},
    });
    let connect = typed::<types::NetworkConnectRequest>(connect)?;
    docker.network_connect(&network, &connect).send().await?;
    let found = wire(&docker.network_inspect(&network).send().await?.into_inner())?;
    assert_eq!(found["Containers"][&id]["IPv4Address"], "10.73.0.9/24", "{found}");
    let other = docker.run(cx.image()).cmd(["ping", "-c", "1", "-W", "5", "guest"]).remove(true);
    let other = other.configure(|config| {
        config.host_config.get_or_insert_default().network_mode = Some(network.clone());
    });
    let output = other.output().await?;
    assert_eq!(output.code, 0, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout)?.contains("10.73.0.9"));
    refused(docker.network_connect(&network, &connect).send().await, ErrorKind::PermissionDenied);
    let leave = typed::<types::NetworkDisconnectRequest>(json!({"Container": id, "Force": true}))?;
    docker.network_disconnect(&network, &leave).send().await?;
    let found = docker.network_inspect(&network).send().await?.into_inner();
    assert!(found.containers.is_empty(), "{:?}", found.containers);
    docker.container_delete(&id).force(true).send().await?;
    docker.network_delete(&network).send().await?;
    Ok(())
}

async fn lists_are_filtered(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    for (name, kind) in [("one", "a"), ("two", "b")] {
        let body = json!({"Name": cx.name(name), "Labels": {cx.label(): "", "kind": kind}});
        docker.network_create(typed::<types::NetworkCreateRequest>(body)?).send().await?;
    }
    let names = async |filters: Filters| {
        let listed = docker.network_list().filters(filters).send().await?;
        let mut names: Vec<String> = listed.iter().filter_map(|item| item.name.clone()).collect();
        names.sort();
        Ok::<_, docker_client::Error>(names)
    };
    let own = || Filters::new().with("label", cx.label());
    assert_eq!(names(own()).await?, [cx.name("one"), cx.name("two")]);
    let kind =
        Filters::new().with("label", format!("{}=", cx.label())).with("name", cx.name("two"));
    assert_eq!(names(kind).await?, [cx.name("two")]);
    assert_eq!(names(own().with("driver", "bridge")).await?.len(), 2);
    let wrong = docker.network_list().filters(Filters::new().with("nope", "x")).send().await;
    let kind =
        if cx.engine().is_podman() { ErrorKind::Internal } else { ErrorKind::InvalidArgument };
    refused(wrong, kind);
    for name in ["one", "two"] {
        docker.network_delete(cx.name(name)).send().await?;
    }
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    for name in ["used", "unused"] {
        let body = json!({"Name": cx.name(name), "Labels": labels(&cx)});
        docker.network_create(typed::<types::NetworkCreateRequest>(body)?).send().await?;
    }
    let id = sleeper(&cx, &docker, "user").await?;
    let connect = typed::<types::NetworkConnectRequest>(json!({"Container": id}))?;
    docker.network_connect(cx.name("used"), connect).send().await?;
    let own = Filters::new().with("label", cx.label());
    let pruned = docker.network_prune().filters(&own).send().await?.into_inner();
    assert_eq!(pruned.networks_deleted, [cx.name("unused")]);
    docker.network_inspect(cx.name("used")).send().await?;
    let wrong = docker.network_prune().filters(Filters::new().with("nope", "x")).send().await;
    refused(wrong, ErrorKind::InvalidArgument);
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("missing");
    refused(docker.network_inspect(&name).send().await, ErrorKind::NotFound);
    refused(docker.network_delete(&name).send().await, ErrorKind::NotFound);
    let connect = typed::<types::NetworkConnectRequest>(json!({"Container": "missing"}))?;
    refused(docker.network_connect(&name, connect).send().await, ErrorKind::NotFound);
    let leave = typed::<types::NetworkDisconnectRequest>(json!({"Container": "missing"}))?;
    refused(docker.network_disconnect(&name, leave).send().await, ErrorKind::NotFound);
    Ok(())
}
