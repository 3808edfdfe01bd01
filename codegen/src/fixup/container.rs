//! Containers, their configuration, exec and checkpoints.

use serde_json::json;

use super::document::{Change, Document};
use super::parts::{boolean, text};
use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};
use crate::openapi;

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "put_archive_owner_missing",
        versions: between(30, 38),
        why: "an archive that is copied in can keep owner and group, declared from 1.39 on",
        refs: &[moby!("v17.12.0-ce", "api/server/router/container/copy.go#L113")],
        apply: |doc| {
            doc.operation("PutContainerArchive")?.add_parameter("query", "copyUIDGID", text())
        },
        beyond: Some("the source was read from 17.06 on, which is API 1.30"),
    },
    Fixup {
        name: "put_archive_owner_type",
        versions: since(30),
        why: "keeping owner and group is a boolean, declared as a string",
        refs: &[moby!("daemon/server/router/container/copy.go#L113")],
        apply: |doc| {
            boolean(doc.operation("PutContainerArchive")?.parameter("query", "copyUIDGID")?)
        },
        beyond: None,
    },
    Fixup {
        name: "put_archive_overwrite_type",
        versions: ALL,
        why: "whether a directory may replace a file is a boolean, declared as a string",
        refs: &[moby!("daemon/server/router/container/copy.go#L112")],
        apply: |doc| {
            // The name of the operation until 1.27.
            let old = "ContainerPutArchive";
            let id = if doc.has_operation(old) { old } else { "PutContainerArchive" };
            boolean(doc.operation(id)?.parameter("query", "noOverwriteDirNonDir")?)
        },
        beyond: None,
    },
    Fixup {
        name: "container_config_name",
        versions: until(29),
        why: "from 1.30 on `Config` is a swarm config, and the configuration of a container is `ContainerConfig`",
        refs: &["https://docs.docker.com/reference/api/engine/version-history/#v130-api-changes"],
        apply: |doc| {
            let config = doc.schema("Config")?.value().clone();
            doc.remove_schema("Config")?;
            doc.add_schema("ContainerConfig", config)?;
            openapi::each_schema_mut(doc.root(), &mut |schema| {
                if schema.get("$ref").is_some_and(|to| to == "#/components/schemas/Config") {
                    schema.insert("$ref".into(), "#/components/schemas/ContainerConfig".into());
                }
            });
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "container_config_volumes_not_a_map",
        versions: until(36),
        why: "`additionalProperties` was written as a property of that name; it is a map from mount points to empty objects",
        refs: &[moby!("api/types/container/config.go")],
        apply: |doc| {
            doc.schema("ContainerConfig")?.property("Volumes")?.replace(json!({
                "type": "object",
                "additionalProperties": { "type": "object" },
            }))
        },
        beyond: Some(
            "this also drops the enumeration of the one empty object, which `object_enumerations` does from 1.37 on",
        ),
    },
    Fixup {
        name: "container_config_command_types",
        versions: until(34),
        why: "Cmd and Entrypoint may be sent as one string, but the engine always returns a list, as declared from 1.35 on",
        refs: &[moby!("api/types/container/config.go")],
        apply: |doc| {
            for name in ["Cmd", "Entrypoint"] {
                let command = doc.schema("ContainerConfig")?.property(name)?;
                command.replace(json!({ "type": "array", "items": { "type": "string" } }))?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "mount_propagation_untyped",
        versions: until(34),
        why: "an enumeration of strings without a type",
        refs: &[moby!("api/types/mount/mount.go")],
        apply: |doc| {
            let options = doc.schema("Mount")?.property("BindOptions")?;
            options.property("Propagation")?.set("type", "string")
        },
        beyond: None,
    },
    Fixup {
        name: "host_config_port_bindings_single",
        versions: until(34),
        why: "a port has a list of bindings, not one",
        refs: &[moby!("api/types/container/hostconfig.go")],
        apply: |doc| {
            if !doc.has_schema("PortMap") {
                let text = json!({ "type": "string" });
                doc.add_schema(
                    "PortBinding",
                    json!({ "type": "object", "properties": { "HostIp": text, "HostPort": text } }),
                )?;
                doc.add_schema("PortMap", port_map())?;
            }
            let bindings = doc.schema("HostConfig")?.property("PortBindings")?;
            bindings.replace(json!({ "$ref": "#/components/schemas/PortMap" }))
        },
        beyond: None,
    },
    Fixup {
        name: "port_map_value_null",
        versions: between(32, 38),
        why: "a port that is exposed and not published has the value null; declared so from 1.39 on",
        refs: &[moby!("api/types/network/port.go#L172")],
        apply: |doc| doc.schema("PortMap")?.values()?.set("nullable", true),
        beyond: None,
    },
    Fixup {
        name: "container_summary_is_a_list",
        versions: until(39),
        why: "the schema is the whole list, and `/system/df` then makes a list of lists of it; it is one element from 1.40 on",
        refs: &[moby!("api/types/container/container.go")],
        apply: |doc| {
            let element = doc.schema("ContainerSummary")?.child("items")?.value().clone();
            doc.schema("ContainerSummary")?.replace(element)?;
            doc.operation("ContainerList")?.reply("200")?.replace(json!({
                "type": "array",
                "items": { "$ref": "#/components/schemas/ContainerSummary" },
            }))
        },
        beyond: None,
    },
    Fixup {
        name: "container_summary_state_untyped",
        versions: until(47),
        why: "the state is one of seven words, as the filter `status` says; declared so from 1.48 on",
        refs: &[moby!("api/types/container/state.go")],
        apply: |doc| {
            let states =
                ["created", "running", "paused", "restarting", "exited", "removing", "dead"];
            doc.schema("ContainerSummary")?.property("State")?.set("enum", json!(states))
        },
        beyond: None,
    },
    Fixup {
        name: "container_inspect_status_untyped",
        versions: until(29),
        why: "the status is one of seven words; declared so from 1.30 on",
        refs: &[moby!("api/types/container/state.go")],
        apply: |doc| {
            let states =
                ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
            let state = doc.operation("ContainerInspect")?.reply("200")?.property("State")?;
            state.property("Status")?.set("enum", json!(states))
        },
        beyond: None,
    },
    Fixup {
        name: "container_inspect_exec_ids_not_a_list",
        versions: until(37),
        why: "the identifiers of the exec instances are a list, declared as one string",
        refs: &[
            "https://docs.docker.com/reference/api/engine/version-history/#v138-api-changes",
            moby!("api/types/container/container.go"),
        ],
        apply: |doc| {
            let ids = doc.operation("ContainerInspect")?.reply("200")?.property("ExecIDs")?;
            ids.replace(json!({ "type": "array", "items": { "type": "string" } }))
        },
        beyond: None,
    },
    Fixup {
        name: "host_config_paths_presence",
        versions: since(38),
        why: "no list of masked or read-only paths means the engine's default, an empty one means that no path is masked or read-only",
        refs: &[moby!("daemon/create_unix.go#L27"), moby!("daemon/oci_linux.go#L1037")],
        apply: |doc| {
            for name in ["MaskedPaths", "ReadonlyPaths"] {
                doc.schema("HostConfig")?.property(name)?.set("nullable", true)?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "resources_kernel_memory_missing",
        versions: between(38, 39),
        why: "the kernel memory limit is declared in 1.36, 1.37, 1.40 and 1.41, and the engine has it in between too",
        refs: &[moby!("v18.09.0", "api/types/container/host_config.go")],
        apply: |doc| {
            doc.schema("Resources")?.add_property(
                "KernelMemory",
                json!({ "type": "integer", "format": "int64", "x-unit": "bytes" }),
            )
        },
        beyond: Some("engines have no such limit before 1.36 is declared to, and none since 1.42"),
    },
    Fixup {
        name: "resources_kernel_memory_missing_before",
        versions: until(35),
        why: "the engine takes a limit of kernel memory, which the documents up to 1.35 forget",
        refs: &[moby!("v17.12.0-ce", "api/types/container/host_config.go#L331")],
        apply: |doc| {
            doc.schema("Resources")?.add_property(
                "KernelMemory",
                json!({ "type": "integer", "format": "int64", "x-unit": "bytes" }),
            )
        },
        beyond: Some("engines have no such limit since 1.42"),
    },
    Fixup {
        name: "resources_init_missing",
        versions: until(36),
        why: "an init process inside the container can be requested; declared from 1.37 on",
        refs: &[moby!("v17.12.0-ce", "api/types/container/host_config.go#L405")],
        apply: |doc| {
            doc.schema("Resources")?
                .add_property("Init", json!({ "type": "boolean", "nullable": true }))
        },
        beyond: None,
    },
    Fixup {
        name: "container_state_health_missing",
        versions: until(38),
        why: "the state of a container with a health check has the results of the check; declared from 1.39 on",
        refs: &[moby!("v17.12.0-ce", "api/types/types.go#L310")],
        apply: health,
        beyond: None,
    },
    Fixup {
        name: "exec_inspect_fields_missing",
        versions: until(35),
        why: "an exec says whether it can be removed, and which keys detach from it; declared from 1.36 on",
        refs: &[moby!("v17.12.0-ce", "api/types/backend/backend.go#L73")],
        apply: |doc| {
            let inspected = doc.operation("ExecInspect")?.reply("200")?;
            inspected.add_property("CanRemove", json!({ "type": "boolean" }))?;
            doc.operation("ExecInspect")?.reply("200")?.add_property("DetachKeys", text())
        },
        beyond: None,
    },
    Fixup {
        name: "container_inspect_platform_missing",
        versions: until(39),
        why: "a container has a platform; declared from 1.40 on",
        refs: &[moby!("v17.12.0-ce", "api/types/types.go#L342")],
        apply: |doc| {
            doc.operation("ContainerInspect")?.reply("200")?.add_property("Platform", text())
        },
        beyond: None,
    },
    Fixup {
        name: "container_start_checkpoint_missing",
        versions: ALL,
        why: "a container can be started from a checkpoint",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L303")],
        apply: |doc| {
            for name in ["checkpoint", "checkpoint-dir"] {
                doc.operation("ContainerStart")?.add_parameter(
                    "query",
                    name,
                    json!({ "type": "string" }),
                )?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "container_logs_details_missing",
        versions: ALL,
        why: "the extra attributes of the log driver are shown on request, as they are for services and tasks",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L251")],
        apply: |doc| {
            let details = json!({ "type": "boolean", "default": false });
            doc.operation("ContainerLogs")?.add_parameter("query", "details", details)
        },
        beyond: None,
    },
    Fixup {
        name: "container_logs_format_missing",
        versions: since(54),
        why: "an experimental engine can send the log as JSON values",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L225")],
        apply: |doc| {
            doc.operation("ContainerLogs")?.add_parameter(
                "query",
                "format",
                json!({ "type": "string" }),
            )
        },
        beyond: Some("the parameter is in no document; the engine reads it from 1.54 on"),
    },
    Fixup {
        name: "checkpoint_operations_missing",
        versions: ALL,
        why: "experimental engines can make, list and remove checkpoints of a container",
        refs: &[
            moby!("daemon/server/router/checkpoint/checkpoint_routes.go"),
            moby!("api/types/checkpoint/create_request.go"),
        ],
        apply: checkpoints,
        beyond: None,
    },
];

fn port_map() -> serde_json::Value {
    let bindings = json!({ "type": "array", "nullable": true, "items": { "$ref": "#/components/schemas/PortBinding" } });
    json!({ "type": "object", "additionalProperties": bindings })
}

/// Adds the health of a container to its state.
fn health(doc: &mut Document<'_>) -> Change {
    let number = json!({ "type": "integer" });
    let result = json!({ "Start": text(), "End": text(), "ExitCode": number, "Output": text() });
    let health = json!({
        "Status": { "type": "string", "enum": ["none", "starting", "healthy", "unhealthy"] },
        "FailingStreak": number,
        "Log": { "type": "array", "items": { "$ref": "#/components/schemas/HealthcheckResult" } },
    });
    for (name, properties) in [("HealthcheckResult", result), ("Health", health)] {
        doc.add_schema(name, json!({ "type": "object", "properties": properties }))?;
    }
    let state = doc.operation("ContainerInspect")?.reply("200")?.property("State")?;
    state.add_property("Health", json!({ "$ref": "#/components/schemas/Health" }))
}

fn checkpoints(doc: &mut Document<'_>) -> Change {
    let text = json!({ "type": "string" });
    doc.add_schema("Checkpoint", json!({ "type": "object", "properties": { "Name": text } }))?;
    doc.add_schema(
        "CheckpointCreateRequest",
        json!({
            "type": "object",
            "properties": { "CheckpointID": text, "CheckpointDir": text, "Exit": { "type": "boolean" } },
        }),
    )?;
    let error = |status: &str| {
        let schema = json!({ "$ref": "#/components/schemas/ErrorResponse" });
        json!({ "description": status, "content": { "application/json": { "schema": schema } } })
    };
    let path = |name: &str| json!({ "in": "path", "name": name, "required": true, "schema": text });
    let dir = json!({ "in": "query", "name": "dir", "schema": text });
    let operation = |id: &str,
                     parameters: serde_json::Value,
                     success: (&str, serde_json::Value)| {
        let mut responses =
            json!({ "404": error("Not Found"), "500": error("Internal Server Error") });
        responses[success.0] = success.1;
        json!({ "operationId": id, "tags": ["Container"], "parameters": parameters, "responses": responses })
    };

    let mut create = operation(
        "CheckpointCreate",
        json!([path("id")]),
        ("201", json!({ "description": "Created" })),
    );
    let body = json!({ "$ref": "#/components/schemas/CheckpointCreateRequest" });
    create["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": body } } });
    let list = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Checkpoint" } });
    let list = operation(
        "CheckpointList",
        json!([path("id"), dir]),
        (
            "200",
            json!({ "description": "OK", "content": { "application/json": { "schema": list } } }),
        ),
    );
    let delete = operation(
        "CheckpointDelete",
        json!([path("id"), path("checkpoint"), dir]),
        ("204", json!({ "description": "No Content" })),
    );
    doc.add_operation("/containers/{id}/checkpoints", "post", create)?;
    doc.add_operation("/containers/{id}/checkpoints", "get", list)?;
    doc.add_operation("/containers/{id}/checkpoints/{checkpoint}", "delete", delete)
}
