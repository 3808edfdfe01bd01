//! Each rule on a minimal document, and what progenitor makes of that document.

use std::panic::catch_unwind;

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::{Value, json};

use super::check;

/// What progenitor does with a document.
#[derive(Debug)]
enum Outcome {
    Panics,
    Refuses(String),
    Generates(String),
}

fn generate(document: &Value) -> Outcome {
    let spec: openapiv3::OpenAPI = match serde_json::from_value(document.clone()) {
        Ok(spec) => spec,
        Err(error) => return Outcome::Refuses(error.to_string()),
    };
    let run = || {
        let mut settings = GenerationSettings::new();
        settings.with_interface(InterfaceStyle::Builder);
        Generator::new(&settings).generate_tokens(&spec)
    };
    match catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Err(_) => Outcome::Panics,
        Ok(Err(error)) => Outcome::Refuses(error.to_string()),
        Ok(Ok(tokens)) => Outcome::Generates(tokens.to_string()),
    }
}

/// What is expected of progenitor.
enum Expected<'a> {
    Panic,
    Refusal(&'a str),
    /// It generates code with this text in it.
    With(&'a str),
    /// It generates code without this text in it.
    Without(&'a str),
}
use Expected::{Panic, Refusal, With, Without};

/// The rule is the only one to find anything, and progenitor does what is expected.
fn rule(rule: &str, document: Value, expected: Expected<'_>) {
    let findings = check(&document);
    let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    assert!(
        !rules.is_empty() && rules.iter().all(|found| *found == rule),
        "{rule}: {findings:?}\n{document}"
    );
    for finding in &findings {
        assert!(
            document.pointer(finding.at.as_str()).is_some(),
            "{finding} is no place in {document}"
        );
    }
    let outcome = generate(&document);
    let met = match (&expected, &outcome) {
        (Panic, Outcome::Panics) => true,
        (Refusal(text), Outcome::Refuses(error)) => error.contains(text),
        (With(text), Outcome::Generates(code)) => code.contains(text),
        (Without(text), Outcome::Generates(code)) => !code.contains(text),
        _ => false,
    };
    assert!(met, "{rule}: {outcome:?}");
}

fn paths(paths: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "", "version": "1" },
        "paths": paths,
        "components": { "schemas": { "ErrorResponse": object(json!({ "message": text() })) } },
    })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

/// A document with the operation `ThingGet` that has `facts`.
fn operation(facts: Value) -> Value {
    let mut operation =
        json!({ "operationId": "ThingGet", "tags": ["Thing"], "responses": { "204": none() } });
    for (key, value) in facts.as_object().unwrap() {
        operation[key] = value.clone();
    }
    paths(json!({ "/things": { "get": operation } }))
}

fn none() -> Value {
    json!({ "description": "" })
}

fn content(media_type: &str, schema: Value) -> Value {
    json!({ "description": "", "content": { media_type: { "schema": schema } } })
}

fn json_reply(schema: Value) -> Value {
    content("application/json", schema)
}

fn parameter(parameter: Value) -> Value {
    operation(json!({ "parameters": [parameter] }))
}

fn query(schema: Value) -> Value {
    json!({ "in": "query", "name": "q", "schema": schema })
}

/// A document with the component `Thing`.
fn component(schema: Value) -> Value {
    let mut document = paths(json!({}));
    document["components"]["schemas"]["Thing"] = schema;
    document
}

/// A document with the component `Thing` that has the property `p`.
fn property(schema: Value) -> Value {
    component(object(json!({ "p": schema })))
}

#[test]
fn a_document_without_faults_has_no_findings() {
    let mut document = operation(json!({
        "parameters": [{ "in": "query", "name": "q", "explode": true, "schema": { "type": "array", "items": text() } }],
        "responses": {
            "200": json_reply(json!({ "$ref": "#/components/schemas/Thing" })),
            "304": none(),
            "404": json_reply(json!({ "$ref": "#/components/schemas/ErrorResponse" })),
        },
    }));
    document["components"]["schemas"]["Thing"] = object(json!({
        "n": { "type": "integer", "format": "uint64" },
        "m": { "type": "object", "additionalProperties": text(), "nullable": true },
        "e": { "allOf": [{ "$ref": "#/components/schemas/ErrorResponse" }], "x-fact": 1 },
    }));
    assert_eq!(check(&document), []);
    assert!(matches!(generate(&document), Outcome::Generates(_)));
}

#[test]
fn a_finding_names_the_operation_and_the_place() {
    let finding =
        check(&parameter(query(json!({ "type": "string", "default": "x" })))).remove(0).to_string();
    assert!(
        finding.starts_with("ThingGet: /paths/~1things/get/parameters/0/schema: "),
        "{finding}"
    );
    assert!(finding.ends_with("[default]"), "{finding}");
}

