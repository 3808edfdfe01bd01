//! Bodies of services.

use docker_api::types::*;
use serde_json::{Map, json};

use super::{list, map, same, text};

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
