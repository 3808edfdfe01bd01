//! What distilling keeps, drops and adds, on made-up documents.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use codegen::distill::unread::Fact;
use codegen::distill::{annotate, distill, to_text};
use serde_json::{Value, json};

/// A document with these paths and definitions.
fn document(paths: Value, definitions: Value) -> Value {
    json!({"swagger": "2.0", "info": {"version": "1.0"}, "paths": paths, "definitions": definitions})
}

fn schema(schema: Value) -> Value {
    let mut distilled = distill(&document(json!({}), json!({"A": schema}))).unwrap().document;
    distilled["definitions"]["A"].take()
}

fn error(document: &Value) -> String {
    distill(document).unwrap_err().to_string()
}

#[test]
fn names_that_look_like_prose_are_kept() {
    let properties = json!({
        "description": {"type": "string", "description": "D", "example": "E"},
        "summary": {"$ref": "#/definitions/B", "description": "D"},
        "example": {"type": "object", "additionalProperties": {"type": "string", "description": "D"}},
    });
    let expected = json!({
        "description": {"type": "string"},
        "summary": {"$ref": "#/definitions/B"},
        "example": {"type": "object", "additionalProperties": {"type": "string"}},
    });
    assert_eq!(
        schema(json!({"properties": properties, "title": "T"})),
        json!({"properties": expected, "title": "T"})
    );
}

#[test]
fn values_are_kept_as_they_stand() {
    let limits = json!({
        "default": {"description": "kept", "b": [1, {"d": 1, "c": 2}]},
        "enum": ["b", "a", ""],
        "required": ["b", "a"],
        "additionalProperties": false,
        "x-nullable": true,
        "x-go-type": {"type": "T", "import": {"package": "p"}},
    });
    assert_eq!(schema(limits.clone()), limits);
}

#[test]
fn prose_is_dropped_wherever_it_stands() {
    let distilled = distill(&json!({
        "swagger": "2.0",
        "info": {"version": "1.0", "title": "T", "description": "D", "x-logo": {"url": "u"}},
        "tags": [{"name": "A", "x-displayName": "As", "description": "D"}],
        "definitions": {},
        "paths": {"/a": {"get": {
            "summary": "S", "description": "D", "operationId": "AGet", "tags": ["A"],
            "parameters": [
                {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}, "description": "D"},
                {"name": "b", "in": "body", "description": "D", "schema": {"type": "string", "description": "D"}},
            ],
            "responses": {"200": {
                "description": "D",
                "examples": {"application/json": {}},
                "schema": {"allOf": [{"type": "object", "example": {"a": 1}}]},
                "headers": {"H": {"type": "string", "description": "D"}},
            }},
        }}},
    }));
    let expected = json!({
        "swagger": "2.0",
        "info": {"version": "1.0"},
        "tags": [{"name": "A"}],
        "definitions": {},
        "paths": {"/a": {"get": {
            "operationId": "AGet", "tags": ["A"],
            "parameters": [
                {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}},
                {"name": "b", "in": "body", "schema": {"type": "string"}},
            ],
            "responses": {"200": {"schema": {"allOf": [{"type": "object"}]}, "headers": {"H": {"type": "string"}}}},
        }}},
    });
    assert_eq!(distilled.unwrap().document, expected);
}

#[test]
fn facts_stand_beside_the_keywords_of_their_place() {
    let distilled = distill(&document(
        json!({"/a": {"get": {
            "summary": "Gets. (Windows only)",
            "parameters": [{"name": "filters", "in": "query", "type": "string", "description": "Filters:\n- `b=x`\n- `a`"}],
            "responses": {},
        }}}),
        json!({"A": {"description": "Deprecated: since long.", "properties": {
            "Size": {"type": "integer", "description": "In bytes."},
            "Name": {"type": "string", "description": "Not longer than in bytes."},
            "Rates": {"type": "array", "items": {"$ref": "#/definitions/B"}, "description": "In bytes per second."},
        }}}),
    ))
    .unwrap();
    assert_eq!(distilled.unread, []);
    let document = distilled.document;
    assert_eq!(document["paths"]["/a"]["get"]["x-platform"], "windows");
    assert_eq!(document["paths"]["/a"]["get"]["parameters"][0]["x-filters"], json!(["a", "b"]));
    let schema = &document["definitions"]["A"];
    assert_eq!(schema["x-deprecated"], json!({}));
    assert_eq!(schema["properties"]["Size"]["x-unit"], "bytes");
    assert_eq!(schema["properties"]["Name"], json!({"type": "string"}));
    assert_eq!(schema["properties"]["Rates"]["x-unit"], "bytes-per-second");
}

