//! Swarm: services, tasks, secrets, configs, nodes.

use serde_json::json;

use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "secret_create_id_case",
        versions: since(36),
        why: "the engine answers with `ID`; declared as `Id`, by a schema that is shared with other operations",
        refs: &[moby!("api/types/swarm/secret.go#L56")],
        apply: |doc| doc.operation("SecretCreate")?.reply("201")?.replace(identifier()),
        beyond: None,
    },
    Fixup {
        name: "config_create_id_case",
        versions: since(36),
        why: "the engine answers with `ID`; declared as `Id`, by a schema that is shared with other operations",
        refs: &[moby!("api/types/swarm/config.go#L52")],
        apply: |doc| doc.operation("ConfigCreate")?.reply("201")?.replace(identifier()),
        beyond: None,
    },
    Fixup {
        name: "service_create_warnings_not_a_list",
        versions: until(43),
        why: "the engine answers with a list `Warnings`; declared as one string `Warning`",
        refs: &[
            moby!("v20.10.24", "api/types/client.go"),
            moby!("api/types/swarm/service_create_response.go"),
        ],
        apply: |doc| {
            doc.operation("ServiceCreate")?.reply("201")?.rename_property("Warning", "Warnings")?;
            let warnings = doc.operation("ServiceCreate")?.reply("201")?.property("Warnings")?;
            warnings.replace(json!({ "type": "array", "items": { "type": "string" } }))
        },
        beyond: None,
    },
    Fixup {
        name: "service_update_reply",
        versions: until(27),
        why: "the reply has warnings; declared as the reply to the removal of an image",
        refs: &[moby!("api/types/swarm/service_update_response.go")],
        apply: |doc| {
            let warnings = json!({ "type": "array", "items": { "type": "string" } });
            doc.operation("ServiceUpdate")?
                .reply("200")?
                .replace(json!({ "type": "object", "properties": { "Warnings": warnings } }))
        },
        beyond: Some("it would put a copy in the place of the schema that 1.28 has for it"),
    },
    Fixup {
        name: "secret_spec_of_a_secret",
        versions: until(29),
        why: "the specification of a secret is declared as that of a service",
        refs: &[moby!("api/types/swarm/secret.go")],
        apply: |doc| {
            let spec = json!({ "$ref": "#/components/schemas/SecretSpec" });
            doc.schema("Secret")?.property("Spec")?.replace(spec)
        },
        beyond: None,
    },
    Fixup {
        name: "secret_data_not_a_list",
        versions: until(30),
        why: "the data is one base64 text, declared as a list",
        refs: &[moby!("api/types/swarm/secret.go")],
        apply: |doc| {
            doc.schema("SecretSpec")?.property("Data")?.replace(json!({ "type": "string" }))
        },
        beyond: None,
    },
    Fixup {
        name: "config_data_not_a_list",
        versions: between(30, 30),
        why: "the data is one base64 text, declared as a list",
        refs: &[moby!("api/types/swarm/config.go")],
        apply: |doc| {
            doc.schema("ConfigSpec")?.property("Data")?.replace(json!({ "type": "string" }))
        },
        beyond: None,
    },
    Fixup {
        name: "swarm_force_rotate_untyped",
        versions: between(30, 31),
        why: "a counter without a type",
        refs: &[moby!("api/types/swarm/swarm.go")],
        apply: |doc| {
            let config = doc.schema("SwarmSpec")?.property("CAConfig")?;
            config.property("ForceRotate")?.set("type", "integer")
        },
        beyond: None,
    },
    Fixup {
        name: "nano_cpus_spellings_swapped",
        versions: between(27, 27),
        why: "a node has NanoCPUs and a container NanoCpus, as all other versions say",
        refs: &[moby!("api/types/swarm/task.go"), moby!("api/types/container/hostconfig.go")],
        apply: |doc| {
            let node = doc.schema("Node")?.property("Description")?.property("Resources")?;
            node.rename_property("NanoCpus", "NanoCPUs")?;
            doc.schema("Resources")?.rename_property("NanoCPUs", "NanoCpus")
        },
        beyond: None,
    },
    Fixup {
        name: "node_tls_info_reference",
        versions: between(30, 31),
        why: "the TLS facts of a node are declared as the specification of a swarm",
        refs: &[moby!("api/types/swarm/node.go")],
        apply: |doc| {
            let info = doc.schema("Node")?.property("Description")?.property("TLSInfo")?;
            info.replace(json!({ "$ref": "#/components/schemas/TLSInfo" }))
        },
        beyond: None,
    },
    Fixup {
        name: "task_reservations_untyped",
        versions: until(31),
        why: "an object without a type",
        refs: &[moby!("api/types/swarm/task.go")],
        apply: |doc| {
            let resources = doc.schema("TaskSpec")?.property("Resources")?;
            resources.property("Reservations")?.set("type", "object")
        },
        beyond: Some("from 1.32 on it is a reference, beside which a type says nothing"),
    },
    Fixup {
        name: "task_logs_tag_missing",
        versions: between(29, 38),
        why: "the only operation without a tag",
        refs: &["https://docs.docker.com/reference/api/engine/version/v1.39/#tag/Task"],
        apply: |doc| doc.operation("TaskLogs")?.set("tags", json!(["Task"])),
        beyond: None,
    },
    Fixup {
        name: "object_version_signed",
        versions: until(31),
        why: "the index of an object's version counts up from zero, declared unsigned from 1.32 on",
        refs: &[moby!("api/types/swarm/common.go")],
        apply: |doc| {
            if doc.has_schema("ObjectVersion") {
                let index = doc.schema("ObjectVersion")?.property("Index")?;
                return index.set("format", "uint64");
            }
            for name in ["Node", "Service", "Task", "Secret", "ClusterInfo"] {
                let version = doc.schema(name)?.property("Version")?;
                version.property("Index")?.set("format", "uint64")?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "update_version_signed",
        versions: ALL,
        why: "an update names the version of the object that it changes, which is unsigned in the object",
        refs: &[moby!("daemon/server/router/swarm/cluster_routes.go")],
        apply: |doc| {
            let updates = [
                "NodeUpdate",
                "ServiceUpdate",
                "SwarmUpdate",
                "SecretUpdate",
                "ConfigUpdate",
                "VolumeUpdate",
            ];
            doc.each_operation(&updates, |operation| {
                operation.parameter("query", "version")?.child("schema")?.set("format", "uint64")
            })
        },
        beyond: None,
    },
];

fn identifier() -> serde_json::Value {
    json!({ "type": "object", "properties": { "ID": { "type": "string" } } })
}