#[test]
fn rules_for_paths() {
    let get =
        |id: &str| json!({ "operationId": id, "tags": ["Thing"], "responses": { "204": none() } });
    rule("path-start", paths(json!({ "things": {} })), Without("things"));
    rule("path-reference", paths(json!({ "/things": { "$ref": "#/x" } })), Refusal("reference"));
    let two = |a: &str, b: &str| paths(json!({ "/a": { "get": get(a) }, "/b": { "get": get(b) } }));
    rule("operation-id", two("ThingGet", "ThingGet"), Refusal("ThingGet"));
    rule(
        "operation-id",
        two("ThingGet", "thing_get"),
        With("pub fn thing_get (& self) -> builder :: ThingGet"),
    );
    rule(
        "operation-id",
        paths(json!({ "/a": { "get": { "tags": ["Thing"], "responses": { "204": none() } } } })),
        Refusal("operation"),
    );
    // The tag is for this workspace: it names the file.
    rule("tag", operation(json!({ "tags": [] })), With("ThingGet"));
    let mut undeclared = paths(json!({ "/things/{id}": { "get": get("ThingGet") } }));
    rule("path-parameter-undeclared", undeclared.clone(), Panic);
    undeclared["paths"]["/things/{id}"]["get"]["parameters"] =
        json!([{ "in": "path", "name": "id", "schema": text() }]);
    rule("path-parameter-optional", undeclared, Panic);
}

#[test]
fn rules_for_parameters() {
    let list = json!({ "type": "array", "items": text() });
    let named = |name: &str| json!({ "in": "query", "name": name, "schema": text() });
    rule(
        "parameter-location",
        parameter(json!({ "in": "cookie", "name": "c", "schema": text() })),
        Refusal("cookie"),
    );
    let with_content = json!({ "in": "query", "name": "q", "content": { "application/json": { "schema": text() } } });
    rule("parameter-content", parameter(with_content), Refusal(""));
    let mut delimited = query(list.clone());
    delimited["style"] = "pipeDelimited".into();
    delimited["explode"] = true.into();
    rule("parameter-style", parameter(delimited), Refusal("style"));
    // The code is the same as for repeated keys.
    let mut comma = query(list.clone());
    comma["explode"] = false.into();
    rule("query-array-style", parameter(comma), With("QueryParam :: new (\"q\" , & q)"));
    rule(
        "query-array-style",
        parameter(query(list.clone())),
        With("QueryParam :: new (\"q\" , & q)"),
    );
    // A `Vec` has no `to_string`, so this code does not compile.
    let header = json!({ "in": "header", "name": "h", "schema": list });
    rule("parameter-array", parameter(header), With("value . to_string ()"));
    let map = json!({ "type": "object", "additionalProperties": text() });
    rule("parameter-structure", parameter(query(map)), With("HashMap"));
    let pair = operation(json!({ "parameters": [named("a-b"), named("a_b")] }));
    rule("parameter-name", pair, With("pub fn a_b"));
    let by_reference = parameter(json!({ "$ref": "#/components/parameters/P" }));
    rule("parameter-reference", by_reference, Panic);
}

#[test]
fn rules_for_bodies() {
    let body = |content: Value| operation(json!({ "requestBody": { "content": content } }));
    let bytes = json!({ "type": "string", "format": "binary" });
    rule("body-media-types", body(json!({})), Without("fn body"));
    let both =
        json!({ "application/json": { "schema": text() }, "text/plain": { "schema": text() } });
    rule("body-media-types", body(both), Panic);
    rule("body-schema", body(json!({ "application/json": {} })), Refusal("schema"));
    rule(
        "body-schema",
        body(json!({ "application/octet-stream": { "schema": text() } })),
        Refusal("schema"),
    );
    rule(
        "body-media-type",
        body(json!({ "application/x-tar": { "schema": bytes } })),
        Refusal("content type"),
    );
    let by_reference =
        operation(json!({ "requestBody": { "$ref": "#/components/requestBodies/B" } }));
    rule("body-reference", by_reference, Panic);
}

#[test]
fn rules_for_responses() {
    let responses = |responses: Value| operation(json!({ "responses": responses }));
    let bytes = json!({ "type": "string", "format": "binary" });
    let error = json!({ "$ref": "#/components/schemas/ErrorResponse" });
    rule(
        "success-ambiguous",
        responses(json!({ "200": json_reply(text()), "204": none() })),
        Panic,
    );
    rule(
        "success-ambiguous",
        responses(json!({ "101": none(), "200": content("a/b", bytes.clone()) })),
        Panic,
    );
    rule(
        "success-missing",
        responses(json!({ "404": json_reply(error.clone()) })),
        With("ByteStream"),
    );
    rule(
        "response-status",
        responses(json!({ "204": none(), "default": json_reply(error.clone()) })),
        Panic,
    );
    rule(
        "response-schema",
        responses(json!({ "200": { "description": "", "content": { "application/json": {} } } })),
        Panic,
    );
    let mut two = json_reply(text());
    two["content"]["text/plain"] = json!({ "schema": text() });
    rule("response-media-types", responses(json!({ "200": two })), Without("text/plain"));
    rule(
        "response-reference",
        responses(json!({ "200": { "$ref": "#/components/responses/R" } })),
        Panic,
    );
    // Only successes and errors are matched, so this is an unexpected response.
    rule(
        "redirect-body",
        responses(json!({ "204": none(), "304": json_reply(error.clone()) })),
        Without("304u16"),
    );
    let untyped = json!({ "204": none(), "404": content("text/plain", text()) });
    rule("error-body", responses(untyped), With("Error < ByteStream >"));
    let mixed = json!({ "204": none(), "404": json_reply(error), "409": none() });
    rule("error-body", responses(mixed), Panic);
}

