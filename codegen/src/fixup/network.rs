//! Networks and volumes.

use serde_json::json;

use super::{ALL, Fixup, moby, since, until};

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
];
