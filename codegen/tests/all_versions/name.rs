//! Names are the same in every version, for the places that are there in more than one.

use std::collections::BTreeMap;

use codegen::openapi;
use serde_json::Value;

use crate::corpus;

#[test]
fn nothing_is_left_without_a_name() {
    for (version, document) in corpus::prepared() {
        let components = "/components/schemas/";
        openapi::each_schema(document, &mut |at, schema| {
            let component =
                at.as_str().strip_prefix(components).is_some_and(|name| !name.contains('/'));
            let nameless = schema.get("properties").is_some() || schema.get("enum").is_some();
            let header = at.as_str().contains("/headers/");
            assert!(component || header || !nameless, "{version}: {at} is inline");
            let parts = schema.get("allOf").and_then(Value::as_array);
            assert!(parts.is_none_or(|parts| parts.len() == 1), "{version}: {at} has parts");
            assert!(schema.get("title").is_none(), "{version}: {at} has a title");
        });
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert_eq!(codegen::casing::pascal(name), *name, "{version}");
            for suffix in ["ItemItem", "Inner", "ItemsItem", "Items"] {
                assert!(!name.ends_with(suffix), "{version}: {name}");
            }
        }
    }
}

/// The places of a document and the component that stands there, by the names on the wire.
fn places(document: &Value) -> BTreeMap<String, String> {
    fn walk(
        document: &Value,
        schema: &Value,
        place: String,
        depth: usize,
        found: &mut BTreeMap<String, String>,
    ) {
        if let Some(name) = openapi::referred_at_last(schema) {
            found.insert(place.clone(), name.to_owned());
            if depth < 9 {
                let target = &document["components"]["schemas"][name];
                walk(document, target, place, depth + 1, found);
            }
            return;
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(document, property, format!("{place}.{name}"), depth, found);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(part) = schema.get(key) {
                walk(document, part, format!("{place}[]"), depth, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    for root in openapi::roots(document) {
        let place = root.to_string();
        if place.starts_with("/paths") {
            let schema = document.pointer(root.as_str()).unwrap();
            let id = operation_id(document, &place);
            let place = match place.split_once("/responses/") {
                Some(_) => format!("{id}:reply"),
                None if place.contains("/requestBody/") => format!("{id}:body"),
                None => {
                    let parameter = document.pointer(place.trim_end_matches("/schema")).unwrap();
                    format!("{id}:{}", parameter["name"].as_str().unwrap())
                }
            };
            walk(document, schema, place, 0, &mut found);
        }
    }
    found
}

fn operation_id(document: &Value, pointer: &str) -> String {
    let operation: Vec<&str> = pointer.split('/').take(4).collect();
    document.pointer(&operation.join("/")).unwrap()["operationId"].as_str().unwrap().to_owned()
}

#[test]
fn a_place_has_one_name_in_all_versions() {
    let mut names: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (version, document) in corpus::prepared() {
        for (place, name) in places(document) {
            names.entry(place).or_default().entry(name).or_default().push(version.to_string());
        }
    }
    let changing: Vec<String> = names
        .iter()
        .filter(|(_, names)| names.len() > 1)
        .map(|(place, names)| {
            let spans: Vec<String> = names
                .iter()
                .map(|(name, v)| format!("{name} {}..{}", v[0], v[v.len() - 1]))
                .collect();
            format!("{place}: {}", spans.join(", "))
        })
        .collect();
    assert!(changing.is_empty(), "{}", changing.join("\n"));
    assert!(names.len() > 500, "only {} places", names.len());
}
