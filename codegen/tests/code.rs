//! What the generated code looks like, on documents of a few lines.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use codegen::generate::{Error, Output, code};
use codegen::polish::docs::Docs;
use codegen::polish::words::Words;
use codegen::since::Since;
use codegen::versions::ApiVersion;
use serde_json::{Value, json};

fn docs() -> Docs {
    Docs { version: ApiVersion::new(1, 52), words: Words::default(), since: Since::default() }
}

/// A document with one operation and the schemas given.
fn document(operation: Value, schemas: Value) -> Value {
    let mut operation = operation;
    operation["operationId"] = json!("ThingStop");
    operation["tags"] = json!(["Thing"]);
    if operation.get("responses").is_none() {
        operation["responses"] = json!({"204": {"description": ""}});
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Engine", "version": "1.52"},
        "paths": {"/things/{id}/stop": {"post": operation}},
        "components": {"schemas": schemas},
    })
}

fn id() -> Value {
    json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}})
}

fn generate(document: &Value) -> Result<Output, Error> {
    code(document, &docs(), "cargo xtask generate")
}

fn file(document: &Value, path: &str) -> String {
    let output = generate(document).expect("the document can be generated");
    output.files.get(path).unwrap_or_else(|| panic!("no {path}: {:?}", output.files.keys())).clone()
}

fn types(schemas: Value) -> String {
    file(&document(json!({"parameters": [id()]}), schemas), "generated/shared/types.rs")
}

#[track_caller]
fn has(text: &str, part: &str) {
    // How prettyplease breaks lines is not what matters here.
    let squeeze = |text: &str| {
        text.split_whitespace().collect::<String>().replace(",)", ")").replace("///", "")
    };
    assert!(squeeze(text).contains(&squeeze(part)), "no `{part}` in\n{text}");
}

