//! Members of the document with their types, or an error with their position.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use swagger_reader::Pointer;

use super::error::ReadError;

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn shape(at: &Pointer, expected: &'static str, found: &Value) -> ReadError {
    let found = match found {
        Value::Array(_) | Value::Object(_) => kind(found).to_owned(),
        scalar => format!("`{scalar}`"),
    };
    ReadError::Shape { at: at.clone(), expected, found }
}

/// Returns the members of an object that may be absent, sorted by name.
pub(super) fn members<'a>(
    value: &'a Value,
    key: &str,
    at: &Pointer,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>, ReadError> {
    let object = match value.get(key) {
        None => None,
        Some(Value::Object(object)) => Some(object),
        Some(other) => return Err(shape(&at.child(key), "an object", other)),
    };
    let sorted: BTreeMap<&String, &Value> = object.into_iter().flatten().collect();
    Ok(sorted.into_iter())
}

pub(super) fn list<'a>(
    value: &'a Value,
    key: &str,
    at: &Pointer,
) -> Result<&'a [Value], ReadError> {
    match value.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(shape(&at.child(key), "an array", other)),
    }
}

pub(super) fn strings(
    value: &Value,
    key: &str,
    at: &Pointer,
) -> Result<BTreeSet<String>, ReadError> {
    let text = |(index, item): (usize, &Value)| {
        item.as_str()
            .map(str::to_owned)
            .ok_or_else(|| shape(&at.child(key).child(index), "a string", item))
    };
    list(value, key, at)?.iter().enumerate().map(text).collect()
}

/// Returns the required fields of a schema. The boolean `required` of a parameter says nothing about fields.
pub(super) fn strings_or_flag(value: &Value, at: &Pointer) -> Result<BTreeSet<String>, ReadError> {
    match value.get("required") {
        Some(Value::Bool(_)) => Ok(BTreeSet::new()),
        _ => strings(value, "required", at),
    }
}

pub(super) fn text(value: &Value, key: &str, at: &Pointer) -> Result<Option<String>, ReadError> {
    match value.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(shape(&at.child(key), "a string", other)),
    }
}

pub(super) fn needed(value: &Value, key: &'static str, at: &Pointer) -> Result<String, ReadError> {
    text(value, key, at)?.ok_or_else(|| ReadError::Shape {
        at: at.clone(),
        expected: if key == "in" { "a parameter with `in`" } else { "a parameter with `name`" },
        found: "none".to_owned(),
    })
}

pub(super) fn flag(value: &Value, key: &str, at: &Pointer) -> Result<bool, ReadError> {
    match value.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(shape(&at.child(key), "a boolean", other)),
    }
}
