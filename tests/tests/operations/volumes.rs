//! Volumes: the driver's options, labels, filters, removal, and those of the cluster.

use docker_client::{ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome};
use serde_json::json;

use crate::support::{docker, refused, speaks, start, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    #[allow(unused_mut)]
    let mut tests = vec![
        test("volumes::have_options_and_labels", have_options_and_labels),
        test("volumes::lists_are_filtered", lists_are_filtered).on_podman(),
        test("volumes::those_in_use_stay", those_in_use_stay).on_podman(),
        test("volumes::prune_removes_what_nobody_uses", prune).exclusive(),
        test("volumes::what_a_missing_one_is_asked_for", a_missing_one).on_podman(),
    ];
    docker_api::since!(1.42, {
        // Lists of volumes contain those of the cluster, whatever the filter is, and the cleanup of another test would
        // remove them.
        tests.push(test("volumes::of_the_cluster_are_drained", of_the_cluster).exclusive());
    });
    tests
}

async fn have_options_and_labels(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("memory");
    let body = json!({
        "Name": name, "Driver": "local", "Labels": {cx.label(): "", "kind": "memory"},
        "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=64k"},
    });
    let body = typed::<types::VolumeCreateRequest>(body)?;
    let created = docker.volume_create(&body).send().await?.into_inner();
    assert_eq!((created.name.as_str(), created.driver.as_str()), (name.as_str(), "local"));
    let found = wire(&docker.volume_inspect(&name).send().await?.into_inner())?;
    assert_eq!(
        (&found["Labels"]["kind"], &found["Options"]["o"]),
        (&json!("memory"), &json!("size=64k"))
    );
    let mut run = docker.run(cx.image()).cmd(["grep", " /data ", "/proc/mounts"]).remove(true);
    run = run.configure(|config| {
        config.host_config.get_or_insert_default().binds = vec![format!("{name}:/data")];
    });
    let output = String::from_utf8(run.output().await?.stdout)?;
    assert!(output.contains("tmpfs") && output.contains("size=64k"), "{output}");
    let malformed = typed::<types::VolumeCreateRequest>(json!({"Name": "a/path"}))?;
    refused(docker.volume_create(&malformed).send().await, ErrorKind::InvalidArgument);
    docker.volume_delete(&name).send().await?;
    Ok(())
}

async fn lists_are_filtered(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    for (name, kind) in [("one", "a"), ("two", "b")] {
        let body = json!({"Name": cx.name(name), "Labels": {cx.label(): "", "kind": kind}});
        docker.volume_create(typed::<types::VolumeCreateRequest>(body)?).send().await?;
    }
    let names = async |filters: Filters| {
        let listed = docker.volume_list().filters(filters).send().await?.into_inner();
        let mut names: Vec<String> = listed.volumes.into_iter().map(|item| item.name).collect();
        names.sort();
        Ok::<_, docker_client::Error>(names)
    };
    let own = || Filters::new().with("label", cx.label());
    assert_eq!(names(own()).await?, [cx.name("one"), cx.name("two")]);
    // Podman 4.3 takes all filters for alternatives.
    if !cx.engine().is_podman() {
        assert_eq!(names(own().with("driver", "local")).await?.len(), 2);
        assert_eq!(names(own().with("name", cx.name("two"))).await?, [cx.name("two")]);
    }
    let wrong = docker.volume_list().filters(Filters::new().with("nope", "x")).send().await;
    let kind =
        if cx.engine().is_podman() { ErrorKind::Internal } else { ErrorKind::InvalidArgument };
    refused(wrong, kind);
    Ok(())
}

async fn those_in_use_stay(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("used");
    let body = json!({"Name": name, "Labels": {cx.label(): ""}});
    docker.volume_create(typed::<types::VolumeCreateRequest>(body)?).send().await?;
    let mut body = cx.container(&["true"]);
    body["HostConfig"] = json!({"Binds": [format!("{name}:/data")]});
    let id = start(&docker, &cx.name("user"), body).await?;
    docker.container_wait(&id).send().await?;
    refused(docker.volume_delete(&name).send().await, ErrorKind::Conflict);
    docker.container_delete(&id).send().await?;
    docker.volume_delete(&name).send().await?;
    refused(docker.volume_inspect(&name).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("pruned");
    let body = json!({"Name": name, "Labels": {cx.label(): ""}});
    docker.volume_create(typed::<types::VolumeCreateRequest>(body)?).send().await?;
    let mut own = Filters::new().with("label", cx.label());
    // From here on only volumes without a name are pruned, unless all are asked for.
    if speaks(&docker, 42).await? {
        let pruned = docker.volume_prune().filters(&own).send().await?.into_inner();
        assert_eq!(pruned.volumes_deleted, Vec::<String>::new());
        own = own.with("all", true);
    }
    let pruned = docker.volume_prune().filters(&own).send().await?.into_inner();
    assert_eq!(pruned.volumes_deleted, [name]);
    let wrong = docker.volume_prune().filters(Filters::new().with("nope", "x")).send().await;
    refused(wrong, ErrorKind::InvalidArgument);
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    refused(docker.volume_inspect(cx.name("missing")).send().await, ErrorKind::NotFound);
    refused(docker.volume_delete(cx.name("missing")).send().await, ErrorKind::NotFound);
    Ok(())
}

docker_api::since!(1.42, {
    /// Volumes of the cluster are served by plugins, and one whose plugin is missing is described all the same.
    async fn of_the_cluster(cx: Context) -> Outcome {
        let docker = docker(&cx)?;
        if !speaks(&docker, 42).await? {
            return Err(engines::case::skip("volumes of the cluster are of API 1.42"));
        }
        crate::swarm::ensure(&docker).await?;
        let name = cx.name("cluster");
        let body = json!({
            "Name": name, "Driver": "csi.example.org", "Labels": {cx.label(): ""},
            "ClusterVolumeSpec": {
                "Group": "tests", "Availability": "active",
                "AccessMode": {"Scope": "multi", "Sharing": "all", "MountVolume": {"FsType": "ext4"}},
                "CapacityRange": {"RequiredBytes": 1024, "LimitBytes": 4096},
            },
        });
        let body = typed::<types::VolumeCreateRequest>(body)?;
        docker.volume_create(&body).send().await?;
        let found = wire(&docker.volume_inspect(&name).send().await?.into_inner())?;
        let cluster = &found["ClusterVolume"];
        assert_eq!(cluster["Spec"]["Availability"], "active", "{found}");
        let version = cluster["Version"]["Index"].as_u64().ok_or("no version")?;
        let mut spec = cluster["Spec"].clone();
        spec["Availability"] = json!("drain");
        let change = typed::<types::VolumeUpdateBody>(json!({"Spec": spec}))?;
        let id = cluster["ID"].as_str().ok_or("no id")?.to_owned();
        docker.volume_update(&id, version, &change).send().await?;
        let found = wire(&docker.volume_inspect(&name).send().await?.into_inner())?;
        assert_eq!(found["ClusterVolume"]["Spec"]["Availability"], "drain", "{found}");
        crate::support::refused_with_message(
            docker.volume_update(&id, version, &change).send().await,
            "out of sequence",
        );
        docker.volume_delete(&id).force(true).send().await?;
        Ok(())
    }
});
