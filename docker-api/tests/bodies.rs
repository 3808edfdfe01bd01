//! What is sent is what was set: typical bodies against the JSON that the Go client sends for the same intent.
//!
//! The Go client sends the zero values of most fields along, which the engine takes for "not set". So a body of this
//! crate must have every other member of the Go client's, and no member that the Go client's has not. A zero that means
//! something (no replicas, no grace period) is a pointer in Go and stands in both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use docker_api::types::*;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Fails unless both bodies say the same.
#[track_caller]
fn same(ours: &impl Serialize, go: Value) {
    let ours = serde_json::to_value(ours).unwrap();
    let mut differences = Vec::new();
    compare("", &ours, &go, &mut differences);
    assert!(differences.is_empty(), "{}\nours: {ours:#}", differences.join("\n"));
}

fn compare(at: &str, ours: &Value, go: &Value, differences: &mut Vec<String>) {
    let (Value::Object(ours), Value::Object(go)) = (ours, go) else {
        if ours != go {
            differences.push(format!("{at}: {ours}, where the Go client sends {go}"));
        }
        return;
    };
    for (key, value) in ours {
        match go.get(key) {
            Some(expected) => compare(&format!("{at}/{key}"), value, expected, differences),
            None => {
                differences.push(format!("{at}/{key}: {value}, which the Go client does not send"))
            }
        }
    }
    for (key, expected) in go {
        if !ours.contains_key(key) && !is_zero(expected) {
            differences.push(format!("{at}/{key}: missing, the Go client sends {expected}"));
        }
    }
}

/// Whether it is the zero value of a Go type that is no pointer.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.iter().all(is_zero),
        Value::Object(members) => members.values().all(is_zero),
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Go's `container.CreateRequest` with these members set and all others zero.
fn go_container(config: Value, host: Value) -> Value {
    let mut body = json!({
        "Hostname": "", "Domainname": "", "User": "", "AttachStdin": false, "AttachStdout": false, "AttachStderr": false,
        "Tty": false, "OpenStdin": false, "StdinOnce": false, "Env": null, "Cmd": null, "Image": "", "Volumes": null,
        "WorkingDir": "", "Entrypoint": null, "OnBuild": null, "Labels": null,
        "NetworkingConfig": {"EndpointsConfig": null},
    });
    body["HostConfig"] = go_host(host);
    set(&mut body, config);
    body
}

fn go_host(host: Value) -> Value {
    let mut all = go_resources(json!({}));
    set(
        &mut all,
        json!({
            "Binds": null, "ContainerIDFile": "", "LogConfig": {"Type": "", "Config": null}, "NetworkMode": "",
            "PortBindings": null, "RestartPolicy": {"Name": "", "MaximumRetryCount": 0}, "AutoRemove": false,
            "VolumeDriver": "", "VolumesFrom": null, "ConsoleSize": [0, 0], "CapAdd": null, "CapDrop": null,
            "CgroupnsMode": "", "Dns": null, "DnsOptions": null, "DnsSearch": null, "ExtraHosts": null, "GroupAdd": null,
            "IpcMode": "", "Cgroup": "", "Links": null, "OomScoreAdj": 0, "PidMode": "", "Privileged": false,
            "PublishAllPorts": false, "ReadonlyRootfs": false, "SecurityOpt": null, "UTSMode": "", "UsernsMode": "",
            "ShmSize": 0, "Isolation": "", "MaskedPaths": null, "ReadonlyPaths": null,
        }),
    );
    set(&mut all, host);
    all
}

fn go_resources(resources: Value) -> Value {
    let mut all = json!({
        "CpuShares": 0, "Memory": 0, "NanoCpus": 0, "CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": null,
        "BlkioDeviceReadBps": null, "BlkioDeviceWriteBps": null, "BlkioDeviceReadIOps": null,
        "BlkioDeviceWriteIOps": null, "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0,
        "CpusetCpus": "", "CpusetMems": "", "Devices": null, "DeviceCgroupRules": null, "DeviceRequests": null,
        "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": null, "OomKillDisable": null, "PidsLimit": null,
        "Ulimits": null, "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
    });
    set(&mut all, resources);
    all
}

