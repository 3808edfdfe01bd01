//! Each rule of the comparison on a tiny pair of documents of its own, forwards and backwards.

use std::collections::BTreeMap;

use api_compare::{
    Change, compare,
    model::Api,
    rules::{RULES, Rule},
};
use serde_json::{Value, json};

use crate::spec::EXTENSIONS;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    old: Value,
    new: Value,
    says: String,
    request: Option<String>,
    reply: Option<String>,
}

fn cases() -> BTreeMap<String, Case> {
    yaml_serde::from_str(include_str!("rules.yaml")).unwrap()
}

/// Which of the operations that send and receive the schema Thing a document has.
#[derive(Clone, Copy)]
pub(crate) struct Ways {
    pub(crate) request: bool,
    pub(crate) reply: bool,
}

pub(crate) const BOTH: Ways = Ways { request: true, reply: true };

pub(crate) fn document(short: &Value, ways: Ways) -> Api {
    let (key, value) = short.as_object().unwrap().iter().next().unwrap();
    let thing = || json!({"$ref": "#/definitions/Thing"});
    let document = match key.as_str() {
        "operation" => {
            let mut operation = value.clone();
            operation["operationId"] = "Thing".into();
            json!({"paths": {"/things/{id}": {"get": operation}}})
        }
        "field" | "schema" => {
            let mut paths = json!({});
            if ways.request {
                let body = json!({"name": "b", "in": "body", "schema": thing()});
                paths["/a"]["post"] =
                    json!({"operationId": "Send", "parameters": [body], "responses": {"204": {}}});
            }
            if ways.reply {
                let replies = json!({"200": {"schema": thing()}});
                paths["/a"]["get"] = json!({"operationId": "Receive", "responses": replies});
            }
            let mut schema = json!({"type": "object", "properties": {"g": {"type": "string"}}});
            match value {
                schema_itself if key == "schema" => schema = schema_itself.clone(),
                Value::Null => {}
                field => schema["properties"]["f"] = field.clone(),
            }
            json!({"paths": paths, "definitions": {"Thing": schema}})
        }
        "loose" => json!({"paths": {}, "definitions": value}),
        _ => short.clone(),
    };
    Api::read_with(key.clone(), &document, &EXTENSIONS).unwrap()
}

pub(crate) fn line(change: &Change) -> String {
    format!("{} {}: {}", change.level, change.subject, change.text())
}

#[test]
fn every_rule_has_a_case_and_every_case_a_rule() {
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let cases = cases();
    for rule in &rules {
        assert!(cases.contains_key(*rule), "no case for {rule}");
    }
    for case in cases.keys() {
        assert!(rules.contains(&case.as_str()), "no rule for the case {case}");
    }
}

#[test]
fn each_case_finds_its_rule_and_nothing_else() {
    for (id, case) in cases() {
        let (old, new) = (document(&case.old, BOTH), document(&case.new, BOTH));
        let found = compare(&old, &new);
        let lines: Vec<String> = found.iter().map(line).collect();
        assert_eq!(lines, [case.says.as_str()], "{id}");
        assert_eq!(found[0].rule.id, id);
    }
}

#[test]
fn each_case_backwards_finds_the_mirror() {
    for (id, case) in cases() {
        let rule = Rule::find(&id).unwrap();
        let found = compare(&document(&case.new, BOTH), &document(&case.old, BOTH));
        let rules: Vec<&str> = found.iter().map(|change| change.rule.id).collect();
        assert_eq!(rules, [rule.mirror], "{id}");
    }
}

#[test]
fn what_is_sent_and_what_is_received_have_their_own_levels() {
    for (id, case) in cases() {
        if case.old.get("field").is_none() && case.old.get("schema").is_none() {
            assert!(case.request.is_none() && case.reply.is_none(), "{id}");
            continue;
        }
        let level = |ways| {
            compare(&document(&case.old, ways), &document(&case.new, ways))[0].level.to_string()
        };
        assert_eq!(Some(level(Ways { request: true, reply: false })), case.request, "{id} sent");
        assert_eq!(Some(level(Ways { request: false, reply: true })), case.reply, "{id} received");
    }
}

#[test]
fn one_change_lists_everyone_who_meets_it() {
    let case = &cases()["field-added"];
    let found = compare(&document(&case.old, BOTH), &document(&case.new, BOTH));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].operations(), ["Receive", "Send"]);
    let paths: Vec<&str> = found[0].sites.iter().map(|site| site.path.as_str()).collect();
    assert_eq!(paths, ["f", "f"]);
}

