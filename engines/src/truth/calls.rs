//! The calls under each version of the API: every read operation, and every write operation whose response can be decoded.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::Method;
use serde_json::{Value, json};

use super::fixtures::Fixtures;
use super::session::{Session, query, without_credentials};
use super::swarm;
use crate::archive;
use crate::error::Result;
use crate::http::Payload;

pub(super) async fn all(session: &mut Session<'_>, fixtures: &Fixtures) -> Result<()> {
    let begun = now();
    system(session).await?;
    containers(session).await?;
    execs(session).await?;
    images(session, fixtures).await?;
    networks(session).await?;
    volumes(session).await?;
    if fixtures.swarm {
        swarm::calls(session).await?;
        plugins(session, fixtures).await?;
    }
    session.get("SystemEvents", &format!("/events?since={begun}&until={}", now() + 1)).await?;
    if session.target.own {
        prune(session).await?;
    }
    Ok(())
}

/// Seconds since 1970, as the engine counts them.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

async fn system(session: &mut Session<'_>) -> Result<()> {
    session.get("SystemInfo", "/info").await?;
    session.get("SystemVersion", "/version").await?;
    session.get("SystemDataUsage", "/system/df").await?;
    session.get("SystemDataUsage-types", "/system/df?type=image&type=volume").await?;
    if let Some(private) = session.target.private.clone()
        && let Some(login) = &private.login
    {
        let body = json!({
            "username": login.user, "password": login.password,
            "serveraddress": format!("http://{}/v2/", private.address),
        });
        session.post("SystemAuth", "/auth", &body).await?;
    }
    Ok(())
}

async fn containers(session: &mut Session<'_>) -> Result<()> {
    session.get("ContainerList", "/containers/json").await?;
    session.get("ContainerList-all", "/containers/json?all=true&size=true").await?;
    for name in ["web", "ill", "ended", "asleep", "fresh", "alone", "sharer"] {
        session
            .get(&format!("ContainerInspect-{name}"), &format!("/containers/{name}/json"))
            .await?;
    }
    session.get("ContainerInspect-size", "/containers/web/json?size=true").await?;
    session.get("ContainerTop", "/containers/web/top").await?;
    session.get("ContainerTop-arguments", "/containers/web/top?ps_args=-o%20pid,args").await?;
    session.get("ContainerChanges", "/containers/web/changes").await?;
    session.get("ContainerChanges-none", "/containers/fresh/changes").await?;
    session.get("ContainerStats", "/containers/web/stats?stream=false").await?;
    session.get("ContainerStats-one", "/containers/web/stats?stream=false&one-shot=true").await?;
    session.get("ContainerStats-ended", "/containers/ended/stats?stream=false").await?;
    session
        .get("ContainerStats-alone", "/containers/alone/stats?stream=false&one-shot=true")
        .await?;
    session.get("CheckpointList", "/containers/web/checkpoints").await?;
    session.post("ContainerWait", "/containers/ended/wait", &json!({})).await?;
    let update = json!({"CpuShares": 256, "RestartPolicy": {"Name": "no"}});
    session.post("ContainerUpdate", "/containers/asleep/update", &update).await?;
    let body = json!({"Image": "busybox:test", "Cmd": ["true"], "Labels": {"brief": ""}});
    session.post("ContainerCreate", "/containers/create?name=brief", &body).await?;
    // Swap accounting is off on many machines, and a limit on a machine without it is a warning.
    let warned = json!({
        "Image": "busybox:test", "Labels": {"brief": ""},
        "HostConfig": {"Memory": 8_388_608, "MemorySwap": 16_777_216, "KernelMemory": 8_388_608, "OomKillDisable": true},
    });
    session.post("ContainerCreate-limits", "/containers/create?name=limits", &warned).await?;
    session.get("ContainerInspect-limits", "/containers/limits/json").await?;
    commit(session).await
}

async fn commit(session: &mut Session<'_>) -> Result<()> {
    let path = "/commit?container=fresh&repo=committed&tag=1&comment=a%20comment&author=tester&changes=ENV%20C=1";
    session.post("ImageCommit", path, &json!({})).await?;
    session.get("ImageInspect-committed", "/images/committed:1/json").await?;
    session.delete("ImageDelete", "/images/committed:1").await?;
    Ok(())
}