#[test]
fn rules_for_names() {
    let name = |name: &str| {
        let mut document = paths(json!({}));
        document["components"]["schemas"][name] = object(json!({ "p": text() }));
        document
    };
    rule("component-name", name("TLSInfo"), With("pub struct TlsInfo"));
    rule("component-name", name("Option"), With("pub struct Option"));
    let mut nullable = object(json!({ "p": text() }));
    nullable["nullable"] = true.into();
    rule("component-nullable", component(nullable), With("ThingInner"));
    rule(
        "component-reference",
        component(json!({ "$ref": "#/components/schemas/ErrorResponse" })),
        With("pub struct Thing (pub ErrorResponse)"),
    );
    rule("inline", property(object(json!({ "a": text() }))), With("ThingP"));
    rule("inline", property(json!({ "type": "string", "enum": ["a"] })), With("ThingP"));
}

#[test]
fn rules_for_references_and_combinations() {
    let error = json!({ "$ref": "#/components/schemas/ErrorResponse" });
    rule("reference", property(json!({ "$ref": "#/components/schemas/Nothing" })), Panic);
    let beside = json!({ "$ref": "#/components/schemas/ErrorResponse", "nullable": true, "description": "told" });
    rule("reference-siblings", property(beside), Without("told"));
    let mut parts = property(json!({ "allOf": [error, { "$ref": "#/components/schemas/Other" }] }));
    parts["components"]["schemas"]["Other"] = object(json!({ "x": text() }));
    rule("all-of", parts, With("ThingP"));
    let beside = json!({ "allOf": [error], "properties": { "x": text() } });
    let found: Vec<_> = check(&property(beside)).iter().map(|finding| finding.rule).collect();
    assert_eq!(found, ["all-of", "inline"]);
    rule("union", property(json!({ "oneOf": [text(), { "type": "integer" }] })), With("ThingP"));
    rule("union", property(json!({ "anyOf": [text(), { "type": "integer" }] })), With("ThingP"));
}

#[test]
fn rules_for_keywords() {
    rule(
        "default",
        property(json!({ "type": "boolean", "default": true })),
        With("default_bool :: < true >"),
    );
    rule("constraint", property(json!({ "type": "string", "pattern": "^a$" })), With("regress"));
    rule("constraint", property(json!({ "type": "integer", "minimum": 1 })), With("NonZero"));
    rule(
        "constraint",
        property(json!({ "type": "array", "items": text(), "uniqueItems": true })),
        With("Option < :: std :: vec :: Vec"),
    );
    let mut closed = object(json!({ "p": text() }));
    closed["additionalProperties"] = false.into();
    rule("additional-properties", component(closed), With("deny_unknown_fields"));
    let mut open = object(json!({ "p": text() }));
    open["additionalProperties"] = text();
    rule("additional-properties", component(open), With("pub extra"));
    rule("type-missing", property(json!({ "format": "int64" })), Panic);
    rule(
        "text-format",
        property(json!({ "type": "string", "format": "date-time" })),
        With("chrono"),
    );
    rule("text-format", property(json!({ "type": "string", "format": "ip" })), With("IpAddr"));
    rule("integer-width", property(json!({ "type": "integer", "format": "uint16" })), With("u16"));
    let twins = component(object(json!({ "ID": text(), "Id": text() })));
    rule("field-name", twins, With("id"));
}

#[test]
fn rules_for_enumerations() {
    let values = |values: Value| component(json!({ "type": "string", "enum": values }));
    // The generator panics if it cannot resolve a conflict of names, and otherwise invents names.
    rule("enumeration", values(json!(["a-b", "a_b"])), Panic);
    rule("enumeration", values(json!(["other"])), With("Other"));
    rule("enumeration", values(json!(["", "empty"])), With("X"));
    rule("enumeration", values(json!(["*"])), With("X"));
    rule("enumeration", values(json!(["a", 1])), Refusal(""));
    rule("enumeration", component(json!({ "type": "boolean", "enum": [true] })), With("Thing"));
}
