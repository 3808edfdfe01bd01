//! Media types of requests, replies and errors.

use serde_json::{Map, Value, json};

use super::document::{Change, Document};
use super::parts::{BYTES, JSON, TAR, bytes, changed};
use super::record::{Fixup, moby};
use super::versions::{ALL, until};
use crate::openapi;

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "response_media_types_ambiguous",
        versions: ALL,
        why: "a reply that is declared in several media types is sent as JSON wherever JSON is one of them",
        refs: &[moby!("daemon/server/httputils/httputils.go#L90")],
        apply: one_response_media_type,
        beyond: None,
    },
    Fixup {
        name: "request_media_types_ambiguous",
        versions: ALL,
        why: "a body has one media type: JSON for a structure, the bytes of a file for the rest; `x-media-type` keeps what is sent",
        refs: &[moby!("daemon/server/httputils/httputils.go#L48")],
        apply: one_request_media_type,
        beyond: None,
    },
    Fixup {
        name: "error_body_media_type",
        versions: ALL,
        why: "the body of every error is a JSON object with a message, whatever media types the operation declares",
        refs: &[moby!("daemon/server/server.go#L105"), moby!("daemon/server/httpstatus/status.go")],
        apply: error_bodies,
        beyond: None,
    },
    Fixup {
        name: "not_modified_has_a_body",
        versions: until(38),
        why: "304 says that nothing changed; HTTP allows no body there and the engine sends none",
        refs: &["https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5"],
        apply: |doc| {
            doc.each_operation(&["ContainerStart", "ContainerStop"], |operation| {
                operation.response("304")?.remove("content")
            })
        },
        beyond: None,
    },
    Fixup {
        name: "query_array_comma_separated",
        versions: until(55),
        why: "the engine reads the lists `names`, `changes` and `platforms` from repeated keys; a comma is part of a value",
        refs: &[moby!("daemon/server/router/image/image_routes.go#L257")],
        apply: |doc| {
            changed(openapi::operations_mut(doc.root()).map(|operation| {
                let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
                let mut count = 0;
                for parameter in parameters.into_iter().flatten() {
                    if parameter["in"] == "query" && parameter["explode"] == false {
                        parameter["explode"] = true.into();
                        count += 1;
                    }
                }
                count
            }))
        },
        beyond: None,
    },
];

fn responses(
    operation: &mut Map<String, Value>,
) -> impl Iterator<Item = (&String, &mut Map<String, Value>)> {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    responses
        .into_iter()
        .flatten()
        .filter_map(|(status, response)| Some((status, response.as_object_mut()?)))
}

fn one_response_media_type(doc: &mut Document<'_>) -> Change {
    changed(openapi::operations_mut(doc.root()).map(|operation| {
        let mut count = 0;
        for (_, response) in responses(operation) {
            let Some(Value::Object(content)) = response.get_mut("content") else { continue };
            if content.len() > 1 {
                let kept = if content.contains_key(JSON) {
                    Some(JSON.to_owned())
                } else {
                    content.keys().next().cloned()
                };
                content.retain(|media_type, _| Some(media_type) == kept.as_ref());
                count += 1;
            }
        }
        count
    }))
}

fn one_request_media_type(doc: &mut Document<'_>) -> Change {
    changed(openapi::operations_mut(doc.root()).map(|operation| {
        let Some(Value::Object(body)) = operation.get_mut("requestBody") else { return 0 };
        let Some(Value::Object(content)) = body.get("content") else { return 0 };
        let Some(schema) = content.values().find_map(|media| media.get("schema")) else { return 0 };
        let (media_type, schema) = match schema["type"] == "string" {
            true => (BYTES, bytes()),
            false => (JSON, schema.clone()),
        };
        let wanted = json!({ media_type: { "schema": schema } });
        if body["content"] == wanted {
            return 0;
        }
        if media_type == BYTES && content.contains_key(TAR) {
            body.insert("x-media-type".to_owned(), TAR.into());
        }
        body.insert("content".to_owned(), wanted);
        1
    }))
}

fn error_bodies(doc: &mut Document<'_>) -> Change {
    let error = json!({ JSON: { "schema": { "$ref": "#/components/schemas/ErrorResponse" } } });
    changed(openapi::operations_mut(doc.root()).map(|operation| {
        let mut count = 0;
        for (status, response) in responses(operation) {
            let failed = status.starts_with(['4', '5']) || status == "default";
            if failed && response.get("content") != Some(&error) {
                response.insert("content".to_owned(), error.clone());
                count += 1;
            }
        }
        count
    }))
}