async fn execs(session: &mut Session<'_>) -> Result<()> {
    let body = json!({
        "AttachStdout": true, "AttachStderr": true, "Cmd": ["sh", "-c", "exit 4"], "Env": ["A=1"], "User": "nobody",
        "WorkingDir": "/tmp", "Privileged": true,
    });
    let created = session.post("ContainerExec", "/containers/web/exec", &body).await?;
    let path = format!("/exec/{}", created["Id"].as_str().unwrap_or_default());
    session.get("ExecInspect-created", &format!("{path}/json")).await?;
    let start = format!("{path}/start");
    // Not a recording: its body is the process's output.
    session
        .target
        .client
        .post(&start, Payload::json(&json!({"Detach": false, "Tty": false})))
        .await?;
    session.get("ExecInspect-ended", &format!("{path}/json")).await?;
    Ok(())
}

async fn images(session: &mut Session<'_>, fixtures: &Fixtures) -> Result<()> {
    session.get("ImageList", "/images/json").await?;
    session
        .get("ImageList-all", "/images/json?all=true&digests=true&shared-size=true&manifests=true")
        .await?;
    for (variant, name) in
        [("busybox", "busybox:test"), ("built", "built:1"), ("bare", "bare:1"), ("kit", "kit:1")]
    {
        session.get(&format!("ImageInspect-{variant}"), &format!("/images/{name}/json")).await?;
        session.get(&format!("ImageHistory-{variant}"), &format!("/images/{name}/history")).await?;
    }
    session.get("ImageInspect-manifests", "/images/built:1/json?manifests=true").await?;
    build(session).await?;
    let saved = session.target.client.get("/images/get?names=bare:1").await?;
    if saved.status.is_success() {
        let load = Payload::tar(saved.body);
        session.call("ImageLoad", Method::POST, "/images/load?quiet=false", load).await?;
    }
    let import = Payload::tar(archive::of(&[("note", "imported\n")]));
    session
        .call(
            "ImageCreate-import",
            Method::POST,
            "/images/create?fromSrc=-&repo=imported&tag=1",
            import,
        )
        .await?;
    session.delete("ImageDelete-imported", "/images/imported:1").await?;
    let Some(name) = &fixtures.pushed else { return Ok(()) };
    session.get("ImageInspect-pushed", &format!("/images/{name}:1/json")).await?;
    session.get("DistributionInspect", &format!("/distribution/{name}:1/json")).await?;
    let push = format!("/images/{name}/push?tag=1");
    session.call("ImagePush", Method::POST, &push, without_credentials(Payload::none())).await?;
    let missing = format!("/images/{}/push?tag=1", name.replace("/built", "/missing"));
    session
        .call("ImagePush-missing", Method::POST, &missing, without_credentials(Payload::none()))
        .await?;
    // A layer that is here already is not pulled, so that progress shows only after the image is gone.
    session.delete("ImageDelete-pushed", &format!("/images/{name}:1")).await?;
    let pull = format!("/images/create?fromImage={}&tag=1", query(name));
    session
        .call("ImageCreate-pull", Method::POST, &pull, without_credentials(Payload::none()))
        .await?;
    Ok(())
}

async fn build(session: &mut Session<'_>) -> Result<()> {
    let dockerfile = "FROM busybox:test\nCOPY note /note\nLABEL a=b\nRUN echo working\n";
    let context = || archive::of(&[("Dockerfile", dockerfile), ("note", "built\n")]);
    let path = "/build?t=brief:1&version=1&nocache=true";
    session.call("ImageBuild", Method::POST, path, Payload::tar(context())).await?;
    let broken = archive::of(&[("Dockerfile", "FROM busybox:test\nRUN exit 5\n")]);
    session
        .call(
            "ImageBuild-failing",
            Method::POST,
            "/build?version=1&forcerm=true",
            Payload::tar(broken),
        )
        .await?;
    session
        .call("ImageBuild-kit", Method::POST, "/build?t=brief:2&version=2", Payload::tar(context()))
        .await?;
    session.delete("ImageDelete-built", "/images/brief:1").await?;
    session.delete("ImageDelete-kit", "/images/brief:2").await?;
    Ok(())
}

