//! Fields and parameters that have one type in every version, where the documents of some versions declare another.
//!
//! A library in between compiles against whichever version the program chooses; it can do so only if a field that both
//! versions have has one type.

use serde_json::json;

use super::document::{Change, Place};
use super::parts::repeats;
use super::record::{Fixup, moby};
use super::versions::{between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "image_inspect_required",
        versions: between(28, 38),
        why: "an image may lack any of the fields that these documents require, and no other document requires one of them",
        refs: &[moby!("api/types/image/image_inspect.go")],
        apply: |doc| doc.schema("Image")?.remove("required"),
        beyond: None,
    },
    Fixup {
        name: "image_summary_virtual_size_required",
        versions: until(42),
        why: "the virtual size is not sent from 1.44 on, and 1.43 does not require it",
        refs: &["https://docs.docker.com/reference/api/engine/version-history/#v144-api-changes"],
        apply: |doc| not_required(doc.schema("ImageSummary")?, "VirtualSize"),
        beyond: None,
    },
    Fixup {
        name: "image_manifest_platform_required",
        versions: between(47, 47),
        why: "a manifest may have no platform, as all later documents say",
        refs: &[moby!("api/types/image/manifest.go")],
        apply: |doc| doc.schema("OCIPlatform")?.set("nullable", true),
        beyond: Some("no document before 1.47 has the manifests of an image"),
    },
    Fixup {
        name: "network_create_reply_optional",
        versions: until(45),
        why: "the reply always has an identifier and a warning, which may be empty; declared as required from 1.46 on",
        refs: &[moby!("api/types/network/create_response.go")],
        apply: |doc| doc.operation("NetworkCreate")?.reply("201")?.require(&["Id", "Warning"]),
        beyond: None,
    },
    Fixup {
        name: "network_connect_container_optional",
        versions: until(51),
        why: "a container cannot be connected to a network or disconnected from it without being named; declared as \
              required from 1.52 on",
        refs: &[moby!("api/types/network/connect_request.go")],
        apply: |doc| {
            doc.each_operation(&["NetworkConnect", "NetworkDisconnect"], |operation| {
                operation.body()?.require(&["Container"])
            })
        },
        beyond: None,
    },
    Fixup {
        name: "container_stats_networks_nullable",
        versions: since(48),
        why: "a container without a network has no map of networks, which means the same as an empty one",
        refs: &[moby!("api/types/container/stats.go")],
        apply: |doc| doc.schema("ContainerStatsResponse")?.property("networks")?.remove("nullable"),
        beyond: None,
    },
    Fixup {
        name: "image_platform_single",
        versions: between(48, 51),
        why: "the platform of a save and a load may be given several times from 1.52 on; one value is sent alike in all \
              versions",
        refs: &["https://docs.docker.com/reference/api/engine/version-history/#v152-api-changes"],
        apply: |doc| {
            for operation in ["ImageGet", "ImageGetAll", "ImageLoad"] {
                repeats(doc, operation, "platform")?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "service_update_registry_auth_from_untyped",
        versions: until(38),
        why: "credentials come from one of two specifications; declared so from 1.39 on",
        refs: &[moby!("api/types/swarm/service.go#L214")],
        apply: |doc| {
            let from = doc.operation("ServiceUpdate")?.parameter("query", "registryAuthFrom")?;
            from.child("schema")?.set("enum", json!(["spec", "previous-spec"]))
        },
        beyond: None,
    },
    Fixup {
        name: "event_type_untyped",
        versions: until(39),
        why: "the type of an event is one of the kinds of objects; declared so from 1.40 on",
        refs: &[moby!("v20.10.24", "api/types/events/events.go#L3")],
        apply: |doc| {
            let types = [
                "builder",
                "config",
                "container",
                "daemon",
                "image",
                "network",
                "node",
                "plugin",
                "secret",
                "service",
                "volume",
            ];
            doc.schema("EventMessage")?.property("Type")?.set("enum", json!(types))
        },
        beyond: None,
    },
];

/// Takes `name` off the list of required properties.
fn not_required(schema: Place<'_>, name: &str) -> Change {
    let required = schema.child("required")?;
    let mut names = required.value().clone();
    if let Some(names) = names.as_array_mut() {
        names.retain(|required| required != name);
    }
    required.replace(names)
}
