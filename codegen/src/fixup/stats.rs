//! The resource usage of containers, which is an object without members before 1.48.

use serde_json::{Map, Value, json};

use super::record::{Fixup, moby};
use super::versions::{since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "container_stats_untyped",
        versions: until(47),
        why: "the usage of resources is declared as any object; declared in full from 1.48 on, and never sent otherwise",
        refs: &[moby!("api/types/container/stats.go"), moby!("v20.10.24", "api/types/stats.go")],
        apply: |doc| {
            SCHEMAS.iter().try_for_each(|(name, members)| doc.add_schema(name, object(members)))
        },
        beyond: None,
    },
    Fixup {
        name: "container_stats_networks_untyped",
        versions: since(48),
        why: "a map without a type",
        refs: &[moby!("api/types/container/stats.go")],
        apply: |doc| {
            doc.schema("ContainerStatsResponse")?.property("networks")?.set("type", "object")
        },
        beyond: None,
    },
    Fixup {
        name: "container_memory_stats_values_nullable",
        versions: since(48),
        why: "the detailed counters of a control group are numbers, and one that there is not is absent",
        refs: &[moby!("api/types/container/stats.go")],
        apply: |doc| {
            doc.schema("ContainerMemoryStats")?.property("stats")?.values()?.remove("nullable")
        },
        beyond: None,
    },
];

/// What a member holds.
enum Kind {
    Text,
    Count,
    Counts,
    CountMap,
    One(&'static str),
    List(&'static str),
    MapOf(&'static str),
}

use Kind::{Count, CountMap, Counts, List, MapOf, One, Text};

const ENTRIES: Kind = List("ContainerBlkioStatEntry");

const SCHEMAS: &[(&str, &[(&str, Kind)])] = &[
    (
        "ContainerStatsResponse",
        &[
            ("name", Text),
            ("id", Text),
            ("read", Text),
            ("preread", Text),
            ("pids_stats", One("ContainerPidsStats")),
            ("blkio_stats", One("ContainerBlkioStats")),
            ("num_procs", Count),
            ("storage_stats", One("ContainerStorageStats")),
            ("cpu_stats", One("ContainerCPUStats")),
            ("precpu_stats", One("ContainerCPUStats")),
            ("memory_stats", One("ContainerMemoryStats")),
            ("networks", MapOf("ContainerNetworkStats")),
        ],
    ),
    ("ContainerPidsStats", &[("current", Count), ("limit", Count)]),
    (
        "ContainerBlkioStats",
        &[
            ("io_service_bytes_recursive", ENTRIES),
            ("io_serviced_recursive", ENTRIES),
            ("io_queue_recursive", ENTRIES),
            ("io_service_time_recursive", ENTRIES),
            ("io_wait_time_recursive", ENTRIES),
            ("io_merged_recursive", ENTRIES),
            ("io_time_recursive", ENTRIES),
            ("sectors_recursive", ENTRIES),
        ],
    ),
    (
        "ContainerBlkioStatEntry",
        &[("major", Count), ("minor", Count), ("op", Text), ("value", Count)],
    ),
    (
        "ContainerStorageStats",
        &[
            ("read_count_normalized", Count),
            ("read_size_bytes", Count),
            ("write_count_normalized", Count),
            ("write_size_bytes", Count),
        ],
    ),
    (
        "ContainerCPUStats",
        &[
            ("cpu_usage", One("ContainerCPUUsage")),
            ("system_cpu_usage", Count),
            ("online_cpus", Count),
            ("throttling_data", One("ContainerThrottlingData")),
        ],
    ),
    (
        "ContainerCPUUsage",
        &[
            ("total_usage", Count),
            ("percpu_usage", Counts),
            ("usage_in_kernelmode", Count),
            ("usage_in_usermode", Count),
        ],
    ),
    (
        "ContainerThrottlingData",
        &[("periods", Count), ("throttled_periods", Count), ("throttled_time", Count)],
    ),
    (
        "ContainerMemoryStats",
        &[
            ("usage", Count),
            ("max_usage", Count),
            ("stats", CountMap),
            ("failcnt", Count),
            ("limit", Count),
            ("commitbytes", Count),
            ("commitpeakbytes", Count),
            ("privateworkingset", Count),
        ],
    ),
    (
        "ContainerNetworkStats",
        &[
            ("rx_bytes", Count),
            ("rx_packets", Count),
            ("rx_errors", Count),
            ("rx_dropped", Count),
            ("tx_bytes", Count),
            ("tx_packets", Count),
            ("tx_errors", Count),
            ("tx_dropped", Count),
            ("endpoint_id", Text),
            ("instance_id", Text),
        ],
    ),
];

fn object(members: &[(&str, Kind)]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|(name, kind)| ((*name).to_owned(), schema(name, kind))).collect();
    json!({ "type": "object", "properties": properties })
}

fn schema(name: &str, kind: &Kind) -> Value {
    // Limits come near to 2^64: a control group without one says so.
    let count = json!({ "type": "integer", "format": "uint64" });
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    match kind {
        Text => json!({ "type": "string" }),
        Count if matches!(name, "num_procs" | "online_cpus") => {
            json!({ "type": "integer", "format": "uint32" })
        }
        Count => count,
        Counts => json!({ "type": "array", "items": count }),
        CountMap => json!({ "type": "object", "additionalProperties": count }),
        One(name) => reference(name),
        List(name) => json!({ "type": "array", "items": reference(name) }),
        MapOf(name) => json!({ "type": "object", "additionalProperties": reference(name) }),
    }
}
