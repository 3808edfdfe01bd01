//! What holds for any two versions: all pairs of a real API's, and random documents.

use std::collections::BTreeSet;

use api_compare::{Change, Subject, compare, model::Api, rules::Rule};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::spec;

/// The change that a comparison in the other direction should find.
fn mirrored(change: &Change) -> (String, String, String, &'static str) {
    let mirror = Rule::find(change.rule.mirror).unwrap().id;
    (subject_before(change), change.after.clone(), change.before.clone(), mirror)
}

fn as_found(change: &Change) -> (String, String, String, &'static str) {
    (change.subject.to_string(), change.before.clone(), change.after.clone(), change.rule.id)
}

/// The subject with the names of the older version.
fn subject_before(change: &Change) -> String {
    let mut subject = change.subject.clone();
    if let Some(was) = &change.was {
        match &mut subject {
            Subject::Schema { schema: name, .. }
            | Subject::Operation { operation: name }
            | Subject::Parameter { operation: name, .. }
            | Subject::Body { operation: name, .. }
            | Subject::Reply { operation: name, .. }
            | Subject::Header { operation: name, .. }
            | Subject::Code { item: name } => name.clone_from(was),
        }
    }
    if mirrors_by_name(change) {
        match &mut subject {
            Subject::Schema { path, .. }
            | Subject::Body { path, .. }
            | Subject::Reply { path, .. } => {
                *path = format!("{}{}", path.strip_suffix(&change.after).unwrap(), change.before);
            }
            Subject::Parameter { name, .. } => name.clone_from(&change.before),
            _ => {}
        }
    }
    subject.to_string()
}

/// Renamed fields and parameters and relocated parameters, under both names.
fn moved(changes: &[Change]) -> impl Iterator<Item = String> {
    let moved =
        |change: &&Change| change.rule.id == "parameter-relocated" || mirrors_by_name(change);
    changes
        .iter()
        .filter(moved)
        .flat_map(|change| [change.subject.to_string(), subject_before(change)])
}

/// The changes without those of moved things and of what is below them, whose subjects have other names in the older version.
fn comparable<'a>(changes: &'a [Change], moved: &[String]) -> impl Iterator<Item = &'a Change> {
    changes.iter().filter(move |change| {
        let names = [change.subject.to_string(), subject_before(change)];
        let below = |top: &String| {
            names.iter().any(|name| {
                name.strip_prefix(top).is_some_and(|rest| rest.starts_with(['.', '[', '{']))
            })
        };
        let at = |top: &String| names[0] == *top && !mirrors_by_name(change);
        !moved.iter().any(|top| below(top) || at(top))
    })
}

/// Whether the change is that the last name of its subject changed.
fn mirrors_by_name(change: &Change) -> bool {
    matches!(change.rule.id, "field-renamed" | "parameter-renamed" | "path-parameter-renamed")
}

fn assert_mirrors(old: &Api, new: &Api) {
    let (forward, backward) = (compare(old, new), compare(new, old));
    let moved: Vec<String> = moved(&forward).chain(moved(&backward)).collect();
    let mut expected: Vec<_> = comparable(&forward, &moved).map(mirrored).collect();
    let mut found: Vec<_> = comparable(&backward, &moved).map(as_found).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{} and {}", old.label, new.label);
}

#[test]
fn a_document_does_not_differ_from_itself() {
    for (version, api) in &*spec::APIS {
        assert_eq!(compare(api, api), [], "{version}");
    }
}

#[test]
fn a_change_and_its_reverse_mirror_each_other() {
    let apis = &*spec::APIS;
    for (index, (_, old)) in apis.iter().enumerate() {
        for (_, new) in apis.iter().skip(index + 1).step_by(7) {
            assert_mirrors(old, new);
        }
    }
}

/// A place that a change is met at, or a schema that no operation refers to.
fn places(change: &Change) -> Vec<(String, String)> {
    if change.sites.is_empty() {
        return vec![("unreached".to_owned(), change.subject.to_string())];
    }
    let newest = |id: &str| spec::HISTORY.newest_id(id).unwrap_or(id).to_owned();
    change
        .sites
        .iter()
        .map(|site| (format!("{} {}", newest(&site.operation), site.place), site.path.clone()))
        .collect()
}