/// Go's `network.EndpointSettings`.
fn go_endpoint(endpoint: Value) -> Value {
    let mut all = json!({
        "IPAMConfig": null, "Links": null, "Aliases": null, "MacAddress": "", "DriverOpts": null, "GwPriority": 0,
        "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "",
        "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DNSNames": null,
    });
    set(&mut all, endpoint);
    all
}

fn set(all: &mut Value, members: Value) {
    if let (Value::Object(all), Value::Object(members)) = (all, members) {
        all.extend(members);
    }
}

#[test]
fn a_container_with_nothing_but_an_image() {
    let ours = ContainerCreateBody { image: text("busybox"), ..Default::default() };
    assert_eq!(serde_json::to_value(&ours).unwrap(), json!({"Image": "busybox"}));
    same(&ours, go_container(json!({"Image": "busybox"}), json!({})));
}

#[test]
fn a_container_with_command_environment_and_labels() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        cmd: list(&["sh", "-c", "env"]),
        entrypoint: list(&["/init"]),
        env: list(&["A=1", "B"]),
        labels: map(&[("a", ""), ("b", "c")]),
        user: text("1:1"),
        working_dir: text("/tmp"),
        ..Default::default()
    };
    let go = json!({
        "Image": "busybox", "Cmd": ["sh", "-c", "env"], "Entrypoint": ["/init"], "Env": ["A=1", "B"],
        "Labels": {"a": "", "b": "c"}, "User": "1:1", "WorkingDir": "/tmp",
    });
    same(&ours, go_container(go, json!({})));
}

