//! Bodies that create and update containers.

use std::collections::BTreeMap;

use docker_api::types::*;
use serde_json::{Value, json};

use super::{go_endpoint, list, map, same, set, text};

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
        exposed_ports: ["80/tcp".to_owned()].into(),
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
        volumes: ["/data".to_owned()].into(),
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
