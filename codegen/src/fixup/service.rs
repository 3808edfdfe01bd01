//! Services and tasks of a swarm, as engines send them and read them.

use serde_json::{Value, json};

use super::document::{Change, Document};
use super::parts::text;
use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "service_health_check_spelling",
        versions: between(27, 55),
        why: "the health check of a service is called `Healthcheck` by every engine. The documents up to 1.55 call it \
              `HealthCheck`, so that a reply had no health check, and an update sent both names",
        refs: &[moby!("api/types/swarm/container.go#L106")],
        apply: |doc| {
            let container = doc.schema("TaskSpec")?.property("ContainerSpec")?;
            container.rename_property("HealthCheck", "Healthcheck")
        },
        beyond: None,
    },
    Fixup {
        name: "service_update_rollback_states_missing",
        versions: ALL,
        why: "a service that is rolled back has the states of a rollback, which the documents do not list",
        refs: &[moby!("api/types/swarm/service.go#L59")],
        apply: |doc| {
            let status = doc.schema("Service")?.property("UpdateStatus")?;
            status.property("State")?.set(
                "enum",
                json!([
                    "updating",
                    "paused",
                    "completed",
                    "rollback_started",
                    "rollback_paused",
                    "rollback_completed",
                ]),
            )
        },
        beyond: None,
    },
    Fixup {
        name: "service_previous_spec_missing",
        versions: ALL,
        why: "a service that was updated has its previous specification, which a rollback returns to",
        refs: &[moby!("api/types/swarm/service.go#L12")],
        apply: |doc| {
            let spec = json!({ "$ref": "#/components/schemas/ServiceSpec" });
            doc.schema("Service")?.add_property("PreviousSpec", spec)
        },
        beyond: None,
    },
    Fixup {
        name: "task_network_is_a_swarm_network",
        versions: ALL,
        why: "the network of a task is the swarm's own object, with a specification and the state of its driver. It is \
              declared as the network of an engine, which has none of these fields",
        refs: &[moby!("api/types/swarm/network.go#L90")],
        apply: swarm_network,
        beyond: None,
    },
    Fixup {
        name: "task_volumes_missing",
        versions: since(42),
        why: "a task lists the cluster volumes that fulfil its mounts",
        refs: &[moby!("api/types/swarm/task.go#L67")],
        apply: |doc| {
            let attachment = json!({
                "type": "object",
                "properties": { "ID": text(), "Source": text(), "Target": text() },
            });
            doc.add_schema("VolumeAttachment", attachment)?;
            let volumes = json!({ "type": "array", "items": reference("VolumeAttachment") });
            doc.schema("Task")?.add_property("Volumes", volumes)
        },
        beyond: Some("engines have cluster volumes from API 1.42 on"),
    },
    Fixup {
        name: "task_port_status_missing",
        versions: until(43),
        why: "the status of a task has the ports that it published on its node",
        refs: &[moby!("v17.12.0-ce", "api/types/swarm/task.go#L170")],
        apply: |doc| {
            let ports = json!({ "type": "array", "items": reference("EndpointPortConfig") });
            let status = json!({ "type": "object", "properties": { "Ports": ports } });
            doc.add_schema("PortStatus", status)?;
            let task = doc.schema("Task")?.property("Status")?;
            task.add_property("PortStatus", reference("PortStatus"))
        },
        beyond: None,
    },
];

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Adds the swarm's network object, and makes it the network of a task.
fn swarm_network(doc: &mut Document<'_>) -> Change {
    let labels = json!({ "type": "object", "additionalProperties": text() });
    // The oldest documents have neither.
    for (name, properties) in [
        ("Driver", json!({ "Name": text(), "Options": labels })),
        ("ConfigReference", json!({ "Network": text() })),
    ] {
        if !doc.has_schema(name) {
            doc.add_schema(name, json!({ "type": "object", "properties": properties }))?;
        }
    }
    let pool = json!({ "Subnet": text(), "Range": text(), "Gateway": text() });
    let options = json!({
        "Driver": reference("Driver"),
        "Configs": { "type": "array", "items": reference("SwarmIPAMConfig") },
    });
    let spec = json!({
        "Name": text(),
        "Labels": labels,
        "DriverConfiguration": reference("Driver"),
        "IPv6Enabled": { "type": "boolean" },
        "Internal": { "type": "boolean" },
        "Attachable": { "type": "boolean" },
        "Ingress": { "type": "boolean" },
        "IPAMOptions": reference("SwarmIPAMOptions"),
        "ConfigFrom": reference("ConfigReference"),
        "Scope": text(),
    });
    let network = json!({
        "ID": text(),
        "Version": doc.schema("Secret")?.property("Version")?.value().clone(),
        "CreatedAt": text(),
        "UpdatedAt": text(),
        "Spec": reference("SwarmNetworkSpec"),
        "DriverState": reference("Driver"),
        "IPAMOptions": reference("SwarmIPAMOptions"),
    });
    for (name, properties) in [
        ("SwarmIPAMConfig", pool),
        ("SwarmIPAMOptions", options),
        ("SwarmNetworkSpec", spec),
        ("SwarmNetwork", network),
    ] {
        doc.add_schema(name, json!({ "type": "object", "properties": properties }))?;
    }
    let attached = doc.schema("NetworkAttachment")?.property("Network")?;
    attached.replace(reference("SwarmNetwork"))
}