#[test]
fn an_interactive_container() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        stdin_once: Some(true),
        tty: Some(true),
        host_config: Some(HostConfig {
            console_size: vec![24, 80],
            auto_remove: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let go = json!({
        "Image": "busybox", "AttachStdin": true, "AttachStdout": true, "AttachStderr": true, "OpenStdin": true,
        "StdinOnce": true, "Tty": true,
    });
    same(&ours, go_container(go, json!({"ConsoleSize": [24, 80], "AutoRemove": true})));
}

#[test]
fn a_container_with_published_ports() {
    let port = |host: &str| PortBinding { host_port: text(host), host_ip: text("127.0.0.1") };
    let ours = ContainerCreateBody {
        image: text("busybox"),
        exposed_ports: BTreeMap::from([("80/tcp".to_owned(), Map::new())]),
        host_config: Some(HostConfig {
            port_bindings: Some(BTreeMap::from([(
                "80/tcp".to_owned(),
                Some(vec![port("8080"), port("8081")]),
            )])),
            ..Default::default()
        }),
        ..Default::default()
    };
    let go = json!({"Image": "busybox", "ExposedPorts": {"80/tcp": {}}});
    let host = json!({"PortBindings": {"80/tcp": [
        {"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081"},
    ]}});
    same(&ours, go_container(go, host));
}

#[test]
fn a_container_with_volumes_and_mounts() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        volumes: BTreeMap::from([("/data".to_owned(), Map::new())]),
        host_config: Some(HostConfig {
            binds: list(&["/etc:/etc-of-host:ro"]),
            tmpfs: map(&[("/run", "size=64k")]),
            volumes_from: list(&["other:ro"]),
            mounts: vec![
                Mount {
                    type_: Some("volume".into()),
                    source: text("data"),
                    target: text("/d"),
                    read_only: Some(true),
                    volume_options: Some(MountVolumeOptions {
                        no_copy: Some(true),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
                Mount {
                    type_: Some("tmpfs".into()),
                    target: text("/t"),
                    tmpfs_options: Some(MountTmpfsOptions {
                        size_bytes: Some(65536),
                        mode: Some(0o700),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
            ],
            ..Default::default()
        }),
        ..Default::default()
    };
    let host = json!({
        "Binds": ["/etc:/etc-of-host:ro"], "Tmpfs": {"/run": "size=64k"}, "VolumesFrom": ["other:ro"],
        "Mounts": [
            {"Type": "volume", "Source": "data", "Target": "/d", "ReadOnly": true, "VolumeOptions": {"NoCopy": true}},
            {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 65536, "Mode": 448}},
        ],
    });
    same(&ours, go_container(json!({"Image": "busybox", "Volumes": {"/data": {}}}), host));
}

#[test]
fn a_container_with_limits() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        host_config: Some(HostConfig {
            memory: Some(64 << 20),
            memory_swap: Some(-1),
            // Zero is a choice here: never swap.
            memory_swappiness: Some(0),
            nano_cpus: Some(1_500_000_000),
            pids_limit: Some(100),
            oom_kill_disable: Some(false),
            ulimits: vec![ResourcesUlimit {
                name: text("nofile"),
                soft: Some(64),
                hard: Some(128),
            }],
            ..Default::default()
        }),
        ..Default::default()
    };
    let host = json!({
        "Memory": 67_108_864, "MemorySwap": -1, "MemorySwappiness": 0, "NanoCpus": 1_500_000_000, "PidsLimit": 100,
        "OomKillDisable": false, "Ulimits": [{"Name": "nofile", "Hard": 128, "Soft": 64}],
    });
    same(&ours, go_container(json!({"Image": "busybox"}), host));
}

#[test]
fn a_container_with_a_health_check_and_no_grace() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        // Zero is a choice here: kill at once.
        stop_timeout: Some(0),
        stop_signal: text("SIGINT"),
        healthcheck: Some(HealthConfig {
            test: list(&["CMD", "true"]),
            interval: Some(5_000_000_000),
            retries: Some(3),
            ..Default::default()
        }),
        host_config: Some(HostConfig {
            restart_policy: Some(RestartPolicy {
                name: Some("on-failure".into()),
                maximum_retry_count: Some(3),
            }),
            init: Some(false),
            ..Default::default()
        }),
        ..Default::default()
    };
    let go = json!({
        "Image": "busybox", "StopTimeout": 0, "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5_000_000_000_u64, "Retries": 3},
    });
    let host =
        json!({"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "Init": false});
    same(&ours, go_container(go, host));
}

#[test]
fn a_container_with_security_settings() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        host_config: Some(HostConfig {
            cap_add: list(&["CAP_NET_ADMIN"]),
            cap_drop: list(&["ALL"]),
            security_opt: list(&["no-new-privileges"]),
            readonly_rootfs: Some(true),
            userns_mode: text("host"),
            // No path is masked; without the list the engine masks its own.
            masked_paths: Some(Vec::new()),
            devices: vec![DeviceMapping {
                path_on_host: text("/dev/null"),
                path_in_container: text("/dev/n"),
                cgroup_permissions: text("rwm"),
            }],
            ..Default::default()
        }),
        ..Default::default()
    };
    let host = json!({
        "CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"], "ReadonlyRootfs": true,
        "UsernsMode": "host", "MaskedPaths": [],
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/n", "CgroupPermissions": "rwm"}],
    });
    let go = go_container(json!({"Image": "busybox"}), host);
    same(&ours, go);
    assert_eq!(serde_json::to_value(&ours).unwrap()["HostConfig"]["MaskedPaths"], json!([]));
}