#[test]
fn the_sum_over_the_steps_names_each_thing_that_the_direct_comparison_names() {
    let apis = &*spec::APIS;
    for (first, last) in [(25, 55), (35, 52), (41, 48), (30, 41)] {
        let range: Vec<&Api> = apis
            .iter()
            .filter(|(minor, _)| (first..=last).contains(minor))
            .map(|(_, api)| api)
            .collect();
        let steps: Vec<Change> =
            range.windows(2).flat_map(|pair| compare(pair[0], pair[1])).collect();
        let named: BTreeSet<(String, String)> = steps.iter().flat_map(places).collect();
        // Named is a place itself, or what holds it: an operation, or an object that came as a whole.
        let holds = |(part, path): &(String, String)| {
            let inside = |(other, above): &(String, String)| {
                part == other
                    && (above.is_empty() || path == above || {
                        path.strip_prefix(above.as_str())
                            .is_some_and(|rest| rest.starts_with(['.', '[', '{']))
                    })
            };
            let operation = part.split(' ').next().unwrap();
            named.iter().any(inside)
                || named.contains(&(format!("{operation} operation"), String::new()))
        };
        let direct = compare(range[0], range[range.len() - 1]);
        assert!(direct.len() > 20, "1.{first} to 1.{last}");
        for change in &direct {
            // A schema that operations referred to for a while came and went with their fields.
            let reached = |name: &String| range.iter().any(|api| api.reached.contains(name));
            if matches!(&change.subject, Subject::Schema { schema, .. } if change.sites.is_empty() && reached(schema))
            {
                continue;
            }
            for place in places(change) {
                assert!(
                    holds(&place),
                    "1.{first} to 1.{last}: no step names {place:?}, {}",
                    change.rule.id
                );
            }
        }
    }
}

fn schema() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "enum": ["a", "b"]})),
        Just(json!({"type": "string", "enum": ["b", "c"], "x-nullable": true})),
        Just(json!({"type": "integer", "format": "int64", "minimum": 1})),
        Just(json!({"type": "integer", "default": 3, "x-unit": "bytes"})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "object"})),
        Just(json!({})),
        Just(json!({"$ref": "#/definitions/Leaf"})),
        Just(json!({"$ref": "#/definitions/Leaf", "x-nullable": true})),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        let fields = prop::collection::btree_map("[a-dA-D]", inner.clone(), 0..4);
        let record = (fields, prop::collection::vec("[a-dA-D]", 0..3))
            .prop_map(|(fields, required)| json!({"type": "object", "properties": fields, "required": required}));
        prop_oneof![
            record,
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            inner.clone().prop_map(|values| json!({"type": "object", "additionalProperties": values})),
            inner.prop_map(|part| json!({"allOf": [part, {"type": "object", "properties": {"e": {"type": "string"}}}]})),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let parameter = (
        prop_oneof!["[a-cA-C]", "[a-c]s"],
        prop_oneof!["query", "query", "header"],
        any::<bool>(),
        prop_oneof!["string", "integer", "boolean"],
    );
    let operation = (
        prop::collection::vec(parameter, 0..3),
        prop::option::of((any::<bool>(), schema())),
        prop::collection::btree_map(
            prop_oneof!["200", "201", "404"],
            prop::option::of(schema()),
            1..3,
        ),
    );
    let operation = operation.prop_map(|(parameters, body, replies)| {
        let mut list: Vec<Value> = parameters
            .into_iter()
            .map(|(name, place, required, kind)| {
                // Headers of one name in two spellings are one header.
                let name = if place == "header" { name.to_lowercase() } else { name };
                json!({"name": name, "in": place, "required": required, "type": kind})
            })
            .collect();
        list.extend(body.map(|(required, schema)| json!({"name": "x", "in": "body", "required": required, "schema": schema})));
        let replies: Value = replies
            .into_iter()
            .map(|(status, schema)| (status, schema.map_or_else(|| json!({}), |schema| json!({"schema": schema}))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        json!({"parameters": list, "responses": replies})
    });
    (prop::collection::btree_map(prop_oneof!["/a", "/b/\\{id\\}", "/c"], operation, 1..3), schema())
        .prop_map(|(operations, leaf)| {
            let paths: Value = operations
                .into_iter()
                .map(|(path, get)| (path, json!({"get": get})))
                .collect::<serde_json::Map<_, _>>()
                .into();
            // A leaf that refers to itself is legal and must not be followed for ever.
            json!({"paths": paths, "definitions": {"Leaf": leaf}})
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_documents_keep_the_properties((one, other) in (document(), document())) {
        let (one, other) = (Api::read("one", &one).unwrap(), Api::read("other", &other).unwrap());
        prop_assert_eq!(compare(&one, &one), []);
        assert_mirrors(&one, &other);
    }
}
