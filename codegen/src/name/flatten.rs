//! Reads an `allOf` as the one object that it describes.
//!
//! A single reference with facts around it stays as it is: that is how OpenAPI 3.0 says something about a reference.

use serde_json::{Map, Value, json};

use super::error::Error;
use super::structure::structure;
use crate::openapi::{self, SCHEMAS};
use swagger_reader::Pointer;

/// Flattens every `allOf` of the document.
pub(super) fn flatten(document: &mut Value) -> Result<(), Error> {
    // What a part brings with it may have parts itself, so this goes on until nothing is left to do.
    loop {
        let mut places = Vec::new();
        openapi::each_schema(document, &mut |at, schema| {
            if schema.get("allOf").is_some() {
                places.push(at.clone());
            }
        });
        let mut changes = Vec::new();
        for at in places {
            let Some(schema) = document.pointer(at.as_str()) else { continue };
            let whole = one(document, schema, &at)?;
            if whole != *schema {
                changes.push((at, whole));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        for (at, whole) in changes {
            // A place inside one that is flat already is gone.
            if let Some(place) = document.pointer_mut(at.as_str()) {
                *place = whole;
            }
        }
    }
}

/// The schema at `at` without the `allOf` at its top.
fn one(document: &Value, schema: &Value, at: &Pointer) -> Result<Value, Error> {
    let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut telling = parts.iter().filter(|part| describes_type(part));
    if let (Some(only), None, None) = (telling.next(), telling.next(), schema.get("properties"))
        && let Some(name) = openapi::referred_at_last(only)
        && !is_component(at)
    {
        return Ok(around(schema, only, name));
    }
    let mut whole = Map::new();
    collect(document, schema, at, &mut whole, 0)?;
    for (key, value) in schema.as_object().into_iter().flatten() {
        if !["allOf", "properties", "required"].contains(&key.as_str()) {
            whole.insert(key.clone(), value.clone());
        }
    }
    whole.insert("type".to_owned(), json!("object"));
    Ok(Value::Object(whole))
}

fn is_component(at: &Pointer) -> bool {
    at.as_str().strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'))
}

/// Whether a part adds anything to the type; some only carry an example.
fn describes_type(part: &Value) -> bool {
    [
        "$ref",
        "allOf",
        "oneOf",
        "anyOf",
        "properties",
        "additionalProperties",
        "required",
        "enum",
        "items",
    ]
    .iter()
    .any(|key| part.get(key).is_some())
}

/// The reference to `name` with the facts around it: those of its part of the `allOf`, and those of the schema.
fn around(schema: &Value, part: &Value, name: &str) -> Value {
    let reference = json!({ "$ref": format!("{SCHEMAS}{name}") });
    let facts = [part, schema].into_iter().filter_map(Value::as_object).flatten();
    let mut facts: Map<String, Value> = facts
        .filter(|(key, _)| !["$ref", "allOf", "type"].contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if facts.is_empty() {
        return reference;
    }
    facts.insert("allOf".to_owned(), json!([reference]));
    Value::Object(facts)
}

/// The limit for schemas that refer to each other in a circle. No document nests this deep.
const DEPTH: usize = 16;

fn collect(
    document: &Value,
    schema: &Value,
    at: &Pointer,
    whole: &mut Map<String, Value>,
    depth: usize,
) -> Result<(), Error> {
    if let Some(name) = openapi::referred(schema) {
        let target = document.pointer(&format!("{}{name}", &SCHEMAS[1..]));
        let target = target
            .filter(|_| depth < DEPTH)
            .ok_or_else(|| Error::Dangling { at: at.to_string(), name: name.to_owned() })?;
        return collect(document, target, at, whole, depth + 1);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, at, whole, depth + 1)?;
    }
    let kind = schema.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind != "object")
        || ["oneOf", "anyOf"].iter().any(|key| schema.get(key).is_some())
    {
        return Err(Error::Part { at: at.to_string() });
    }
    if let Some(additional) = schema.get("additionalProperties") {
        whole.insert("additionalProperties".to_owned(), additional.clone());
    }
    merge_properties(schema, at, whole)?;
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten() {
        let names = whole.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = names
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    Ok(())
}

fn merge_properties(
    schema: &Value,
    at: &Pointer,
    whole: &mut Map<String, Value>,
) -> Result<(), Error> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let known = whole.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(known) = known {
            let before = known.insert(name.clone(), property.clone());
            if before.is_some_and(|before| structure(&before) != structure(property)) {
                return Err(Error::Parts { at: at.to_string(), property: name.clone() });
            }
        }
    }
    Ok(())
}
