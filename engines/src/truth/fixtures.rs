//! The fixtures: real objects of every kind, so that the responses contain as many fields as the engine can send.

use std::time::Duration;

use serde_json::{Value, json};

use super::session::{Target, without_credentials};
use super::swarm;
use crate::archive;
use crate::error::Result;
use crate::http::Payload;

/// What differs between engines.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    /// Whether the engine is a swarm with services.
    pub(super) swarm: bool,
    /// The name that an image and a plugin were pushed under, without the tag.
    pub(super) pushed: Option<String>,
}

const DOCKERFILE: &str = r#"FROM busybox:test
LABEL org.example.kind="built" empty=""
ENV LANG=C PLAIN=
COPY note /note
WORKDIR /tmp
USER nobody
VOLUME /data
EXPOSE 80 53/udp
STOPSIGNAL SIGINT
SHELL ["/bin/sh", "-c"]
HEALTHCHECK --interval=5s --timeout=2s --start-period=1s --retries=2 CMD true
ONBUILD ENV CHILD=1
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["sleep 600"]
"#;

pub(super) async fn create(target: &Target) -> Result<Fixtures> {
    let mut fixtures = Fixtures::default();
    images(target, &mut fixtures).await?;
    for (path, body) in objects() {
        target.create(path, &body).await?;
    }
    for (name, started, body) in containers() {
        target.create(&format!("/containers/create?name={name}"), &body).await?;
        if started {
            target.create(&format!("/containers/{name}/start"), &json!({})).await?;
        }
    }
    target.create("/containers/asleep/pause", &json!({})).await?;
    target.create("/networks/side/connect", &json!({
        "Container": "web",
        "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.78.0.9"}, "Aliases": ["beside"]},
    }))
    .await?;
    if !target.info.is_podman() {
        if target.own {
            plugin(target, &fixtures).await?;
            swarm::create(target).await?;
            fixtures.swarm = true;
        }
        settle(target, &fixtures).await?;
    }
    Ok(fixtures)
}

async fn images(target: &Target, fixtures: &mut Fixtures) -> Result<()> {
    let context = archive::of(&[("Dockerfile", DOCKERFILE), ("note", "a note\n")]);
    let client = &target.client;
    client.post("/build?t=built:1&version=1", Payload::tar(context.clone())).await?.expect(200)?;
    // No configuration at all: no command, no environment.
    let bare = Payload::tar(archive::of(&[("note", "bare\n")]));
    client.post("/images/create?fromSrc=-&repo=bare&tag=1", bare).await?.expect(200)?;
    if target.info.is_podman() {
        return Ok(());
    }
    client.post("/build?t=kit:1&version=2", Payload::tar(context)).await?.expect(200)?;
    if let Some(registry) = &target.registry {
        let name = format!("{}/built", registry.address);
        client.tag("built:1", &name, "1").await?;
        client.push(&name, "1", None).await?;
        fixtures.pushed = Some(name);
    }
    Ok(())
}

fn objects() -> Vec<(&'static str, Value)> {
    vec![
        (
            "/networks/create",
            json!({
                "Name": "front", "Driver": "bridge", "Attachable": true,
                "IPAM": {
                    "Driver": "default",
                    "Options": {"kept": "yes"},
                    "Config": [{
                        "Subnet": "10.77.0.0/16", "IPRange": "10.77.5.0/24", "Gateway": "10.77.0.1",
                        "AuxiliaryAddresses": {"router": "10.77.0.2"},
                    }],
                },
                "Options": {"com.docker.network.bridge.name": "front0", "com.docker.network.driver.mtu": "1400"},
                "Labels": {"kind": "stock"},
            }),
        ),
        (
            "/networks/create",
            json!({"Name": "side", "Internal": true, "IPAM": {"Config": [{"Subnet": "10.78.0.0/24"}]}}),
        ),
        (
            "/volumes/create",
            json!({
                "Name": "memory", "Driver": "local", "Labels": {"kind": "stock"},
                "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"},
            }),
        ),
        ("/volumes/create", json!({"Name": "plain"})),
    ]
}

/// Name, whether it is started, and configuration.
fn containers() -> Vec<(&'static str, bool, Value)> {
    let sleep = json!(["sleep", "3600"]);
    vec![
        ("web", true, web()),
        (
            "ill",
            true,
            json!({
                "Image": "busybox:test", "Cmd": sleep,
                "Healthcheck": {"Test": ["CMD-SHELL", "echo ill; exit 1"], "Interval": 300_000_000, "Retries": 1},
            }),
        ),
        ("ended", true, json!({"Image": "busybox:test", "Cmd": ["sh", "-c", "echo out; exit 3"]})),
        (
            "asleep",
            true,
            json!({"Image": "busybox:test", "Cmd": sleep, "Tty": true, "OpenStdin": true}),
        ),
        ("fresh", false, json!({"Image": "busybox:test"})),
        (
            "alone",
            true,
            json!({
                "Image": "busybox:test", "Cmd": sleep, "NetworkDisabled": true,
                "HostConfig": {"NetworkMode": "none", "ReadonlyRootfs": true, "Binds": ["plain:/plain"], "Init": true},
            }),
        ),
        (
            "sharer",
            true,
            json!({
                "Image": "busybox:test", "Cmd": sleep,
                "HostConfig": {
                    "NetworkMode": "container:web", "PidMode": "container:web", "VolumesFrom": ["alone:ro"],
                },
            }),
        ),
    ]
}