#[test]
fn giving_a_schema_a_name_is_no_change() {
    let reply = |schema: Value, definitions: Value| {
        let operation = json!({"operationId": "A", "responses": {"200": {"schema": schema}}});
        Api::read("", &json!({"paths": {"/a": {"get": operation}}, "definitions": definitions}))
            .unwrap()
    };
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}});
    let inline = reply(schema.clone(), json!({}));
    let named = reply(json!({"$ref": "#/definitions/B"}), json!({"B": schema}));
    let nested = reply(json!({"allOf": [{"$ref": "#/definitions/B"}]}), json!({"B": schema}));
    let spread = reply(
        json!({"type": "object", "properties": {"a": {"$ref": "#/definitions/C"}}}),
        json!({
            "C": {"type": "string", "enum": ["x"]},
        }),
    );
    for (one, other) in
        [(&inline, &named), (&named, &nested), (&inline, &spread), (&spread, &nested)]
    {
        assert_eq!(compare(one, other), []);
        assert_eq!(compare(other, one), []);
    }
}

#[test]
fn remarks_beside_a_reference_belong_to_the_place() {
    let reply = |b: Value| {
        let schema =
            json!({"type": "object", "properties": {"a": {"$ref": "#/definitions/B"}, "b": b}});
        let operation = json!({"operationId": "A", "responses": {"200": {"schema": schema}}});
        let definitions = json!({"B": {"type": "object", "properties": {"x": {"type": "string"}}}});
        Api::read("", &json!({"paths": {"/a": {"get": operation}}, "definitions": definitions}))
            .unwrap()
    };
    let plain = reply(json!({"$ref": "#/definitions/B"}));
    for nullable in [
        json!({"$ref": "#/definitions/B", "x-nullable": true}),
        json!({"allOf": [{"$ref": "#/definitions/B"}], "x-nullable": true}),
    ] {
        let found = compare(&plain, &reply(nullable));
        assert_eq!(
            found.iter().map(line).collect::<Vec<_>>(),
            ["breaking A 200.b: may be null now"]
        );
    }
}

#[test]
fn a_change_keeps_its_id_whichever_versions_are_compared() {
    let case = &cases()["enum-value-added"];
    let id = |old: &Value, new: &Value| compare(&document(old, BOTH), &document(new, BOTH))[0].id();
    let first = id(&case.old, &case.new);
    assert_eq!(first, id(&case.old, &case.new));
    assert_eq!(first.len(), 12);
    assert_ne!(first, id(&case.new, &case.old));
}

#[test]
fn a_recursive_schema_is_compared_once_around() {
    let tree = |kind: &str| {
        let node = json!({"type": "object", "properties": {
            "value": {"type": kind},
            "children": {"type": "array", "items": {"$ref": "#/definitions/Node"}},
        }});
        let operation = json!({"operationId": "A", "responses": {"200": {"schema": {"$ref": "#/definitions/Node"}}}});
        Api::read("", &json!({"paths": {"/a": {"get": operation}}, "definitions": {"Node": node}}))
            .unwrap()
    };
    let found = compare(&tree("string"), &tree("integer"));
    assert_eq!(
        found.iter().map(line).collect::<Vec<_>>(),
        ["breaking Node.value: type string became integer"]
    );
}

#[test]
fn a_broken_document_says_where() {
    let error = |document: Value| Api::read("", &document).unwrap_err().to_string();
    let path = |operation: Value| json!({"paths": {"/a": {"get": operation}}});
    for (document, expected) in [
        (json!({"paths": []}), "/paths: expected an object, found an array"),
        (
            path(json!({"parameters": [{"name": "a"}]})),
            "/paths/~1a/get/parameters/0: expected a parameter with `in`",
        ),
        (
            path(json!({"parameters": [{"name": "a", "in": "cookie"}]})),
            "expected path, query, header, formData or body",
        ),
        (
            path(json!({"parameters": [{"$ref": "#/parameters/x"}]})),
            "/paths/~1a/get/parameters/0: the reference `#/parameters/x` cannot be resolved",
        ),
        (
            path(json!({"responses": {"200": {"schema": {"$ref": "#/definitions/X"}}}})),
            "/paths/~1a/get/responses/200/schema: the reference `#/definitions/X` cannot be resolved",
        ),
        (
            json!({"definitions": {"X": {"type": 1}}}),
            "/definitions/X/type: expected the name of a type",
        ),
        (
            json!({"definitions": {"X": {"enum": "a"}}}),
            "/definitions/X/enum: expected an array of values, found `\"a\"`",
        ),
        (
            json!({"paths": {"/a": {"get": {"operationId": "A"}, "put": {"operationId": "A"}}}}),
            "/paths/~1a/put: the operation id `A` is already used",
        ),
    ] {
        let found = error(document);
        assert!(found.contains(expected), "{found}");
    }
}
