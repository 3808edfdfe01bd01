//! What is true of every schema of the engine, before and after the corrections of single ones.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document::{Change, Document, NotApplied};
use super::parts::changed;
use super::record::{Fixup, moby};
use super::versions::{ALL, since};
use crate::casing;
use crate::openapi;

/// Made before the corrections of single schemas.
pub(super) const FIRST: &[Fixup] = &[
    Fixup {
        name: "lists_and_maps_nullable",
        versions: since(32),
        why: "null, absent and empty mean the same for a list or a map, whether a document says so or not",
        refs: &[
            "https://github.com/moby/moby/issues/51710",
            "https://github.com/moby/moby/issues/43345",
        ],
        apply: |doc| {
            properties(doc, &mut |property| {
                is_collection(property) && property.remove("nullable").is_some()
            })
        },
        beyond: None,
    },
    Fixup {
        name: "object_enumerations",
        versions: ALL,
        why: "an enumeration whose only value is the empty object says no more than the type does",
        refs: &[moby!("api/types/container/config.go#L41")],
        apply: |doc| {
            schemas(doc, &mut |schema| {
                schema.get("type").is_some_and(|kind| kind == "object") && keep(schema, "enum")
            })
        },
        beyond: None,
    },
    Fixup {
        name: "empty_objects_have_presence",
        versions: ALL,
        why: "an object without members says something by being there, as the mode `Global` of a service does",
        refs: &[moby!("api/types/swarm/service.go#L44")],
        apply: |doc| {
            properties(doc, &mut |property| {
                let empty = property.get("type").is_some_and(|kind| kind == "object")
                    && !["properties", "additionalProperties", "allOf", "nullable"]
                        .iter()
                        .any(|key| property.contains_key(*key));
                if empty {
                    property.insert("nullable".into(), true.into());
                }
                empty
            })
        },
        beyond: None,
    },
];

/// Made after the corrections of single schemas.
pub(super) const LAST: &[Fixup] = &[
    Fixup {
        name: "defaults_are_facts",
        versions: ALL,
        why: "a default is what the engine assumes; written into a request it is a choice of the caller",
        refs: &["https://json-schema.org/draft/2020-12/json-schema-validation#section-9.2"],
        apply: |doc| schemas(doc, &mut |schema| keep(schema, "default")),
        beyond: None,
    },
    Fixup {
        name: "constraints_are_facts",
        versions: ALL,
        why: "the engine checks requests, and the client accepts any response",
        refs: &["https://json-schema.org/draft/2020-12/json-schema-validation#section-6"],
        apply: |doc| {
            schemas(doc, &mut |schema| {
                openapi::CONSTRAINTS.iter().filter(|key| keep(schema, key)).count() > 0
            })
        },
        beyond: None,
    },
    Fixup {
        name: "text_formats_are_facts",
        versions: ALL,
        why: "addresses and times are strings, which are often empty and have more forms than a type for them would accept",
        refs: &[moby!("api/types/network/endpoint.go")],
        apply: |doc| {
            schemas(doc, &mut |schema| {
                schema.get("type").is_some_and(|kind| kind == "string")
                    && schema.get("format").is_some_and(|format| format != "binary")
                    && keep(schema, "format")
            })
        },
        beyond: None,
    },
    Fixup {
        name: "integer_widths",
        versions: ALL,
        why: "integers are 64 bits wide: a width that upstream corrects later breaks no program, and -1 for unknown fits",
        refs: &["https://spec.openapis.org/oas/v3.0.3#data-types"],
        apply: |doc| {
            schemas(doc, &mut |schema| {
                let narrow = schema.get("type").is_some_and(|kind| kind == "integer")
                    && schema
                        .get("format")
                        .is_some_and(|format| format != "int64" && format != "uint64");
                if narrow {
                    keep(schema, "format");
                    schema.insert("format".into(), "int64".into());
                }
                narrow
            })
        },
        beyond: None,
    },
    Fixup {
        name: "components_nullable",
        versions: since(32),
        why: "it is not a type that may be null but the property that has it",
        refs: &["https://spec.openapis.org/oas/v3.0.3#fixed-fields-20"],
        apply: nullable_components,
        beyond: None,
    },
];

fn is_collection(schema: &Map<String, Value>) -> bool {
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => true,
        Some("object") => schema.contains_key("additionalProperties"),
        _ => false,
    }
}

/// Takes the keyword `key` back to a fact for the documentation; whether it was there.
fn keep(schema: &mut Map<String, Value>, key: &str) -> bool {
    match schema.remove(key) {
        Some(value) => {
            schema.insert(format!("x-{key}"), value);
            true
        }
        None => false,
    }
}

/// Changes every schema; an error if `change` says that it changed none.
fn schemas(
    doc: &mut Document<'_>,
    change: &mut dyn FnMut(&mut Map<String, Value>) -> bool,
) -> Change {
    let mut count = 0;
    openapi::each_schema_mut(doc.root(), &mut |schema| count += usize::from(change(schema)));
    changed([count].into_iter())
}

/// Changes every property of an object.
fn properties(
    doc: &mut Document<'_>,
    change: &mut dyn FnMut(&mut Map<String, Value>) -> bool,
) -> Change {
    schemas(doc, &mut |schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return false };
        let objects = properties.values_mut().filter_map(Value::as_object_mut);
        objects.map(&mut *change).filter(|changed| *changed).count() > 0
    })
}

/// Moves `nullable` from components to the properties that refer to them.
fn nullable_components(doc: &mut Document<'_>) -> Change {
    let Some(components) = doc.root()["components"]["schemas"].as_object_mut() else {
        return Err(NotApplied::new("/components/schemas", "is no object"));
    };
    let nullable: Vec<String> = components
        .iter_mut()
        .filter_map(|(name, schema)| {
            let was = schema.as_object_mut()?.remove("nullable")?;
            (was == true).then(|| name.clone())
        })
        .collect();
    properties(doc, &mut |property| {
        // A description beside a reference has put the reference into `allOf` already.
        let schema = Value::Object(std::mem::take(property));
        let refers = openapi::referred_at_last(&schema)
            .is_some_and(|reference| nullable.iter().any(|name| name == reference));
        let wraps = refers && openapi::referred(&schema).is_some();
        *property = match schema {
            reference if wraps => Map::from_iter([("allOf".to_owned(), json!([reference]))]),
            Value::Object(schema) => schema,
            _ => Map::new(),
        };
        refers && property.insert("nullable".into(), true.into()).is_none()
    })
}

/// Gives each operation without a tag the tag of the operations beside it in the paths, which names its file.
pub(super) fn add_missing_tags(document: &mut Value) {
    let segment = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let mut tags = BTreeMap::new();
    for (path, _, operation) in openapi::operations(document) {
        if let Some(tag) = operation.get("tags").and_then(|tags| tags.get(0)?.as_str()) {
            tags.entry(segment(path)).or_insert_with(|| tag.to_owned());
        }
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, item) in paths {
        let segment = segment(path);
        let tag = tags.get(&segment).cloned().unwrap_or_else(|| casing::pascal(&segment));
        let operations = item.as_object_mut().into_iter().flatten();
        for (_, operation) in operations.filter(|(key, _)| openapi::METHODS.contains(&key.as_str()))
        {
            if operation.get("tags").and_then(|tags| tags.get(0)).is_none() && operation.is_object()
            {
                operation["tags"] = json!([tag]);
            }
        }
    }
}
