//! Replies that are streams, upgraded connections, or nothing at all.

use serde_json::{Value, json};

use super::document::{Change, Place};
use super::parts::stream;
use super::record::{Fixup, moby};
use super::versions::{ALL, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "logs_reply_is_a_stream",
        versions: ALL,
        why: "logs are frames or raw bytes that come as long as the client follows; declared as text, up to 1.39 with an upgrade that the engine never makes",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L192")],
        apply: |doc| {
            let logs = ["ContainerLogs", "ServiceLogs", "TaskLogs"];
            // The upgrade is declared up to 1.39 only.
            doc.each_operation(&logs, |operation| {
                operation.child("responses")?.remove("101").or(Ok(()))
            })?;
            doc.each_operation(&logs, streams)
        },
        beyond: None,
    },
    Fixup {
        name: "archive_reply_is_a_stream",
        versions: ALL,
        why: "a tar archive is declared without a schema, or as a string; it is as large as a filesystem",
        refs: &[
            moby!("daemon/server/router/container/copy.go"),
            moby!("daemon/server/router/image/image_routes.go#L243"),
        ],
        apply: |doc| {
            doc.each_operation(
                &[
                    "ContainerExport",
                    "ContainerArchive",
                    "ContainerGetArchive",
                    "ImageGet",
                    "ImageGetAll",
                ],
                streams,
            )
        },
        beyond: None,
    },
    Fixup {
        name: "progress_reply_is_a_stream",
        versions: ALL,
        why: "build, pull, push and load answer with JSON messages while they work; declared without a body, so that a client which drops it cancels the work",
        refs: &[
            moby!("daemon/server/router/image/image_routes.go#L36"),
            moby!("daemon/server/router/build/build_routes.go#L250"),
        ],
        apply: |doc| {
            doc.each_operation(
                &["ImageBuild", "ImageCreate", "ImagePush", "ImageLoad", "PluginPush"],
                streams,
            )
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_progress_status",
        versions: ALL,
        why: "pull and upgrade of a plugin are declared as 204; the engine responds with 200 and sends JSON messages while it works",
        refs: &[moby!("daemon/server/router/plugin/plugin_routes.go#L119")],
        apply: |doc| {
            doc.each_operation(&["PluginPull", "PluginUpgrade"], |operation| {
                let response = json!({ "description": "OK", "content": stream() });
                restate(operation, "204", "200", response)
            })
        },
        beyond: None,
    },
    Fixup {
        name: "event_message_unnamed",
        versions: until(39),
        why: "the event is declared within the reply, which is a stream of them; it has a name from 1.40 on",
        refs: &[moby!("api/types/events/events.go")],
        apply: |doc| {
            let event = doc.operation("SystemEvents")?.reply("200")?.value().clone();
            doc.add_schema("EventMessage", event)
        },
        beyond: None,
    },
    Fixup {
        name: "stats_and_events_reply_is_a_stream",
        versions: ALL,
        why: "both are endless sequences of JSON values, declared as one value",
        refs: &[
            moby!("daemon/server/router/container/container_routes.go#L156"),
            moby!("daemon/server/router/system/system_routes.go#L293"),
        ],
        apply: |doc| doc.each_operation(&["ContainerStats", "SystemEvents"], streams),
        beyond: None,
    },
    Fixup {
        name: "prune_stream_missing",
        versions: since(56),
        why: "the five prunes can report each deletion when it happens, by the change log of 1.56. The document of 1.56 does \
              not have the parameter",
        refs: &["https://docs.docker.com/reference/api/engine/version-history/#v156-api-changes"],
        apply: |doc| {
            let prunes =
                ["ContainerPrune", "ImagePrune", "NetworkPrune", "VolumePrune", "BuildPrune"];
            doc.each_operation(&prunes, |operation| {
                let stream = json!({ "type": "boolean", "default": false });
                operation.add_parameter("query", "stream", stream)
            })
        },
        beyond: Some("engines have the parameter from API 1.56 on"),
    },
    Fixup {
        name: "attach_without_upgrade",
        versions: ALL,
        why: "with an upgrade requested, as this client does, the engine responds with 101 and never with 200",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L1124")],
        apply: |doc| {
            doc.each_operation(&["ContainerAttach", "ContainerAttachWebsocket"], |operation| {
                operation.child("responses")?.remove("200")
            })?;
            doc.operation("ContainerAttach")?.set("x-upgrade", "tcp")?;
            doc.operation("ContainerAttachWebsocket")?.set("x-upgrade", "websocket")
        },
        beyond: None,
    },
    Fixup {
        name: "exec_start_without_upgrade",
        versions: ALL,
        why: "with an upgrade requested, the engine responds with 101 and passes the connection to the process; only 200 is declared, which is right for a detached start",
        refs: &[moby!("daemon/server/router/container/exec.go#L71")],
        apply: |doc| {
            let upgraded = json!({ "description": "Switching Protocols" });
            restate(doc.operation("ExecStart")?, "200", "101", upgraded)?;
            doc.operation("ExecStart")?.set("x-upgrade", "tcp")
        },
        beyond: None,
    },
    Fixup {
        name: "session_upgrade_protocol",
        versions: since(31),
        why: "the connection of a build session uses HTTP/2 once it is upgraded",
        refs: &[moby!("daemon/server/router/session/session_routes.go#L10")],
        apply: |doc| doc.operation("Session")?.set("x-upgrade", "h2c"),
        beyond: None,
    },
    Fixup {
        name: "ping_reply_says_nothing",
        versions: ALL,
        why: "the body of a ping is the text OK, or none; what it has to say is in its headers",
        refs: &[moby!("daemon/server/router/system/system_routes.go#L36")],
        apply: |doc| {
            doc.each_operation(&["SystemPing", "SystemPingHead"], |operation| {
                operation.response("200")?.remove("content")
            })
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_delete_reply_is_empty",
        versions: ALL,
        why: "the removed plugin is declared as the reply; the engine sends no body",
        refs: &[moby!("daemon/server/router/plugin/plugin_routes.go#L226")],
        apply: |doc| doc.operation("PluginDelete")?.response("200")?.remove("content"),
        beyond: None,
    },
    Fixup {
        name: "auth_reply_without_body",
        versions: ALL,
        why: "a successful login returns status 200 and a body, and no other status",
        refs: &[moby!("daemon/server/router/system/system_routes.go#L418")],
        apply: |doc| doc.operation("SystemAuth")?.child("responses")?.remove("204"),
        beyond: None,
    },
];

/// The reply with status 200 is a stream of bytes.
fn streams(operation: Place<'_>) -> Change {
    operation.response("200")?.set("content", stream())
}

/// What is declared for the status `from` is `response`, with the status `to`.
fn restate(operation: Place<'_>, from: &str, to: &str, response: Value) -> Change {
    let responses = operation.child("responses")?;
    let mut changed = responses.value().clone();
    if let Some(changed) = changed.as_object_mut() {
        changed.remove(from);
        changed.insert(to.to_owned(), response);
    }
    responses.replace(changed)
}