#[test]
fn what_no_rule_reads_is_listed_by_its_place() {
    let unread = distill(&document(
        json!({"/a/{b}": {"get": {"parameters": [{"name": "filters", "in": "query", "type": "string"}], "responses": {}}}}),
        json!({"A": {"properties": {"Delay": {"type": "integer", "description": "The delay."}}}}),
    ))
    .unwrap()
    .unread;
    let places: Vec<_> =
        unread.iter().map(|unread| (unread.pointer.as_str(), unread.fact)).collect();
    let expected = [
        ("/definitions/A/properties/Delay", Fact::Unit),
        ("/paths/~1a~1{b}/get/parameters/0", Fact::Filters),
    ];
    assert_eq!(places, expected);
}

#[test]
fn the_text_has_its_keys_in_order_and_ends_with_a_newline() {
    let distilled = distill(&document(
        json!({}),
        json!({"B": {}, "A": {"type": "object", "default": {"b": 1, "a": 2}}}),
    ));
    let text = to_text(&distilled.unwrap().document);
    let keys: Vec<&str> = text.lines().filter_map(|line| line.trim().split('"').nth(1)).collect();
    let expected = [
        "definitions",
        "A",
        "default",
        "a",
        "b",
        "type",
        "B",
        "info",
        "version",
        "paths",
        "swagger",
    ];
    assert_eq!(keys, expected);
    assert!(text.ends_with("}\n") && !text.ends_with("\n\n"), "{text}");
}

#[test]
fn what_is_not_known_is_an_error_with_its_place() {
    let with = |schema: Value| document(json!({}), json!({"A": {"properties": {"b/c": schema}}}));
    for (document, says) in [
        (
            with(json!({"remark": "prose"})),
            "/definitions/A/properties/b~1c/remark: unknown keyword in a schema",
        ),
        (with(json!("prose")), "/definitions/A/properties/b~1c: expected an object"),
        (
            with(json!({"description": 5})),
            "/definitions/A/properties/b~1c/description: expected a string",
        ),
        (with(json!({"allOf": {}})), "/definitions/A/properties/b~1c/allOf: expected an array"),
        (
            document(json!({"/a": {"trace": {}}}), json!({})),
            "/paths/~1a/trace: unknown keyword in a path item",
        ),
        (
            document(json!({"/a": {"get": {"x-note": ""}}}), json!({})),
            "/get/x-note: unknown keyword in an operation",
        ),
    ] {
        let found = error(&document);
        assert!(found.contains(says), "{found}");
    }
}

#[test]
fn a_document_of_any_source_gets_the_same_facts_and_keeps_the_rest() {
    let operation = json!({
        "summary": "Lists.",
        "x-internal": true,
        "parameters": [{
            "name": "filters", "in": "query", "type": "string",
            "description": "Available filters:\n\n- `name=<string>`\n",
        }],
        "responses": {"200": {"description": "D"}, "x-more": 1},
    });
    let size = json!({"type": "integer", "description": "Size in bytes.", "x-own": "kept"});
    let upstream = json!({
        "swagger": "2.0", "info": {"version": "1.0", "title": "T"}, "x-root": [],
        "paths": {"/a": {"get": operation}, "x-more": 1},
        "definitions": {"Size": size},
    });
    let annotated = annotate(&upstream).unwrap();
    assert_eq!(annotated["paths"]["/a"]["get"]["parameters"][0]["x-filters"], json!(["name"]));
    assert_eq!(annotated["definitions"]["Size"]["x-unit"], "bytes");
    // Without the facts it is the same document.
    let mut without = annotated.clone();
    without["paths"]["/a"]["get"]["parameters"][0].as_object_mut().unwrap().remove("x-filters");
    without["definitions"]["Size"].as_object_mut().unwrap().remove("x-unit");
    assert_eq!(without, upstream);
    // A fact that is there already stays, so that a distilled document is read as it is.
    assert_eq!(annotate(&annotated).unwrap(), annotated);
    let stated = document(json!({}), json!({"A": {"type": "integer", "x-unit": "seconds"}}));
    assert_eq!(annotate(&stated).unwrap(), stated);
}