fn web() -> Value {
    json!({
        "Hostname": "web", "Domainname": "example.org", "User": "root", "Image": "built:1",
        "Env": ["A=1", "B="], "Entrypoint": ["/bin/sh", "-c"],
        "Cmd": ["echo started; echo trouble >&2; touch /made; while true; do sleep 1; done"],
        "Labels": {"kind": "stock", "empty": ""}, "StopTimeout": 1, "StopSignal": "SIGKILL",
        "ExposedPorts": {"80/tcp": {}, "81/tcp": {}, "53/udp": {}},
        "Volumes": {"/anonymous": {}},
        "Healthcheck": {
            "Test": ["CMD", "true"], "Interval": 300_000_000, "Timeout": 1_000_000_000, "Retries": 2,
            "StartPeriod": 1_000_000,
        },
        "HostConfig": web_host(),
        "NetworkingConfig": {"EndpointsConfig": {"front": {
            "IPAMConfig": {"IPv4Address": "10.77.5.77"}, "Aliases": ["www"], "DriverOpts": {"kept": "yes"},
        }}},
    })
}

fn web_host() -> Value {
    json!({
        "Binds": ["/usr/share:/share:ro", "plain:/plain"],
        "Mounts": [
            {"Type": "volume", "Source": "memory", "Target": "/memory", "ReadOnly": true,
             "VolumeOptions": {"NoCopy": true, "Labels": {"x": "y"}}},
            {"Type": "bind", "Source": "/usr/lib", "Target": "/lib-of-host", "ReadOnly": true,
             "BindOptions": {"Propagation": "rprivate"}},
            {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 65536, "Mode": 448}},
        ],
        "Tmpfs": {"/run": "rw,size=64k"},
        "PortBindings": {
            "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}],
            "53/udp": [{"HostPort": "18053"}],
        },
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
        "NetworkMode": "front", "ExtraHosts": ["other:10.0.0.9"], "Dns": ["10.0.0.2"],
        "DnsSearch": ["example.org"], "DnsOptions": ["ndots:1"],
        "CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"], "GroupAdd": ["1"], "SecurityOpt": ["no-new-privileges"],
        "Memory": 67_108_864, "MemoryReservation": 33_554_432, "NanoCpus": 500_000_000, "PidsLimit": 50,
        "CpuShares": 512, "OomScoreAdj": 100, "ShmSize": 1_048_576,
        "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 128}],
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rwm"}],
        "DeviceCgroupRules": ["c 1:3 mr"],
        "Sysctls": {"net.ipv4.ip_forward": "0"},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
        "Annotations": {"org.example.note": "kept"},
    })
}

/// A plugin that is never enabled: it has no program.
async fn plugin(target: &Target, fixtures: &Fixtures) -> Result<()> {
    let config = json!({
        "Description": "stock", "Documentation": "https://example.org",
        "Interface": {"Types": ["docker.volumedriver/1.0"], "Socket": "fixtures.sock", "ProtocolScheme": ""},
        "Entrypoint": ["/note"], "WorkDir": "/", "User": {"UID": 1, "GID": 1},
        "Network": {"Type": "host"}, "Linux": {
            "Capabilities": ["CAP_SYS_ADMIN"], "AllowAllDevices": false,
            "Devices": [{"Name": "null", "Description": "a device", "Settable": ["path"], "Path": "/dev/null"}],
        },
        "PropagatedMount": "/data", "IpcHost": false, "PidHost": false,
        "Mounts": [{
            "Name": "state", "Description": "a mount", "Settable": ["source"], "Source": "/usr/share",
            "Destination": "/share", "Type": "bind", "Options": ["rbind"],
        }],
        "Env": [{"Name": "DEBUG", "Description": "a switch", "Settable": ["value"], "Value": "0"}],
        "Args": {"Name": "args", "Description": "arguments", "Settable": ["value"], "Value": ["one"]},
    });
    let Some(name) = &fixtures.pushed else { return Ok(()) };
    let name = name.replace("/built", "/plugged");
    let files =
        archive::of(&[("config.json", &config.to_string()), ("rootfs/note", "no program\n")]);
    let path = format!("/plugins/create?name={name}:1");
    target.client.post(&path, Payload::tar(files)).await?.expect(204)?;
    target
        .client
        .post(&format!("/plugins/{name}:1/push"), without_credentials(Payload::none()))
        .await?
        .expect(200)?;
    Ok(())
}

/// Waits until containers have the health, and services the tasks, that they will have.
async fn settle(target: &Target, fixtures: &Fixtures) -> Result<()> {
    for _ in 0..150 {
        let health = |value: &Value| value["State"]["Health"]["Status"].as_str().map(str::to_owned);
        let web = target.client.get("/containers/web/json").await?.expect(200)?.json()?;
        let ill = target.client.get("/containers/ill/json").await?.expect(200)?.json()?;
        let settled = !fixtures.swarm || {
            let tasks = target.client.get("/tasks").await?.expect(200)?.json()?;
            let running = tasks.as_array().into_iter().flatten();
            let running = running.filter(|task| task["Status"]["State"] == "running");
            running.count() >= swarm::RUNNING
        };
        let healthy = health(&web).as_deref() == Some("healthy");
        if healthy && health(&ill).as_deref() == Some("unhealthy") && settled {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // The replies then show that something is missing, where it matters.
    Ok(())
}