#[test]
fn required_parameters_are_arguments_and_others_are_setters() {
    let operation = json!({"parameters": [
        id(),
        {"name": "t", "in": "query", "schema": {"type": "integer"}},
        {"name": "version", "in": "query", "required": true, "schema": {"type": "integer"}},
        {"name": "names", "in": "query", "explode": true,
         "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "X-Registry-Auth", "in": "header", "schema": {"type": "string"}},
    ]});
    let text = file(&document(operation, json!({})), "generated/thing/operations.rs");
    has(&text, "pub fn thing_stop(&self, id: impl Into<String>, version: i64) -> ThingStop");
    has(&text, r#"self.request(&ThingStop::OPERATION).path("id", id)"#);
    has(&text, r#"request.query("version", version);"#);
    has(&text, "pub fn t(mut self, t: i64) -> Self");
    has(
        &text,
        "pub fn names( mut self, names: impl IntoIterator<Item = impl Into<String>>, ) -> Self",
    );
    has(&text, r#"self.request.header("X-Registry-Auth", x_registry_auth);"#);
    has(
        &text,
        "pub async fn send(self) -> Result<Response<()>, Error> { self.request.discard().await }",
    );
}

#[test]
fn the_kind_of_response_selects_how_it_is_read() {
    let reply = |responses: Value| {
        let operation = json!({"parameters": [id()], "responses": responses});
        file(
            &document(operation, json!({"Thing": {"type": "object", "properties": {}}})),
            "generated/thing/operations.rs",
        )
    };
    let body = |media_type: &str, schema: Value| json!({"200": {"description": "", "content": {media_type: {"schema": schema}}}});
    let json = reply(body("application/json", json!({"$ref": "#/components/schemas/Thing"})));
    has(&json, "Result<Response<types::Thing>, Error> { self.request.decode().await }");
    let bytes =
        reply(body("application/octet-stream", json!({"type": "string", "format": "binary"})));
    has(&bytes, "Result<StreamingResponse<ByteStream>, Error> { self.request.stream().await }");
    let upgrade = reply(json!({"101": {"description": ""}}));
    has(&upgrade, "Result<StreamingResponse<Upgraded>, Error> { self.request.upgrade().await }");
    has(&upgrade, r#".response(ResponseKind::Upgrade("tcp")).slow()"#);
    has(&json, "[`send`](ThingStop::send) returns [`Thing`](types::Thing).");
}

#[test]
fn an_optional_body_is_a_setter() {
    let body = |required: bool| {
        let operation = json!({"parameters": [id()], "requestBody": {"required": required, "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}});
        let schemas = json!({"Thing": {"type": "object", "properties": {"A": {"type": "string"}}}});
        file(&document(operation, schemas), "generated/thing/operations.rs")
    };
    has(
        &body(true),
        "thing_stop( &self, id: impl Into<String>, body: impl Borrow<types::Thing>, )",
    );
    has(&body(false), "pub fn body(mut self, body: impl Borrow<types::Thing>) -> Self");
}

#[test]
fn lists_and_maps_take_null_and_are_left_out_when_empty() {
    let text = types(json!({"Thing": {"type": "object", "required": ["Names"], "properties": {
        "Names": {"type": "array", "items": {"type": "string"}},
        "Sizes": {"type": "array", "items": {"type": "integer"}},
        "Labels": {"type": "object", "additionalProperties": {"type": "string"}},
    }}}));
    has(&text, "pub names: Vec<String>,");
    has(&text, "pub sizes: Vec<i64>,");
    has(&text, "pub labels: BTreeMap<String, String>,");
    // Not `always`; the runtime's tests say what that means.
    has(&text, r#"labels: "Labels", names: "Names" texts, sizes: "Sizes", });"#);
}

#[test]
fn a_required_field_that_is_absent_takes_its_zero_value() {
    let text = types(json!({"Thing": {"type": "object", "required": ["ParentId"], "properties": {
        "ParentId": {"type": "string"}}}}));
    has(&text, "#[derive(Debug, Clone, Default, PartialEq)] pub struct Thing");
    has(&text, "pub parent_id: String");
    has(&text, r#"members!(Thing { parent_id: "ParentId" always, });"#);
}

#[test]
fn acronyms_stay_whole_and_keep_their_spelling_on_the_wire() {
    let text = types(json!({"Thing": {"type": "object", "properties": {
        "IPv4Address": {"type": "string"}, "DeviceIDs": {"type": "array", "items": {"type": "string"}},
        "Type": {"type": "string"}}}}));
    has(&text, r#"ipv4_address: "IPv4Address","#);
    has(&text, "pub ipv4_address: Option<String>");
    has(&text, "pub device_ids: Vec<String>");
    has(&text, "pub type_: Option<String>");
}

#[test]
fn string_enums_are_open_and_name_the_empty_value() {
    let text = types(json!({"RestartName": {"type": "string", "enum": ["", "no", "on-failure"]}}));
    has(&text, r#"string_enum! {"#);
    has(&text, r#"Empty = "","#);
    has(&text, r#"OnFailure = "on-failure","#);
}

#[test]
fn values_that_become_one_name_are_an_error_that_shows_both() {
    let document = document(
        json!({"parameters": [id()]}),
        json!({"Thing": {"type": "object", "properties": {"fooBar": {"type": "string"}, "FooBar": {"type": "string"}}}}),
    );
    let error = generate(&document).unwrap_err().to_string();
    assert!(error.contains("fooBar") && error.contains("FooBar"), "{error}");
}

#[test]
fn a_schema_that_is_not_an_object_is_an_alias() {
    let text = types(json!({"PortMap": {"type": "object", "additionalProperties": {
        "type": "array", "nullable": true, "items": {"type": "string"}}}}));
    has(&text, "pub type PortMap = BTreeMap<String, Option<Vec<String>>>;");
}

#[test]
fn integers_have_64_bits_and_dates_stay_strings() {
    let text = types(json!({"Thing": {"type": "object", "properties": {
        "Port": {"type": "integer", "format": "uint16"}, "At": {"type": "string", "format": "date-time"},
        "Size": {"type": "integer", "format": "uint64"}}}}));
    has(&text, "pub port: Option<i64>");
    has(&text, "pub at: Option<String>");
    has(&text, "pub size: Option<u64>");
}

#[test]
fn types_stand_beside_the_operations_that_alone_use_them() {
    let operation = json!({"parameters": [id()], "responses": {"200": {"description": "", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}});
    let schemas = json!({
        "Thing": {"type": "object", "properties": {"Part": {"$ref": "#/components/schemas/Part"}}},
        "Part": {"type": "object", "properties": {"A": {"type": "string"}}},
        "Loose": {"type": "object", "properties": {"A": {"type": "string"}}},
    });
    let output = generate(&document(operation, schemas)).unwrap();
    has(&output.files["generated/thing/types.rs"], "pub struct Thing");
    has(&output.files["generated/thing/types.rs"], "pub struct Part");
    has(&output.files["generated/shared/types.rs"], "pub struct Loose");
}

#[test]
fn facts_become_documentation() {
    let operation = json!({"x-deprecated": {"since": "1.44"}, "parameters": [
        id(),
        {"name": "t", "in": "query", "schema": {"type": "integer", "x-default": 10}, "x-unit": "seconds"},
        {"name": "filters", "in": "query", "schema": {"type": "string"}, "x-filters": ["label", "name"]},
    ], "responses": {"204": {"description": ""}, "404": {"description": ""}}});
    let text = file(&document(operation, json!({})), "generated/thing/operations.rs");
    has(&text, "`POST /things/{id}/stop`");
    has(&text, "Deprecated since API 1.44.");
    has(&text, "In seconds. The engine's default is `10`.");
    has(&text, "Supported keys: `label`, `name`.");
    has(&text, "# Errors");
    has(&text, "and [`Error::Engine`] if the engine responds with status 404 (not found).");
}

#[test]
fn filters_are_a_type_of_the_operation() {
    let operation = json!({"parameters": [
        id(),
        {"name": "filters", "in": "query", "schema": {"type": "string"}, "x-filters": ["type", "node.label", "is-task"]},
    ], "responses": {"204": {"description": ""}}});
    let text = file(&document(operation, json!({})), "generated/thing/operations.rs");
    has(&text, "pub struct ThingStopFilters {");
    has(&text, "is_task = \"is-task\",");
    has(&text, "node_label = \"node.label\",");
    has(&text, "type_ = \"type\",");
    has(&text, "pub fn filters(mut self, filters: impl Into<ThingStopFilters>) -> Self {");
    let twice = json!({"parameters": [
        id(),
        {"name": "filters", "in": "query", "schema": {"type": "string"}, "x-filters": ["a-b", "a.b"]},
    ], "responses": {"204": {"description": ""}}});
    let error = generate(&document(twice, json!({}))).unwrap_err();
    assert!(matches!(&error, Error::Collision { rust, .. } if rust == "a_b"), "{error}");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let document = document(
        json!({"parameters": [id()]}),
        json!({"B": {"type": "object", "properties": {"X": {"type": "string"}}}, "A": {"type": "string", "enum": ["x"]}}),
    );
    assert_eq!(generate(&document).unwrap().files, generate(&document).unwrap().files);
}

#[test]
fn a_panic_of_progenitor_names_the_operation() {
    // Two kinds of success: progenitor asserts that there is one.
    let operation = json!({"parameters": [id()], "responses": {
        "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
        "204": {"description": ""}}});
    let error = generate(&document(operation, json!({}))).unwrap_err();
    assert!(
        matches!(&error, Error::Progenitor { operations, .. } if operations == &["ThingStop"]),
        "{error}"
    );
}

/// The rustdoc of a field that `spec/docs` describes by `words`, in API 1.52.
fn rustdoc(words: &str, field: Value, since: Option<u32>) -> String {
    let file = format!("[types.Thing]\nSize = {words:?}\n");
    let mut docs = docs();
    docs.words = Words::read([("thing.toml", &*file)]).expect("the words are TOML");
    let since = since.map(|minor| ("Thing.Size".to_owned(), ApiVersion::new(1, minor)));
    docs.since.types.extend(since);
    docs.of_field("Thing", "Size", &field).join("\n")
}

#[test]
fn a_fact_that_the_words_state_is_not_repeated() {
    let field =
        json!({"type": "integer", "x-unit": "nanoseconds", "default": 5, "x-platform": "linux"});
    let facts = "In nanoseconds. The engine's default is `5`. Linux only.";
    assert_eq!(
        rustdoc("How long it takes.", field.clone(), None),
        format!("How long it takes.\n\n{facts}")
    );
    let stated = "Nanoseconds that it takes; the default is `5`. Only on Linux.";
    assert_eq!(rustdoc(stated, field, None), stated);
}

#[test]
fn a_field_of_the_oldest_supported_version_is_not_dated() {
    let field = json!({"type": "integer"});
    assert_eq!(rustdoc("A size.", field.clone(), Some(35)), "A size.");
    assert_eq!(rustdoc("A size.", field, Some(36)), "A size.\n\nSince API 1.36.");
}

#[test]
fn long_words_are_wrapped_and_begin_no_list() {
    let long = format!("{} 1. then", "x".repeat(88));
    assert_eq!(rustdoc(&long, json!({}), None), format!("{} 1.\nthen", "x".repeat(88)));
}

#[test]
fn an_operation_is_found_by_the_names_that_others_give_it() {
    let mut docs = docs();
    docs.words = Words::read([("aliases.toml", "[aliases]\nThingStop = [\"docker stop\"]\n")])
        .expect("the words are TOML");
    let document = document(json!({"parameters": [id()]}), json!({}));
    let output = code(&document, &docs, "cargo xtask generate").expect("it can be generated");
    has(
        &output.files["generated/thing/operations.rs"],
        "#[doc(alias = \"docker stop\")] pub fn thing_stop(",
    );
}