#[test]
fn a_container_with_an_address_in_a_network() {
    let endpoint = EndpointSettings {
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: text("10.0.0.9"),
            ..Default::default()
        }),
        aliases: list(&["www"]),
        ..Default::default()
    };
    let ours = ContainerCreateBody {
        image: text("busybox"),
        networking_config: Some(NetworkingConfig {
            endpoints_config: BTreeMap::from([("front".to_owned(), endpoint)]),
        }),
        host_config: Some(HostConfig {
            network_mode: text("front"),
            dns: list(&["10.0.0.2"]),
            extra_hosts: list(&["other:10.0.0.3"]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut go = go_container(
        json!({"Image": "busybox"}),
        json!({"NetworkMode": "front", "Dns": ["10.0.0.2"], "ExtraHosts": ["other:10.0.0.3"]}),
    );
    let endpoint = json!({"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Aliases": ["www"]});
    go["NetworkingConfig"] = json!({"EndpointsConfig": {"front": go_endpoint(endpoint)}});
    same(&ours, go);
}

#[test]
fn a_container_with_gpus_and_a_log_driver() {
    let ours = ContainerCreateBody {
        image: text("busybox"),
        host_config: Some(HostConfig {
            device_requests: vec![DeviceRequest {
                count: Some(-1),
                capabilities: vec![list(&["gpu"])],
                ..Default::default()
            }],
            log_config: Some(HostConfigLogConfig {
                type_: Some("json-file".into()),
                config: map(&[("max-size", "1m")]),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let host = json!({
        "DeviceRequests": [{"Driver": "", "Count": -1, "DeviceIDs": null, "Capabilities": [["gpu"]], "Options": null}],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
    });
    // Elements of lists are compared whole, so the zero members of the request are left out as Go's would be.
    let mut go = go_container(json!({"Image": "busybox"}), host);
    go["HostConfig"]["DeviceRequests"][0] = json!({"Count": -1, "Capabilities": [["gpu"]]});
    same(&ours, go);
}

#[test]
fn an_update_of_limits() {
    let ours = ContainerUpdateBody {
        cpu_shares: Some(512),
        restart_policy: Some(RestartPolicy { name: Some("always".into()), ..Default::default() }),
        ..Default::default()
    };
    let mut go = go_resources(json!({"CpuShares": 512}));
    go["RestartPolicy"] = json!({"Name": "always", "MaximumRetryCount": 0});
    same(&ours, go);
}

#[test]
fn an_exec() {
    let ours = ExecConfig {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: list(&["sh", "-c", "id"]),
        env: list(&["A=1"]),
        user: text("nobody"),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "User": "nobody", "Privileged": false, "Tty": false, "AttachStdin": false, "AttachStderr": true,
            "AttachStdout": true, "DetachKeys": "", "Env": ["A=1"], "WorkingDir": "", "Cmd": ["sh", "-c", "id"],
        }),
    );
}

#[test]
fn the_start_of_an_exec() {
    let ours = ExecStartConfig { detach: Some(false), tty: Some(true), console_size: vec![24, 80] };
    same(&ours, json!({"Detach": false, "Tty": true, "ConsoleSize": [24, 80]}));
}

#[test]
fn a_network_with_addresses() {
    let ours = NetworkCreateRequest {
        name: "front".to_owned(),
        driver: text("bridge"),
        // A choice, not a default: the engine may enable it otherwise.
        enable_ipv6: Some(false),
        ipam: Some(Ipam {
            driver: text("default"),
            config: vec![IpamConfig {
                subnet: text("10.0.0.0/16"),
                gateway: text("10.0.0.1"),
                auxiliary_addresses: map(&[("router", "10.0.0.2")]),
                ..Default::default()
            }],
            ..Default::default()
        }),
        labels: map(&[("a", "b")]),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "front", "Driver": "bridge", "Scope": "", "EnableIPv6": false, "Internal": false, "Attachable": false,
            "Ingress": false, "ConfigOnly": false, "ConfigFrom": null, "Options": null, "Labels": {"a": "b"},
            "IPAM": {"Driver": "default", "Options": null, "Config": [
                {"Subnet": "10.0.0.0/16", "Gateway": "10.0.0.1", "AuxiliaryAddresses": {"router": "10.0.0.2"}},
            ]},
        }),
    );
}

#[test]
fn a_connection_to_a_network() {
    let ours = NetworkConnectRequest {
        container: "web".to_owned(),
        endpoint_config: Some(EndpointSettings {
            aliases: list(&["www"]),
            driver_opts: map(&[("a", "b")]),
            ..Default::default()
        }),
    };
    let endpoint = go_endpoint(json!({"Aliases": ["www"], "DriverOpts": {"a": "b"}}));
    same(&ours, json!({"Container": "web", "EndpointConfig": endpoint}));
}

#[test]
fn a_volume() {
    let ours = VolumeCreateRequest {
        name: text("memory"),
        driver: text("local"),
        driver_opts: map(&[("type", "tmpfs"), ("device", "tmpfs")]),
        labels: map(&[("a", "b")]),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "memory", "Driver": "local", "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}, "Labels": {"a": "b"},
        }),
    );
    let unnamed = VolumeCreateRequest::default();
    assert_eq!(serde_json::to_value(&unnamed).unwrap(), json!({}));
}

#[test]
fn a_secret_and_a_config() {
    let ours = SecretSpec { name: text("word"), data: text("a2VwdA=="), ..Default::default() };
    same(&ours, json!({"Name": "word", "Labels": null, "Data": "a2VwdA=="}));
    let ours = ConfigSpec {
        name: text("file"),
        labels: map(&[("a", "b")]),
        data: text("a2VwdA=="),
        templating: Some(Driver { name: "golang".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "file", "Labels": {"a": "b"}, "Data": "a2VwdA==", "Templating": {"Name": "golang"},
        }),
    );
}

#[test]
fn a_service_without_replicas() {
    let ours = ServiceSpec {
        name: text("web"),
        task_template: Some(TaskSpec {
            container_spec: Some(TaskSpecContainerSpec {
                image: text("busybox:latest"),
                args: list(&["sleep", "9"]),
                ..Default::default()
            }),
            ..Default::default()
        }),
        mode: Some(ServiceSpecMode {
            // Zero is a choice here; without the member there is one replica.
            replicated: Some(ServiceSpecModeReplicated { replicas: Some(0), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "web", "Labels": null,
            "TaskTemplate": {"ContainerSpec": {"Image": "busybox:latest", "Args": ["sleep", "9"]}, "ForceUpdate": 0},
            "Mode": {"Replicated": {"Replicas": 0}},
        }),
    );
    assert_eq!(
        serde_json::to_value(&ours).unwrap()["Mode"],
        json!({"Replicated": {"Replicas": 0}})
    );
}

#[test]
fn a_service_on_every_node() {
    let ours = ServiceSpec {
        name: text("agent"),
        mode: Some(ServiceSpecMode { global: Some(Map::new()), ..Default::default() }),
        task_template: Some(TaskSpec {
            container_spec: Some(TaskSpecContainerSpec {
                image: text("busybox"),
                ..Default::default()
            }),
            restart_policy: Some(TaskSpecRestartPolicy {
                condition: Some("on-failure".into()),
                max_attempts: Some(0),
                ..Default::default()
            }),
            ..Default::default()
        }),
        endpoint_spec: Some(EndpointSpec {
            ports: vec![EndpointPortConfig {
                protocol: Some("tcp".into()),
                target_port: Some(80),
                published_port: Some(8080),
                publish_mode: Some("host".into()),
                ..Default::default()
            }],
            ..Default::default()
        }),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "agent", "Labels": null, "Mode": {"Global": {}},
            "TaskTemplate": {
                "ContainerSpec": {"Image": "busybox"},
                "RestartPolicy": {"Condition": "on-failure", "MaxAttempts": 0}, "ForceUpdate": 0,
            },
            "EndpointSpec": {"Ports": [
                {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"},
            ]},
        }),
    );
    assert_eq!(serde_json::to_value(&ours).unwrap()["Mode"], json!({"Global": {}}));
}

#[test]
fn a_service_with_secrets_limits_and_an_update_plan() {
    let ours = ServiceSpec {
        name: text("web"),
        task_template: Some(TaskSpec {
            container_spec: Some(TaskSpecContainerSpec {
                image: text("busybox"),
                secrets: vec![TaskSpecContainerSpecSecret {
                    secret_id: text("x1"),
                    secret_name: text("word"),
                    file: Some(TaskSpecContainerSpecSecretFile {
                        name: text("word"),
                        uid: text("0"),
                        gid: text("0"),
                        mode: Some(0o444),
                        ..Default::default()
                    }),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            resources: Some(TaskSpecResources {
                limits: Some(Limit { memory_bytes: Some(64 << 20), ..Default::default() }),
                ..Default::default()
            }),
            placement: Some(TaskSpecPlacement {
                constraints: list(&["node.role == worker"]),
                ..Default::default()
            }),
            networks: vec![NetworkAttachmentConfig { target: text("mesh"), ..Default::default() }],
            ..Default::default()
        }),
        update_config: Some(ServiceSpecUpdateConfig {
            // Zero is a choice here: all at once. The Go client always sends it.
            parallelism: Some(0),
            order: Some("start-first".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "Name": "web", "Labels": null, "Mode": {},
            "TaskTemplate": {
                "ContainerSpec": {"Image": "busybox", "Secrets": [
                    {"File": {"Name": "word", "UID": "0", "GID": "0", "Mode": 292}, "SecretID": "x1", "SecretName": "word"},
                ]},
                "Resources": {"Limits": {"MemoryBytes": 67_108_864}},
                "Placement": {"Constraints": ["node.role == worker"]},
                "Networks": [{"Target": "mesh"}], "ForceUpdate": 0,
            },
            "UpdateConfig": {"Parallelism": 0, "MaxFailureRatio": 0, "Order": "start-first"},
        }),
    );
}

#[test]
fn a_new_swarm_and_a_node_that_is_drained() {
    let ours = SwarmInitRequest {
        listen_addr: text("0.0.0.0:2377"),
        advertise_addr: text("127.0.0.1"),
        ..Default::default()
    };
    same(
        &ours,
        json!({
            "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "127.0.0.1", "DataPathAddr": "", "DataPathPort": 0,
            "ForceNewCluster": false, "AutoLockManagers": false, "Availability": "", "DefaultAddrPool": null, "SubnetSize": 0,
            "Spec": {
                "Labels": null, "Orchestration": {}, "Raft": {"ElectionTick": 0, "HeartbeatTick": 0}, "Dispatcher": {},
                "CAConfig": {}, "TaskDefaults": {}, "EncryptionConfig": {"AutoLockManagers": false},
            },
        }),
    );
    let ours = NodeSpec {
        role: Some("worker".into()),
        availability: Some("drain".into()),
        labels: map(&[("zone", "a")]),
        ..Default::default()
    };
    same(&ours, json!({"Labels": {"zone": "a"}, "Role": "worker", "Availability": "drain"}));
}

#[test]
fn an_update_keeps_what_this_version_does_not_name() {
    let read = json!({
        "Name": "web", "Later": {"a": [1, null]},
        "TaskTemplate": {"ContainerSpec": {"Image": "busybox", "LaterToo": 7}, "ForceUpdate": 1},
        "Mode": {"Replicated": {"Replicas": 1}, "LaterMode": {}},
    });
    let mut spec: ServiceSpec = serde_json::from_value(read.clone()).unwrap();
    spec.task_template.as_mut().unwrap().force_update = Some(2);
    let mut expected = read;
    expected["TaskTemplate"]["ForceUpdate"] = json!(2);
    assert_eq!(serde_json::to_value(&spec).unwrap(), expected);

    let read = json!({"Name": "default", "Raft": {"Later": 1}, "Later": true});
    for written in [
        serde_json::to_value(serde_json::from_value::<SwarmSpec>(read.clone()).unwrap()),
        serde_json::to_value(serde_json::from_value::<NodeSpec>(read.clone()).unwrap()),
        serde_json::to_value(serde_json::from_value::<SecretSpec>(read.clone()).unwrap()),
        serde_json::to_value(serde_json::from_value::<ConfigSpec>(read.clone()).unwrap()),
        serde_json::to_value(serde_json::from_value::<ClusterVolumeSpec>(read.clone()).unwrap()),
    ] {
        assert_eq!(written.unwrap(), read);
    }
}
