//! `spec/docs.toml` has a word for every operation, and none for what is not there.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use codegen::generate::prepare;
use codegen::openapi;
use codegen::polish::docs::Words;
use codegen::versions::ApiVersion;
use serde_json::Value;

/// What the documents of all versions name, as the generated crate names it.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    parameters: BTreeSet<String>,
    types: BTreeSet<String>,
    fields: BTreeSet<String>,
}

fn spec() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

fn words() -> Words {
    let text = std::fs::read_to_string(spec().join("docs.toml")).expect("spec/docs.toml");
    Words::read(&text).expect("spec/docs.toml is well formed")
}

fn names() -> Names {
    let mut names = Names::default();
    for minor in 25..=55 {
        let text =
            std::fs::read_to_string(spec().join(format!("v1.{minor}.json"))).expect("a document");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let (openapi, _) =
            prepare(&document, ApiVersion::new(1, minor)).expect("it can be generated");
        for (_, _, operation) in openapi::operations(&openapi) {
            let id = operation["operationId"].as_str().expect("an id");
            names.operations.insert(id.to_owned());
            for parameter in
                operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
            {
                let name = parameter["name"].as_str().expect("a name");
                names.parameters.insert(name.to_owned());
                names.parameters.insert(format!("{id}.{name}"));
            }
        }
        let schemas = openapi["components"]["schemas"].as_object().expect("schemas");
        for (name, schema) in schemas {
            names.types.insert(name.clone());
            for (field, _) in
                schema.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                names.fields.insert(format!("{name}.{field}"));
            }
        }
    }
    names
}

#[test]
fn every_operation_has_a_line_and_no_line_is_about_nothing() {
    let (words, names) = (words(), names());
    let missing: Vec<_> =
        names.operations.iter().filter(|id| !words.operations.contains_key(*id)).collect();
    assert!(missing.is_empty(), "operations without a line in spec/docs.toml: {missing:?}");
    let mut strays = Vec::new();
    for (table, keys, known) in [
        ("operations", words.operations, names.operations),
        ("parameters", words.parameters, names.parameters),
        ("types", words.types, names.types),
        ("fields", words.fields, names.fields),
    ] {
        let stray: Vec<_> = keys.into_keys().filter(|key| !known.contains(key)).collect();
        strays.extend(stray.into_iter().map(|key| format!("[{table}] {key}")));
    }
    assert!(strays.is_empty(), "lines of spec/docs.toml about what no version has: {strays:#?}");
}

#[test]
fn a_line_is_one_sentence_on_one_line() {
    let words = words();
    for (key, line) in words.operations.iter().chain(&words.types) {
        assert!(line.ends_with('.') && !line.contains('\n'), "{key}: {line}");
    }
}
