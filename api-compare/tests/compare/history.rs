//! The history of a real API over all its versions.

use api_compare::{
    History,
    history::{Presence, Span, ValueHistory},
};
use serde_json::{Value, json};

use crate::spec::HISTORY;

/// Returns the versions as `since..until`, with the gaps: `1.36..1.37, 1.40..`. An end that is not there is empty.
fn text(presence: &Presence) -> String {
    labelled(HISTORY.versions(), presence)
}

fn labelled(versions: &[String], presence: &Presence) -> String {
    let end = |end: Option<usize>| end.map(|end| versions[end].clone()).unwrap_or_default();
    let span = |span: &Span| format!("{}..{}", versions[span.first], versions[span.last]);
    match presence.spans() {
        [] => String::new(),
        [_] => format!("{}..{}", end(presence.since()), end(presence.until())),
        [closed @ .., last] => {
            let closed = closed.iter().map(|closed| format!("{}, ", span(closed)));
            let last = format!("{}..{}", versions[last.first], end(presence.until()));
            closed.collect::<String>() + &last
        }
    }
}

fn of(value: Option<&ValueHistory>) -> String {
    value.map_or_else(|| "never".to_owned(), |value| text(&value.presence))
}

#[test]
fn operations() {
    let operation =
        |id: &str| HISTORY.operation(id).map_or_else(|| "never".to_owned(), |o| text(&o.presence));
    assert_eq!(operation("ContainerList"), "..");
    assert_eq!(operation("SystemPingHead"), "1.40..");
    assert_eq!(operation("VolumeUpdate"), "1.42..");
    assert_eq!(operation("ImageAttestations"), "1.55..");
    assert_eq!(operation("BuildPrune"), "1.31..");
    assert_eq!(operation("Nothing"), "never");
    // The id changed in 1.28, method and path did not.
    assert_eq!(operation("ContainerArchive"), "..");
    assert_eq!(operation("ContainerGetArchive"), "..");
    assert_eq!(HISTORY.newest_id("ContainerGetArchive"), Some("ContainerArchive"));
    assert!(!HISTORY.operations().contains_key("ContainerGetArchive"));
}

#[test]
fn parameters_and_their_values() {
    let parameter = |operation, name| of(HISTORY.parameter(operation, name));
    assert_eq!(parameter("ContainerCreate", "platform"), "1.41..");
    assert_eq!(parameter("ContainerStop", "signal"), "1.42..");
    assert_eq!(parameter("BuildPrune", "keep-storage"), "1.39..1.51");
    assert_eq!(parameter("ContainerPrune", "filters"), "1.25..1.26, 1.28..");
    assert_eq!(parameter("ContainerLogs", "until"), "1.35..");
    let volumes = HISTORY.parameter("VolumePrune", "filters").unwrap();
    assert_eq!(text(&volumes.values["all"]), "1.42..");
}

#[test]
fn fields_from_the_operation() {
    let body = |operation, path| of(HISTORY.body_field(operation, path));
    let reply = |operation, path| of(HISTORY.reply_field(operation, path));
    assert_eq!(body("ContainerCreate", ""), "..");
    assert_eq!(body("ContainerCreate", "HostConfig.Mounts[].ImageOptions.Subpath"), "1.48..");
    assert_eq!(body("ContainerCreate", "HostConfig.KernelMemory"), "1.36..1.37, 1.40..1.41");
    assert_eq!(body("ContainerCreate", "MacAddress"), "..1.51");
    assert_eq!(body("ContainerCreate", "NetworkingConfig.EndpointsConfig{}.GwPriority"), "1.48..");
    assert_eq!(reply("ImageInspect", "VirtualSize"), "..1.43");
    assert_eq!(reply("ContainerList", "[].Health.Status"), "1.52..");
    let kinds = HISTORY.body_field("ContainerCreate", "HostConfig.Mounts[].Type").unwrap();
    assert_eq!(text(&kinds.values["image"]), "1.48..");
    assert_eq!(text(&kinds.values["bind"]), "..");
}

#[test]
fn fields_from_the_schema() {
    let field = |schema, path| of(HISTORY.field(schema, path));
    assert_eq!(field("Mount", "BindOptions.ReadOnlyForceRecursive"), "1.44..");
    assert_eq!(field("Resources", "DeviceRequests"), "1.40..");
    assert_eq!(field("HostConfig", "DeviceRequests"), "1.40..");
    assert_eq!(text(&HISTORY.field("MountType", "").unwrap().values["cluster"]), "1.42..");
    // Messages of a progress stream: no operation refers to them.
    assert_eq!(field("CreateImageInfo", "errorDetail"), "1.39..");
}

#[test]
fn a_new_name_does_not_make_fields_newer() {
    let field = |schema, path| of(HISTORY.field(schema, path));
    // Inline until 1.31.
    assert_eq!(text(&HISTORY.schema("SystemInfo").unwrap().presence), "1.32..");
    assert_eq!(field("SystemInfo", "NCPU"), "..");
    assert_eq!(field("SystemInfo", "Runtimes"), "1.32..");
    // `Port` until 1.51, and then `PortSummary`.
    assert_eq!(field("PortSummary", "PublicPort"), "..");
    assert_eq!(field("Port", "PublicPort"), "..");
    assert_eq!(text(&HISTORY.field("PortSummary", "Type").unwrap().values["sctp"]), "1.37..");
    // `Network` was the response of NetworkInspect; since 1.52 only the schema NetworkInspect has these fields.
    assert_eq!(field("Network", "Containers"), "..1.51");
    assert_eq!(field("NetworkInspect", "Containers"), "..");
}

fn versions(replies: &[Value]) -> History {
    let document = |reply: &Value| {
        let operation = json!({"operationId": "A", "responses": reply});
        json!({"paths": {"/a": {"get": operation}}})
    };
    let labels = ["1.0", "1.1", "1.2", "1.3"].into_iter();
    api_compare::history(&labels.zip(replies.iter().map(document)).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_removed_response_removes_its_fields() {
    let object = |field: &str| json!({"schema": {"type": "object", "properties": {field: {"type": "string"}}}});
    let both = json!({"200": object("a"), "201": object("b")});
    let history =
        versions(&[both.clone(), both, json!({"201": object("b")}), json!({"201": object("b")})]);
    let of = |path| labelled(history.versions(), &history.reply_field("A", path).unwrap().presence);
    assert_eq!(of("a"), "..1.1");
    assert_eq!(of("b"), "..");
}

#[test]
fn a_field_stays_when_its_schema_gets_a_name() {
    // `Task.Status` is inline until 1.43 and a `TaskStatus` from 1.44 on.
    assert_eq!(of(HISTORY.field("Task", "Status.Err")), "..");
    assert_eq!(of(HISTORY.field("TaskStatus", "Err")), "..");
    assert_eq!(of(HISTORY.field("TaskStatus", "PortStatus")), "1.44..");
}

#[test]
fn a_field_knows_the_schema_that_declares_it() {
    let owner = |path| HISTORY.body_field("ContainerCreate", path).unwrap().owner.as_deref();
    assert_eq!(owner("HostConfig.Memory"), Some("Resources"));
    assert_eq!(owner("HostConfig.Mounts[].BindOptions.Propagation"), Some("Mount"));
    assert_eq!(owner("Env"), Some("ContainerConfig"));
    assert_eq!(owner("HostConfig"), None);
}
