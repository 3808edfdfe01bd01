//! Networks and volumes.

use serde_json::json;

use super::document::{Change, Document};
use super::parts::text;
use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "ipam_options_not_a_map",
        versions: until(38),
        why: "the options of the IPAM driver are one map, declared as a list of maps",
        refs: &["https://github.com/moby/moby/issues/38353", moby!("api/types/network/ipam.go")],
        apply: |doc| {
            let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
            doc.schema("IPAM")?.property("Options")?.replace(map)
        },
        beyond: None,
    },
    Fixup {
        name: "ipam_config_untyped",
        versions: until(40),
        why: "a pool has four members, one of which is a map itself; declared as a map of strings",
        refs: &[moby!("api/types/network/ipam.go")],
        apply: |doc| {
            let text = json!({ "type": "string" });
            doc.add_schema(
                "IPAMConfig",
                json!({
                    "type": "object",
                    "properties": {
                        "Subnet": text,
                        "IPRange": text,
                        "Gateway": text,
                        "AuxiliaryAddresses": { "type": "object", "additionalProperties": text },
                    },
                }),
            )?;
            let config = doc.schema("IPAM")?.property("Config")?.items()?;
            config.replace(json!({ "$ref": "#/components/schemas/IPAMConfig" }))
        },
        beyond: None,
    },
    Fixup {
        name: "network_inspect_services_untyped",
        versions: since(52),
        why: "the services of a network are declared by the name of their Go type only",
        refs: &[moby!("api/types/network/inspect.go")],
        apply: |doc| {
            let services = doc.schema("NetworkInspect")?.property("Services")?;
            services.values()?.replace(json!({ "$ref": "#/components/schemas/ServiceInfo" }))
        },
        beyond: None,
    },
    Fixup {
        name: "network_inspect_services_missing",
        versions: until(51),
        why: "a network that is inspected with `verbose` has the services of the swarm that use it; declared from 1.52 on",
        refs: &[moby!("v17.12.0-ce", "api/types/network/network.go#L73")],
        apply: inspect_services,
        beyond: None,
    },
    Fixup {
        name: "network_config_and_peers_missing",
        versions: between(30, 40),
        why: "a network can take its configuration from another one, or be one that others take it from, and an overlay \
              network has peers; declared from 1.41 on",
        refs: &[moby!("v17.12.0-ce", "api/types/types.go#L428")],
        apply: |doc| {
            let reference = json!({ "type": "object", "properties": { "Network": text() } });
            let peer = json!({ "type": "object", "properties": { "Name": text(), "IP": text() } });
            doc.add_schema("PeerInfo", peer)?;
            if !doc.has_schema("ConfigReference") {
                doc.add_schema("ConfigReference", reference)?;
            }
            for (name, schema) in [
                ("ConfigFrom", json!({ "$ref": "#/components/schemas/ConfigReference" })),
                ("ConfigOnly", json!({ "type": "boolean" })),
                (
                    "Peers",
                    json!({ "type": "array", "items": { "$ref": "#/components/schemas/PeerInfo" } }),
                ),
            ] {
                doc.schema("Network")?.add_property(name, schema)?;
            }
            Ok(())
        },
        beyond: Some("engines have networks of configuration from API 1.30 on"),
    },
    Fixup {
        name: "network_prune_reply_name",
        versions: until(25),
        why: "the reply names the removed networks, not volumes",
        refs: &[moby!("api/types/network/network.go")],
        apply: |doc| {
            doc.operation("NetworkPrune")?
                .reply("200")?
                .rename_property("VolumesDeleted", "NetworksDeleted")
        },
        beyond: None,
    },
    Fixup {
        name: "volume_status_values",
        versions: ALL,
        why: "a volume driver reports its status in any JSON values, declared as objects",
        refs: &[moby!("api/types/volume/volume.go")],
        apply: |doc| doc.schema("Volume")?.property("Status")?.values()?.replace(json!({})),
        beyond: None,
    },
    Fixup {
        name: "cluster_volume_spec_nesting",
        versions: since(42),
        why: "the accessibility, the capacity, the secrets and the availability of a cluster volume are siblings of its \
              access mode. They are declared as parts of it, where the engine does not look",
        refs: &[moby!("api/types/volume/cluster_volume.go#L30")],
        apply: |doc| {
            for name in ["AccessibilityRequirements", "CapacityRange", "Secrets", "Availability"] {
                let mode = doc.schema("ClusterVolumeSpec")?.property("AccessMode")?;
                let schema = mode.take_property(name)?;
                doc.schema("ClusterVolumeSpec")?.add_property(name, schema)?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "cluster_volume_mount_untyped",
        versions: since(42),
        why: "a cluster volume that is mounted has a type of filesystem and flags, and one can also be a block device; \
              declared as an object without fields",
        refs: &[moby!("api/types/volume/cluster_volume.go#L144")],
        apply: |doc| {
            let flags = json!({ "type": "array", "items": text() });
            let mount = json!({
                "type": "object",
                "properties": { "FsType": text(), "MountFlags": flags },
            });
            let mode = doc.schema("ClusterVolumeSpec")?.property("AccessMode")?;
            mode.property("MountVolume")?.replace(mount)?;
            let mode = doc.schema("ClusterVolumeSpec")?.property("AccessMode")?;
            mode.add_property("BlockVolume", json!({ "type": "object", "nullable": true }))
        },
        beyond: None,
    },
];

/// Makes the reply of an inspection a schema of its own, with the services of the network.
fn inspect_services(doc: &mut Document<'_>) -> Change {
    let counted = json!({ "type": "integer", "format": "int64" });
    let task = json!({
        "Name": text(),
        "EndpointID": text(),
        "EndpointIP": text(),
        "Info": { "type": "object", "additionalProperties": text() },
    });
    let tasks =
        json!({ "type": "array", "items": { "$ref": "#/components/schemas/NetworkTaskInfo" } });
    let service = json!({
        "VIP": text(),
        "Ports": { "type": "array", "items": text() },
        "LocalLBIndex": counted,
        "Tasks": tasks,
    });
    for (name, properties) in [("NetworkTaskInfo", task), ("ServiceInfo", service)] {
        doc.add_schema(name, json!({ "type": "object", "properties": properties }))?;
    }
    let inspected = doc.schema("Network")?.value().clone();
    doc.add_schema("NetworkInspect", inspected)?;
    let services = json!({ "$ref": "#/components/schemas/ServiceInfo" });
    doc.schema("NetworkInspect")?
        .add_property("Services", json!({ "type": "object", "additionalProperties": services }))?;
    let reply = doc.operation("NetworkInspect")?.reply("200")?;
    reply.replace(json!({ "$ref": "#/components/schemas/NetworkInspect" }))
}
