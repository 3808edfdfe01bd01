//! Walking the schemas and operations of an OpenAPI 3.0 document.

use serde_json::{Map, Value};

use swagger_reader::Pointer;

/// The keys of a path item that are operations.
pub const METHODS: &[&str] = &["get", "head", "post", "put", "delete", "options", "patch"];

/// The prefix of a reference to a component.
pub const SCHEMAS: &str = "#/components/schemas/";

/// The keywords that restrict the values of a type.
pub const CONSTRAINTS: &[&str] = &[
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The name of the component that `schema` refers to, if it is a plain reference.
pub fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// The name of the component that `schema` refers to, plainly or as the one part of an `allOf` that only adds facts to
/// the reference.
pub fn referred_at_last(schema: &Value) -> Option<&str> {
    referred(schema).or_else(|| match schema.get("allOf")?.as_array()?.as_slice() {
        [part] if schema.get("properties").is_none() => referred(part),
        _ => None,
    })
}

/// Every operation with its path and method, in the order of the document.
pub fn operations(document: &Value) -> Vec<(&str, &str, &Map<String, Value>)> {
    let Some(paths) = document.get("paths").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(Value::Object(operation)) = item.get(method) {
                found.push((path.as_str(), *method, operation));
            }
        }
    }
    found
}

/// Every operation, to change it.
pub fn operations_mut(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    paths
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.iter_mut().filter(|(key, _)| METHODS.contains(&key.as_str())))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

/// The pointer of every schema that is not part of another schema: components, parameters, bodies, responses, headers.
pub fn roots(document: &Value) -> Vec<Pointer> {
    let mut found = Vec::new();
    let components = Pointer::root().child("components").child("schemas");
    for (name, _) in members(document.pointer(components.as_str())) {
        found.push(components.child(name));
    }
    for (path, method, operation) in operations(document) {
        let at = Pointer::root().child("paths").child(path).child(method);
        let parameters = operation.get("parameters").and_then(Value::as_array);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            if parameter.get("schema").is_some() {
                found.push(at.child("parameters").child(index).child("schema"));
            }
        }
        content(operation.get("requestBody"), &at.child("requestBody"), &mut found);
        for (status, response) in members(operation.get("responses")) {
            let at = at.child("responses").child(status);
            content(Some(response), &at, &mut found);
            for (name, header) in members(response.get("headers")) {
                if header.get("schema").is_some() {
                    found.push(at.child("headers").child(name).child("schema"));
                }
            }
        }
    }
    found
}

fn content(holder: Option<&Value>, at: &Pointer, found: &mut Vec<Pointer>) {
    for (media_type, media) in members(holder.and_then(|holder| holder.get("content"))) {
        if media.get("schema").is_some() {
            found.push(at.child("content").child(media_type).child("schema"));
        }
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// Where the schemas stand that a schema consists of.
const PART_LISTS: &[&str] = &["allOf", "oneOf", "anyOf"];
const PARTS: &[&str] = &["items", "additionalProperties", "not"];

/// Calls `visit` with every schema of the document and its place, the outer ones first.
pub fn each_schema(document: &Value, visit: &mut dyn FnMut(&Pointer, &Value)) {
    fn walk(schema: &Value, at: &mut Pointer, visit: &mut dyn FnMut(&Pointer, &Value)) {
        visit(at, schema);
        if let Some(Value::Object(properties)) = schema.get("properties") {
            let outside = at.enter("properties");
            for (name, property) in properties {
                let here = at.enter(name);
                walk(property, at, visit);
                at.leave(here);
            }
            at.leave(outside);
        }
        for key in PARTS {
            if let Some(part @ Value::Object(_)) = schema.get(key) {
                let outside = at.enter(key);
                walk(part, at, visit);
                at.leave(outside);
            }
        }
        for key in PART_LISTS {
            let parts = schema.get(key).and_then(Value::as_array);
            for (index, part) in parts.into_iter().flatten().enumerate() {
                let outside = at.enter(key);
                at.enter(index);
                walk(part, at, visit);
                at.leave(outside);
            }
        }
    }
    for mut root in roots(document) {
        if let Some(schema) = document.pointer(root.as_str()) {
            walk(schema, &mut root, visit);
        }
    }
}

/// Calls `visit` with every schema object of the document, the outer ones first.
pub fn each_schema_mut(document: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
    fn walk(schema: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
        let Value::Object(schema) = schema else { return };
        visit(schema);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.values_mut().for_each(|property| walk(property, visit));
        }
        for key in PARTS {
            if let Some(part @ Value::Object(_)) = schema.get_mut(*key) {
                walk(part, visit);
            }
        }
        for key in PART_LISTS {
            if let Some(Value::Array(parts)) = schema.get_mut(*key) {
                parts.iter_mut().for_each(|part| walk(part, visit));
            }
        }
    }
    each_root_mut(document, &mut |schema| walk(schema, visit));
}

/// Calls `visit` with every schema that [`roots`] finds.
fn each_root_mut(document: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    members_mut(document.pointer_mut("/components/schemas")).for_each(&mut *visit);
    for operation in operations_mut(document) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        let parameters = parameters.into_iter().flatten();
        parameters.filter_map(|parameter| parameter.get_mut("schema")).for_each(&mut *visit);
        let body = operation.get_mut("requestBody");
        members_mut(body.and_then(|body| body.get_mut("content")))
            .filter_map(|media| media.get_mut("schema"))
            .for_each(&mut *visit);
        for response in members_mut(operation.get_mut("responses")) {
            for holders in ["content", "headers"] {
                members_mut(response.get_mut(holders))
                    .filter_map(|holder| holder.get_mut("schema"))
                    .for_each(&mut *visit);
            }
        }
    }
}

fn members_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_every_schema_once() {
        let document = json!({
            "components": { "schemas": { "A": { "properties": { "p": { "items": { "type": "string" } } } } } },
            "paths": { "/a": { "x-fact": {}, "get": {
                "parameters": [{ "schema": { "type": "string" } }],
                "requestBody": { "content": { "a/b": { "schema": { "allOf": [{ "$ref": "r" }] } } } },
                "responses": { "200": {
                    "headers": { "H": { "schema": {} } },
                    "content": { "c/d": { "schema": { "additionalProperties": {} } } },
                } },
            } } },
        });
        let mut places = Vec::new();
        each_schema(&document, &mut |at, _| places.push(at.to_string()));
        assert_eq!(
            places,
            [
                "/components/schemas/A",
                "/components/schemas/A/properties/p",
                "/components/schemas/A/properties/p/items",
                "/paths/~1a/get/parameters/0/schema",
                "/paths/~1a/get/requestBody/content/a~1b/schema",
                "/paths/~1a/get/requestBody/content/a~1b/schema/allOf/0",
                "/paths/~1a/get/responses/200/content/c~1d/schema",
                "/paths/~1a/get/responses/200/content/c~1d/schema/additionalProperties",
                "/paths/~1a/get/responses/200/headers/H/schema",
            ]
        );
        let mut changed = document.clone();
        let mut count = 0;
        each_schema_mut(&mut changed, &mut |schema| {
            schema.insert("x-seen".into(), true.into());
            count += 1;
        });
        assert_eq!(count, places.len());
        assert_eq!(operations_mut(&mut changed).count(), 1);
    }
}
