//! What a client relies on holds in every version, whatever the swagger of that version said.

use codegen::openapi;
use codegen::versions::ApiVersion;
use serde_json::{Map, Value, json};

use crate::corpus;

const STREAMS: &[&str] = &[
    "ContainerArchive",
    "ContainerExport",
    "ContainerGetArchive",
    "ContainerLogs",
    "ContainerStats",
    "ImageBuild",
    "ImageCreate",
    "ImageGet",
    "ImageGetAll",
    "ImageLoad",
    "ImagePush",
    "PluginPull",
    "PluginPush",
    "PluginUpgrade",
    "ServiceLogs",
    "SystemEvents",
    "TaskLogs",
];

const UPGRADES: &[&str] = &["ContainerAttach", "ContainerAttachWebsocket", "ExecStart", "Session"];

fn each_operation(check: impl Fn(ApiVersion, &str, &Map<String, Value>)) {
    for (version, document) in corpus::prepared() {
        for (_, _, operation) in openapi::operations(document) {
            check(*version, operation["operationId"].as_str().unwrap(), operation);
        }
    }
}

#[test]
fn what_streams_is_a_stream_and_what_upgrades_is_an_upgrade() {
    each_operation(|version, id, operation| {
        let responses = operation["responses"].as_object().unwrap();
        let successes: Vec<_> =
            responses.iter().filter(|(status, _)| ["1", "2"].contains(&&status[..1])).collect();
        assert_eq!(successes.len(), 1, "{version} {id}");
        let (status, response) = successes[0];
        let bytes = response["content"].get("application/octet-stream").is_some();
        assert_eq!(bytes, STREAMS.contains(&id), "{version} {id}");
        assert_eq!(status == "101", UPGRADES.contains(&id), "{version} {id}");
        assert_eq!(operation.contains_key("x-upgrade"), UPGRADES.contains(&id), "{version} {id}");
        if let Some(unchanged) = responses.get("304") {
            assert!(id == "ContainerStart" || id == "ContainerStop", "{version} {id}");
            assert!(unchanged.get("content").is_none(), "{version} {id}");
        }
    });
}

#[test]
fn a_body_is_optional_only_where_the_engine_can_do_without() {
    each_operation(|version, id, operation| {
        if let Some(body) = operation.get("requestBody") {
            let optional = ["ImageBuild", "ImageCommit", "ImageCreate"].contains(&id);
            assert_eq!(body["required"] != true, optional, "{version} {id}");
        }
    });
}

/// The document's value at the place `schema.property.property`, with `[]` for elements; references are followed.
fn schema<'a>(document: &'a Value, place: &str) -> &'a Value {
    let components = &document["components"]["schemas"];
    let mut parts = place.split('/');
    let mut found = &components[parts.next().unwrap()];
    for part in parts {
        if let Some(name) = openapi::referred_at_last(found) {
            found = &components[name];
        }
        found = if part == "[]" { &found["items"] } else { &found["properties"][part] };
    }
    found
}

#[test]
fn schemas_are_as_engines_send_them() {
    let text = json!({ "type": "string" });
    for (minor, place, facts) in [
        (25, "SecretCreateResponse/ID", text.clone()),
        (30, "ConfigCreateResponse/ID", text.clone()),
        (25, "ServiceCreateResponse/Warnings", json!({ "type": "array", "items": text })),
        (25, "PluginConfigInterface/Types", json!({ "type": "array", "items": text })),
        (25, "Ipam/Config/[]/Subnet", text.clone()),
        (25, "Ipam/Options", json!({ "type": "object", "additionalProperties": text })),
        (25, "ContainerInspectResponse/ExecIDs", json!({ "type": "array", "items": text })),
        (25, "SystemDataUsageResponse/Containers/[]/Id", text.clone()),
        (25, "SystemDataUsageResponse/LayersSize", json!({ "type": "integer", "format": "int64" })),
        (
            25,
            "VolumeCreateRequest/DriverOpts",
            json!({ "type": "object", "additionalProperties": text }),
        ),
        (25, "ServiceSpecMode/Global", json!({ "type": "object", "nullable": true })),
        (
            25,
            "ContainerStatsResponse/memory_stats/limit",
            json!({ "type": "integer", "format": "uint64" }),
        ),
        (25, "ContainerSummaryState", json!({ "type": "string" })),
        (30, "DistributionInspect/Descriptor/mediaType", text.clone()),
        (30, "DistributionInspect/Platforms/[]/os.version", text.clone()),
        (38, "HostConfig/MaskedPaths", json!({ "type": "array", "items": text, "nullable": true })),
        (42, "BuildCache/ Parents", json!({ "type": "array", "items": text })),
    ] {
        for (version, document) in
            corpus::prepared().iter().filter(|(version, _)| version.minor >= minor)
        {
            let found = schema(document, place).as_object();
            let found = found.unwrap_or_else(|| panic!("{version}: no {place}"));
            for (key, value) in facts.as_object().unwrap() {
                let found = found.get(key).map(without_facts);
                assert_eq!(found.as_ref(), Some(value), "{version}: {key} of {place}");
            }
            // An absent scalar is absent whether it may be null or not; a list or map is empty.
            if ["array", "object"].contains(&found["type"].as_str().unwrap_or_default()) {
                let nullable = facts.get("nullable").is_some();
                assert_eq!(found.contains_key("nullable"), nullable, "{version}: {place}");
            }
        }
    }
}

fn without_facts(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter(|(key, _)| !key.starts_with("x-"))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[test]
fn operations_have_the_parameters_that_engines_read() {
    for (minor, id, location, name) in [
        (25, "ContainerLogs", "query", "details"),
        (25, "ContainerStart", "query", "checkpoint-dir"),
        (25, "ImageBuild", "query", "ulimits"),
        (31, "ImageBuild", "query", "session"),
        (38, "BuildCancel", "query", "id"),
        (39, "BuildPrune", "query", "keep-storage"),
        (25, "ImageCreate", "query", "changes"),
        (25, "ImageSearch", "header", "X-Registry-Auth"),
        (30, "DistributionInspect", "header", "X-Registry-Auth"),
        (25, "GetPluginPrivileges", "header", "X-Registry-Auth"),
        (25, "PluginPush", "header", "X-Registry-Auth"),
        (25, "CheckpointCreate", "path", "id"),
        (25, "CheckpointList", "query", "dir"),
        (25, "CheckpointDelete", "path", "checkpoint"),
    ] {
        for (version, document) in
            corpus::prepared().iter().filter(|(version, _)| version.minor >= minor)
        {
            let operations = openapi::operations(document);
            let operation =
                operations.iter().find(|(_, _, operation)| operation["operationId"] == id);
            let (_, _, operation) = operation.unwrap_or_else(|| panic!("{version}: no {id}"));
            let parameters = operation["parameters"].as_array().unwrap();
            let found = parameters.iter().any(|p| p["in"] == location && p["name"] == name);
            assert!(found, "{version}: {id} has no {location} parameter {name}");
        }
    }
}