async fn networks(session: &mut Session<'_>) -> Result<()> {
    session.get("NetworkList", "/networks").await?;
    for name in ["front", "side", "bridge", "host", "none"] {
        session.get(&format!("NetworkInspect-{name}"), &format!("/networks/{name}")).await?;
    }
    session.get("NetworkInspect-verbose", "/networks/front?verbose=true").await?;
    let body = json!({"Name": "brief", "Labels": {"brief": ""}, "Driver": "bridge"});
    session.post("NetworkCreate", "/networks/create", &body).await?;
    Ok(())
}

async fn volumes(session: &mut Session<'_>) -> Result<()> {
    session.get("VolumeList", "/volumes").await?;
    for name in ["memory", "plain"] {
        session.get(&format!("VolumeInspect-{name}"), &format!("/volumes/{name}")).await?;
    }
    let body = json!({"Name": "brief", "Labels": {"brief": ""}});
    session.post("VolumeCreate", "/volumes/create", &body).await?;
    // Earlier versions know no cluster volumes, and look for a plugin for a quarter of a minute.
    if session.minor < 42 || !session.target.own {
        return Ok(());
    }
    let cluster = json!({
        "Name": format!("cluster-{}", session.minor), "Driver": "csi.example.org",
        "ClusterVolumeSpec": {
            "Group": "stock",
            "AccessMode": {"Scope": "multi", "Sharing": "all", "MountVolume": {"FsType": "ext4", "MountFlags": ["ro"]}},
            "CapacityRange": {"RequiredBytes": 1024, "LimitBytes": 4096},
            "Availability": "active",
        },
    });
    let created = session.post("VolumeCreate-cluster", "/volumes/create", &cluster).await?;
    if let Some(id) = created["ClusterVolume"]["ID"].as_str() {
        session.get("VolumeInspect-cluster", &format!("/volumes/{id}")).await?;
        session.get("VolumeList-cluster", "/volumes").await?;
        session.delete("VolumeDelete", &format!("/volumes/{id}?force=true")).await?;
    }
    Ok(())
}

async fn plugins(session: &mut Session<'_>, fixtures: &Fixtures) -> Result<()> {
    session.get("PluginList", "/plugins").await?;
    let Some(name) = &fixtures.pushed else { return Ok(()) };
    let name = format!("{}:1", name.replace("/built", "/plugged"));
    session.get("PluginInspect", &format!("/plugins/{name}/json")).await?;
    let push = format!("/plugins/{name}/push");
    session.call("PluginPush", Method::POST, &push, without_credentials(Payload::none())).await?;
    let path = format!("/plugins/privileges?remote={}", query(&name));
    let privileges = session
        .call("GetPluginPrivileges", Method::GET, &path, without_credentials(Payload::none()))
        .await?;
    let path = format!("/plugins/pull?remote={}&name=pulled:1", query(&name));
    let body = if privileges.is_null() { Value::Array(Vec::new()) } else { privileges };
    session
        .call("PluginPull", Method::POST, &path, without_credentials(Payload::json(&body)))
        .await?;
    session.delete("PluginDelete", "/plugins/pulled:1?force=true").await?;
    Ok(())
}

async fn prune(session: &mut Session<'_>) -> Result<()> {
    let filters = query(&json!({"label": ["brief"]}).to_string());
    for (operation, path) in
        [("ContainerPrune", "containers"), ("NetworkPrune", "networks"), ("ImagePrune", "images")]
    {
        session.post(operation, &format!("/{path}/prune?filters={filters}"), &json!({})).await?;
    }
    let volumes = query(&json!({"label": ["brief"], "all": ["true"]}).to_string());
    let volumes = if session.minor < 42 { filters.clone() } else { volumes };
    session.post("VolumePrune", &format!("/volumes/prune?filters={volumes}"), &json!({})).await?;
    // Nothing to prune now.
    session
        .post("ContainerPrune-nothing", &format!("/containers/prune?filters={filters}"), &json!({}))
        .await?;
    if session.newest {
        session.post("BuildPrune", "/build/prune?all=true", &json!({})).await?;
        session.post("ImagePrune-all", "/images/prune", &json!({})).await?;
    }
    session.post("BuildPrune-nothing", "/build/prune?keep-storage=1000000000", &json!({})).await?;
    Ok(())
}
