//! The swarm: services of each mode, tasks, secrets, configurations and the node, and the calls about them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::reading::id;
use super::session::{Session, Target};
use crate::error::Result;

/// How many tasks run once the services have settled.
pub(super) const RUNNING: usize = 3;

pub(super) async fn create(target: &Target) -> Result<()> {
    let init = json!({
        "ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1", "DefaultAddrPool": ["10.200.0.0/16"],
        "SubnetSize": 24,
        "Spec": {
            "Name": "default", "Labels": {"kind": "stock"},
            "Orchestration": {"TaskHistoryRetentionLimit": 5},
            "Raft": {"SnapshotInterval": 9000, "LogEntriesForSlowFollowers": 400},
            "Dispatcher": {"HeartbeatPeriod": 5_000_000_000_u64},
            "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000_u64},
            "EncryptionConfig": {"AutoLockManagers": true},
            "TaskDefaults": {"LogDriver": {"Name": "json-file", "Options": {"max-file": "2"}}},
        },
    });
    target.create("/swarm/init", &init).await?;
    let data = STANDARD.encode("kept");
    let secret = json!({"Name": "word", "Labels": {"kind": "stock"}, "Data": data, "Templating": {"Name": "golang"}});
    let secret = target.create("/secrets/create", &secret).await?;
    let config = target
        .create("/configs/create", &json!({"Name": "file", "Labels": {}, "Data": data}))
        .await?;
    let network = json!({"Name": "mesh", "Driver": "overlay", "Attachable": true, "Options": {"encrypted": ""}});
    let network = target.create("/networks/create", &network).await?;
    let service = rich(&secret["ID"], &config["ID"], &network["Id"]);
    let service = target.create("/services/create", &service).await?;
    for service in plain() {
        target.create("/services/create", &service).await?;
    }
    // An update leaves the previous specification and a status behind.
    let path = format!("/services/{}", service["ID"].as_str().unwrap_or_default());
    let found = target.client.get(&path).await?.expect(200)?.json()?;
    let mut spec = found["Spec"].clone();
    spec["Labels"]["changed"] = "yes".into();
    let version = &found["Version"]["Index"];
    target.create(&format!("{path}/update?version={version}"), &spec).await?;

    let nodes = target.client.get("/nodes").await?.expect(200)?.json()?;
    let node = &nodes[0];
    let path = format!(
        "/nodes/{}/update?version={}",
        node["ID"].as_str().unwrap_or_default(),
        node["Version"]["Index"]
    );
    let spec = json!({"Name": "first", "Role": "manager", "Availability": "active", "Labels": {"zone": "a"}});
    target.create(&path, &spec).await?;
    Ok(())
}

/// Services of the modes that every engine has, and without anything that could be left out.
fn plain() -> [Value; 2] {
    let container = json!({"Image": "busybox:test", "Command": ["sleep", "3600"]});
    [
        json!({"Name": "everywhere", "Mode": {"Global": {}}, "TaskTemplate": {"ContainerSpec": container}}),
        json!({"Name": "bare", "TaskTemplate": {"ContainerSpec": container}}),
    ]
}

fn rich(secret: &Value, config: &Value, network: &Value) -> Value {
    let update = json!({
        "Parallelism": 2, "Delay": 1_000_000_000, "FailureAction": "pause", "Monitor": 15_000_000_000_u64,
        "MaxFailureRatio": 0.15, "Order": "start-first",
    });
    json!({
        "Name": "rich", "Labels": {"kind": "stock"},
        "TaskTemplate": {
            "ContainerSpec": rich_container(secret, config),
            "Resources": {
                "Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 67_108_864, "Pids": 100},
                "Reservations": {"NanoCPUs": 100_000_000, "MemoryBytes": 33_554_432},
            },
            "RestartPolicy": {"Condition": "on-failure", "Delay": 1_000_000_000, "MaxAttempts": 3, "Window": 9_000_000_000_u64},
            "Placement": {
                "Constraints": ["node.role == manager"], "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
                "MaxReplicas": 4, "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            },
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
            "Networks": [{"Target": network, "Aliases": ["www"], "DriverOpts": {"kept": "yes"}}],
            "ForceUpdate": 1,
        },
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": update, "RollbackConfig": update,
        "EndpointSpec": {"Mode": "vip", "Ports": [
            {"Name": "http", "Protocol": "tcp", "TargetPort": 80, "PublishedPort": 18090, "PublishMode": "host"},
        ]},
    })
}

fn rich_container(secret: &Value, config: &Value) -> Value {
    json!({
        "Image": "busybox:test", "Labels": {"in": "container"}, "Command": ["sleep"], "Args": ["3600"],
        "Hostname": "{{.Node.Hostname}}-{{.Task.Slot}}", "Env": ["A=1"], "Dir": "/tmp", "User": "nobody",
        "Groups": ["1"], "TTY": true, "OpenStdin": true, "ReadOnly": true, "Init": true,
        "StopSignal": "SIGTERM", "StopGracePeriod": 1_000_000_000, "Isolation": "default",
        "Hosts": ["10.0.0.9 other"], "Sysctls": {"net.ipv4.ip_forward": "0"},
        "DNSConfig": {"Nameservers": ["10.0.0.2"], "Search": ["example.org"], "Options": ["ndots:1"]},
        "HealthCheck": {"Test": ["CMD", "true"], "Interval": 5_000_000_000_u64, "Retries": 3},
        "Privileges": {"NoNewPrivileges": true},
        "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 128}],
        "CapabilityAdd": ["CAP_NET_ADMIN"], "CapabilityDrop": ["CAP_MKNOD"],
        "Mounts": [
            {"Type": "volume", "Source": "of-service", "Target": "/data", "VolumeOptions": {
                "NoCopy": true, "Labels": {"x": "y"}, "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}},
            }},
            {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 65536, "Mode": 448}},
        ],
        "Secrets": [{"SecretID": secret, "SecretName": "word", "File": {"Name": "word", "UID": "0", "GID": "0", "Mode": 256}}],
        "Configs": [{"ConfigID": config, "ConfigName": "file", "File": {"Name": "/file", "UID": "0", "GID": "0", "Mode": 292}}],
    })
}

