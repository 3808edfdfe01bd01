//! The engine itself: disk usage, credentials, sessions, and bodies that it cannot do without.

use serde_json::json;

use super::document::{Change, Document};
use super::parts::text;
use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "data_usage_lists_missing",
        versions: since(52),
        why: "the engine still sends the lists and the size of the layers, unless `verbose` is requested",
        refs: &[moby!("daemon/server/router/system/system_routes.go#L182")],
        apply: |doc| {
            let size = json!({ "type": "integer", "format": "int64" });
            doc.operation("SystemDataUsage")?.reply("200")?.add_property("LayersSize", size)?;
            for (name, schema) in [
                ("Images", "ImageSummary"),
                ("Containers", "ContainerSummary"),
                ("Volumes", "Volume"),
                ("BuildCache", "BuildCache"),
            ] {
                let items = json!({ "$ref": format!("#/components/schemas/{schema}") });
                let list = json!({ "type": "array", "items": items });
                doc.operation("SystemDataUsage")?.reply("200")?.add_property(name, list)?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "disk_usage_items_untyped",
        versions: since(52),
        why: "the items of a disk usage are declared by the name of their Go type only",
        refs: &[
            moby!("api/types/image/disk_usage.go"),
            moby!("api/types/container/disk_usage.go"),
            moby!("api/types/volume/disk_usage.go"),
            moby!("api/types/build/disk_usage.go"),
        ],
        apply: |doc| {
            for (name, schema) in [
                ("ImagesDiskUsage", "ImageSummary"),
                ("ContainersDiskUsage", "ContainerSummary"),
                ("VolumesDiskUsage", "Volume"),
                ("BuildCacheDiskUsage", "BuildCache"),
            ] {
                let items = doc.schema(name)?.property("Items")?.items()?;
                items.replace(json!({ "$ref": format!("#/components/schemas/{schema}") }))?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "events_times_without_a_unit",
        versions: ALL,
        why: "the times of events are seconds with a fraction, as the text says and their type does not",
        refs: &[moby!("daemon/server/router/system/system_routes.go#L303")],
        apply: |doc| {
            for name in ["since", "until"] {
                let time =
                    doc.operation("SystemEvents")?.parameter("query", name)?.child("schema")?;
                time.replace(json!({ "type": "string", "x-unit": "unix-seconds" }))?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "auth_config_incomplete",
        versions: ALL,
        why: "credentials can also be a token, which the login itself returns",
        refs: &[moby!("api/types/registry/authconfig.go")],
        apply: |doc| {
            for name in ["auth", "identitytoken", "registrytoken"] {
                doc.schema("AuthConfig")?.add_property(name, text())?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "session_tag_experimental",
        versions: between(31, 39),
        why: "the tag says that the operation is experimental, and has another name from 1.40 on",
        refs: &["https://docs.docker.com/reference/api/engine/version/v1.40/#tag/Session"],
        apply: |doc| doc.operation("Session")?.set("tags", json!(["Session"])),
        beyond: None,
    },
    Fixup {
        name: "request_body_optional",
        versions: ALL,
        why: "these operations have nothing to do without their body",
        refs: &[moby!("daemon/server/httputils/httputils.go#L62")],
        apply: |doc| {
            doc.each_operation(
                &[
                    "SystemAuth",
                    "ImageLoad",
                    "ExecStart",
                    "PluginPull",
                    "PluginUpgrade",
                    "PluginCreate",
                    "PluginSet",
                    "NodeUpdate",
                    "SecretCreate",
                    "SecretUpdate",
                    "ConfigCreate",
                    "ConfigUpdate",
                    "VolumeUpdate",
                ],
                |operation| operation.child("requestBody")?.set("required", true),
            )
        },
        beyond: None,
    },
    Fixup {
        name: "event_old_fields_missing",
        versions: until(51),
        why: "events about containers and images also have `status`, `id` and `from`, which repeat the action, the actor \
              and its image; engines stop sending them at 1.52",
        refs: &[moby!("daemon/server/router/system/system_routes.go#L437")],
        apply: |doc| {
            for name in ["status", "id", "from"] {
                doc.schema("EventMessage")?.add_property(name, text())?;
            }
            Ok(())
        },
        beyond: Some("engines do not send them from 1.52 on"),
    },
    Fixup {
        name: "event_scope_missing",
        versions: between(30, 39),
        why: "an event says whether it is about the engine or about the swarm; declared from 1.40 on",
        refs: &[moby!("v17.12.0-ce", "api/types/events/events.go#L48")],
        apply: |doc| {
            let scope = json!({ "type": "string", "enum": ["local", "swarm"] });
            doc.schema("EventMessage")?.add_property("scope", scope)
        },
        beyond: Some("engines have events of the swarm from API 1.30 on"),
    },
    Fixup {
        name: "data_usage_builder_size_missing",
        versions: between(31, 41),
        why: "the size of the build cache is sent as a field of its own too, up to 1.41",
        refs: &[moby!("v20.10.24", "api/types/types.go#L541")],
        apply: |doc| {
            let size = json!({ "type": "integer", "format": "int64" });
            doc.operation("SystemDataUsage")?.reply("200")?.add_property("BuilderSize", size)
        },
        beyond: Some("engines have the field from API 1.31 to 1.41"),
    },
    Fixup {
        name: "info_kernel_memory_missing",
        versions: until(35),
        why: "the engine says whether the kernel can limit kernel memory",
        refs: &[moby!("v17.12.0-ce", "api/types/types.go#L159")],
        apply: kernel_memory_known,
        beyond: Some("engines do not send it since 1.42"),
    },
    Fixup {
        name: "info_kernel_memory_missing_again",
        versions: between(38, 39),
        why: "the documents before and after have the field, and engines send it in between too",
        refs: &[moby!("v18.09.0", "api/types/types.go#L159")],
        apply: kernel_memory_known,
        beyond: Some("engines do not send it since 1.42"),
    },
];

fn kernel_memory_known(doc: &mut Document<'_>) -> Change {
    let known = json!({ "type": "boolean" });
    doc.operation("SystemInfo")?.reply("200")?.add_property("KernelMemory", known)
}
