//! Objects that a client reads, changes and sends back as a whole.
//!
//! An update replaces the whole specification. A client that drops the members which its API version does not name would
//! therefore remove them from the object, so that all types that an update of a versioned object sends keep unknown members.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::openapi;
use swagger_reader::Pointer;

/// Marks a schema with additional properties that the lint accepts.
pub(crate) const KEEPS_UNKNOWN: &str = "x-keeps-unknown";

/// Lets the types that updates send keep members that the document does not name.
pub(crate) fn keep_unknown_members(document: &mut Value) {
    for at in sent_back(document) {
        if let Some(Value::Object(schema)) = document.pointer_mut(at.as_str()) {
            // The empty schema accepts any value. So does `true`, which typify ignores.
            schema.insert("additionalProperties".to_owned(), Value::Object(Map::new()));
            schema.insert(KEEPS_UNKNOWN.to_owned(), true.into());
        }
    }
}

/// The objects that the updates with an object's version send, and whatever these contain.
fn sent_back(document: &Value) -> BTreeSet<Pointer> {
    let mut waiting: Vec<Pointer> = Vec::new();
    for (path, method, operation) in openapi::operations(document) {
        if is_versioned_update(operation) {
            let at =
                ["paths", path, method, "requestBody", "content", "application/json", "schema"];
            waiting.push(at.iter().fold(Pointer::root(), |pointer, step| pointer.child(step)));
        }
    }
    let mut seen = BTreeSet::new();
    let mut open = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        let Some(found) = document.pointer(at.as_str()) else { continue };
        let Some(schema) = found.as_object() else { continue };
        if let Some(name) = openapi::referred(found) {
            waiting.push(Pointer::root().child("components").child("schemas").child(name));
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            waiting.extend(properties.keys().map(|name| at.child("properties").child(name)));
            if !schema.contains_key("additionalProperties") {
                open.insert(at.clone());
            }
        }
        waiting.extend(["items", "additionalProperties"].map(|part| at.child(part)));
        let parts = schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        waiting.extend((0..parts).map(|index| at.child("allOf").child(index)));
    }
    open
}

/// An update that names the version of the object that it replaces.
fn is_versioned_update(operation: &Map<String, Value>) -> bool {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    id.ends_with("Update")
        && parameters.into_iter().flatten().any(|p| p["name"] == "version" && p["in"] == "query")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_types_that_updates_send_keep_unknown_members() {
        let reference = |name: &str| json!({"$ref": format!("{}{name}", openapi::SCHEMAS)});
        let object = |member: Value| json!({"type": "object", "properties": {"Member": member}});
        let body = |id: &str, parameter: &str, schema: Value| {
            json!({"operationId": id, "parameters": [{"name": parameter, "in": "query"}],
                "requestBody": {"content": {"application/json": {"schema": schema}}}})
        };
        let mut document = json!({
            "paths": {
                "/things/{id}/update": {"post": body("ThingUpdate", "version", reference("Spec"))},
                "/others/{id}/update": {"post": body("OtherUpdate", "name", reference("Other"))},
            },
            "components": {"schemas": {
                "Spec": object(json!({"type": "array", "items": reference("Part")})),
                "Part": object(json!({"allOf": [reference("Spec")]})),
                "Other": object(json!({"type": "string"})),
            }},
        });
        keep_unknown_members(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Spec"]["additionalProperties"], json!({}));
        assert_eq!(schemas["Part"]["additionalProperties"], json!({}));
        assert_eq!(schemas["Other"].get("additionalProperties"), None);
    }
}