/// The calls about the swarm.
pub(super) async fn calls(session: &mut Session<'_>) -> Result<()> {
    session.get("SwarmInspect", "/swarm").await?;
    session.get("SwarmUnlockkey", "/swarm/unlockkey").await?;
    let nodes = session.get("NodeList", "/nodes").await?;
    session.get("NodeInspect", &format!("/nodes/{}", id(&nodes[0]))).await?;
    services(session).await?;
    let tasks = session.get("TaskList", "/tasks").await?;
    for task in tasks.as_array().into_iter().flatten() {
        let slot = if task["Slot"].is_null() { "global" } else { "replicated" };
        let call = format!("TaskInspect-{slot}");
        if !session.has(&call) {
            session.get(&call, &format!("/tasks/{}", id(task))).await?;
        }
    }
    session.get("NetworkInspect-overlay", "/networks/mesh?verbose=true").await?;
    session.get("NetworkInspect-ingress", "/networks/ingress?scope=swarm").await?;
    for (kind, name) in [("Secret", "word"), ("Config", "file")] {
        let path = format!("/{}s", kind.to_lowercase());
        let listed = session.get(&format!("{kind}List"), &path).await?;
        for item in listed.as_array().into_iter().flatten() {
            if item["Spec"]["Name"] == name {
                session.get(&format!("{kind}Inspect"), &format!("{path}/{}", id(item))).await?;
            }
        }
        let spec = json!({"Name": "brief", "Data": "YQ=="});
        let created =
            session.post(&format!("{kind}Create"), &format!("{path}/create"), &spec).await?;
        session.delete(&format!("{kind}Delete"), &format!("{path}/{}", id(&created))).await?;
    }
    Ok(())
}

async fn services(session: &mut Session<'_>) -> Result<()> {
    session.get("ServiceList", "/services").await?;
    session.get("ServiceList-status", "/services?status=true").await?;
    for name in ["rich", "everywhere", "bare"] {
        session.get(&format!("ServiceInspect-{name}"), &format!("/services/{name}")).await?;
    }
    session.get("ServiceInspect-defaults", "/services/bare?insertDefaults=true").await?;
    let spec = json!({
        "Name": "brief", "TaskTemplate": {"ContainerSpec": {"Image": "127.0.0.1:1/none:1"}},
        "Mode": {"Replicated": {"Replicas": 0}},
    });
    let created = session.post("ServiceCreate", "/services/create", &spec).await?;
    let path = format!("/services/{}", id(&created));
    let found = session.get("ServiceInspect-brief", &path).await?;
    let update = format!("{path}/update?version={}", found["Version"]["Index"]);
    session.post("ServiceUpdate", &update, &spec).await?;
    session.delete("ServiceDelete", &path).await?;
    for (name, mode) in [
        ("job", json!({"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}})),
        ("global-job", json!({"GlobalJob": {}})),
    ] {
        let spec = json!({
            "Name": name, "Mode": mode,
            "TaskTemplate": {"ContainerSpec": {"Image": "busybox:test", "Command": ["true"]}, "RestartPolicy": {"Condition": "none"}},
        });
        let created =
            session.post(&format!("ServiceCreate-{name}"), "/services/create", &spec).await?;
        if !created.is_null() {
            session.get(&format!("ServiceInspect-{name}"), &format!("/services/{name}")).await?;
            session.delete("ServiceDelete", &format!("/services/{name}")).await?;
        }
    }
    Ok(())
}
