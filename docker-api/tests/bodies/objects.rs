//! Bodies of execs, networks, volumes, secrets and configs.

use docker_api::types::*;
use serde_json::json;

use super::{go_endpoint, list, map, same, text};

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
