//! Rules for schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::report::Report;
use crate::casing::{pascal, snake};
use crate::openapi;
use crate::sent_back::KEEPS_UNKNOWN;
use swagger_reader::Pointer;

/// Types of Rust's prelude and of the generated code's own, which a component of that name would hide.
const RESERVED_NAMES: &[&str] = &[
    "Box",
    "BTreeMap",
    "Client",
    "Clone",
    "Debug",
    "Default",
    "Eq",
    "Err",
    "Error",
    "From",
    "Into",
    "Map",
    "None",
    "Ok",
    "Operation",
    "Option",
    "Ord",
    "PartialEq",
    "Request",
    "Response",
    "Result",
    "Self",
    "Send",
    "Some",
    "String",
    "Sync",
    "Value",
    "Vec",
];

/// Rules for all components together.
pub(super) fn components(document: &Value, report: &mut Report<'_>) {
    let root = Pointer::root().child("components").child("schemas");
    for (name, schema) in
        document.pointer(root.as_str()).and_then(Value::as_object).into_iter().flatten()
    {
        let at = root.child(name);
        if *name != pascal(name) {
            let message = format!(
                "the type is named `{}`, under which its facts are not found",
                pascal(name)
            );
            report.add("component-name", &at, message);
        }
        if RESERVED_NAMES.contains(&name.as_str()) {
            report.add(
                "component-name",
                &at,
                format!("`{name}` hides a type that the generated code uses"),
            );
        }
        if schema.get("nullable").is_some_and(|nullable| nullable == true) {
            report.add(
                "component-nullable",
                &at,
                "a nullable type is wrapped in another one; let the property be nullable",
            );
        }
        if openapi::referred_at_last(schema).is_some() {
            report.add(
                "component-reference",
                &at,
                "a type that is only a reference is wrapped in another one",
            );
        }
    }
}

/// Rules for one schema.
pub(super) fn schema(document: &Value, schema: &Value, at: &Pointer, report: &mut Report<'_>) {
    let Value::Object(facts) = schema else { return };
    if let Some(reference) = facts.get("$ref") {
        let target = openapi::referred(schema)
            .map(|name| document["components"]["schemas"].get(name).is_some());
        if target != Some(true) {
            report.add(
                "reference",
                at,
                format!("{reference} refers to no component; the generator panics"),
            );
        }
        if facts.len() > 1 {
            report.add(
                "reference-siblings",
                at,
                "what stands beside `$ref` is ignored; put the reference into `allOf`",
            );
        }
        return;
    }
    combinations(facts, at, report);
    nameless(facts, at, report);
    keywords(facts, at, report);
    formats(facts, at, report);
    if let Some(values) = facts.get("enum").and_then(Value::as_array) {
        enumeration(facts, values, at, report);
    }
    fields(facts, at, report);
}

fn combinations(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    if let Some(parts) = facts.get("allOf") {
        let reference = matches!(parts.as_array().map(Vec::as_slice), Some([part]) if openapi::referred(part).is_some());
        if !reference || facts.contains_key("properties") {
            report.add(
                "all-of",
                at,
                "the parts are copied into a type that the generator names; write out the object",
            );
        }
    }
    for key in ["oneOf", "anyOf", "not", "discriminator"] {
        if facts.contains_key(key) {
            report.add(
                "union",
                at,
                format!("`{key}` becomes an enum that refuses what it does not know"),
            );
        }
    }
}

fn nameless(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    let path = at.as_str();
    let component =
        path.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'));
    let named_by_generator =
        facts.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty())
            || facts.contains_key("enum");
    // Headers of replies are not generated.
    if named_by_generator && !component && !path.contains("/headers/") {
        report.add(
            "inline",
            at,
            "the generator names this type after the place; make it a component",
        );
    }
}

fn keywords(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    if facts.contains_key("default") {
        report.add("default", at, "the default is sent although the caller did not set the field");
    }
    for key in openapi::CONSTRAINTS.iter().filter(|key| facts.contains_key(**key)) {
        report.add(
            "constraint",
            at,
            format!("`{key}` makes a type that refuses values which an engine sends"),
        );
    }
    let properties =
        facts.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
    match facts.get("additionalProperties") {
        Some(Value::Bool(false)) => {
            report.add("additional-properties", at, "refuses every reply that has a new member");
        }
        Some(_) if properties && !facts.contains_key(KEEPS_UNKNOWN) => {
            report.add(
                "additional-properties",
                at,
                "beside properties this becomes a field `extra`, which no document names",
            );
        }
        _ => {}
    }
    let untyped =
        !["type", "allOf", "oneOf", "anyOf", "not"].iter().any(|key| facts.contains_key(*key));
    if untyped && facts.contains_key("format") {
        report.add("type-missing", at, "a format without a type makes the generator panic");
    }
}

fn formats(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    let Some(format) = facts.get("format").and_then(Value::as_str) else { return };
    match facts.get("type").and_then(Value::as_str) {
        Some("string") if format != "binary" => {
            let message = format!(
                "a text of the format `{format}` may become a type that refuses what an engine sends"
            );
            report.add("text-format", at, message);
        }
        Some("integer") if !["int64", "uint64"].contains(&format) => {
            report.add("integer-width", at, format!("`{format}`: integers are 64 bits wide"));
        }
        _ => {}
    }
}

fn enumeration(
    facts: &Map<String, Value>,
    values: &[Value],
    at: &Pointer,
    report: &mut Report<'_>,
) {
    if !facts.get("type").is_some_and(|kind| kind == "string" || kind == "integer") {
        report.add("enumeration", at, "an enumeration must be of strings or integers");
        return;
    }
    if facts["type"] == "integer" {
        return;
    }
    // The catch-all variant of every enumeration.
    let mut variants = BTreeMap::from([("Other".to_owned(), "the catch-all".to_owned())]);
    for value in values {
        let Some(text) = value.as_str() else {
            report.add("enumeration", at, format!("{value} is not a string"));
            continue;
        };
        let variant = if text.is_empty() { "Empty".to_owned() } else { pascal(text) };
        if variant.is_empty() {
            report.add(
                "enumeration",
                at,
                format!("`{text}` has no letter or digit for the name of a variant"),
            );
        } else if let Some(other) = variants.insert(variant.clone(), format!("`{text}`")) {
            report.add(
                "enumeration",
                at,
                format!("`{text}` and {other} are both the variant `{variant}`"),
            );
        }
    }
}

fn fields(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    let mut fields: BTreeMap<String, &str> = BTreeMap::new();
    for name in facts
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        if let Some(other) = fields.insert(snake(name), name) {
            let message = format!("`{name}` and `{other}` are both the field `{}`", snake(name));
            report.add("field-name", at, message);
        }
    }
}
