//! `spec/docs` describes every operation, and nothing that no API version has.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use codegen::generate::prepare;
use codegen::openapi;
use codegen::polish::words::Words;
use codegen::versions::ApiVersion;
use serde_json::Value;

/// What the documents of all versions name, as the generated crate names it.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    parameters: BTreeSet<String>,
    /// The fields of each struct and the values of each enum.
    types: BTreeMap<String, BTreeSet<String>>,
}

fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

/// The files of a directory whose names end in `extension`, by name.
fn files(directory: &Path, extension: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("the directory exists") {
        let path = entry.expect("the directory can be read").path();
        if path.extension().is_some_and(|found| found == extension) {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path).expect("the file can be read")));
        }
    }
    files.sort();
    files
}

fn words() -> Words {
    let files = files(&spec().join("docs"), "toml");
    Words::read(files.iter().map(|(name, text)| (&**name, &**text)))
        .expect("the files are well formed")
}

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = Names::default();
        for (file, text) in files(&spec(), "json") {
            let version = file.strip_prefix('v').and_then(|file| file.strip_suffix(".json"));
            let Some(version) = version.and_then(|version| version.parse().ok()) else { continue };
            names.add(&serde_json::from_str(&text).expect("the document is JSON"), version);
        }
        names
    })
}

impl Names {
    fn add(&mut self, document: &Value, version: ApiVersion) {
        let (openapi, _) = prepare(document, version).expect("the document can be generated");
        for (_, _, operation) in openapi::operations(&openapi) {
            let id = operation["operationId"].as_str().expect("an operation has an id");
            self.operations.insert(id.to_owned());
            let parameters = operation.get("parameters").and_then(Value::as_array);
            for parameter in parameters.into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a parameter has a name");
                self.parameters.insert(name.to_owned());
                self.parameters.insert(format!("{id}.{name}"));
            }
        }
        let schemas = openapi["components"]["schemas"].as_object().expect("there are schemas");
        for (name, schema) in schemas {
            let members = self.types.entry(name.clone()).or_default();
            let fields = schema.get("properties").and_then(Value::as_object);
            members.extend(fields.into_iter().flatten().map(|(field, _)| field.clone()));
            let values = schema.get("enum").and_then(Value::as_array);
            members.extend(
                values.into_iter().flatten().filter_map(|value| Some(value.as_str()?.to_owned())),
            );
        }
    }
}

#[test]
fn every_operation_is_described() {
    let words = words();
    let missing: Vec<_> =
        names().operations.iter().filter(|id| !words.operations.contains_key(*id)).collect();
    assert!(missing.is_empty(), "operations without a sentence in spec/docs: {missing:#?}");
}

#[test]
fn nothing_is_described_that_no_version_has() {
    let (words, names) = (words(), names());
    let mut strays = Vec::new();
    strays.extend(words.operations.keys().filter(|key| !names.operations.contains(*key)).cloned());
    strays.extend(words.parameters.keys().filter(|key| !names.parameters.contains(*key)).cloned());
    for (name, described) in &words.types {
        strays.extend(described.like.iter().filter(|key| !names.types.contains_key(*key)).cloned());
        let Some(members) = names.types.get(name) else {
            strays.push(name.clone());
            continue;
        };
        let stray = described.members.keys().filter(|member| !members.contains(*member));
        strays.extend(stray.map(|member| format!("{name}.{member}")));
    }
    assert!(strays.is_empty(), "sentences in spec/docs about what no version has: {strays:#?}");
}

#[test]
fn descriptions_are_whole_sentences_on_one_line() {
    let words = words();
    let mut all: Vec<(String, &String)> = Vec::new();
    for (key, text) in words.operations.iter().chain(&words.parameters) {
        all.push((key.clone(), text));
    }
    for (name, described) in &words.types {
        all.extend(described.about.iter().map(|text| (name.clone(), text)));
        for (member, text) in &described.members {
            all.push((format!("{name}.{member}"), text));
        }
    }
    let faulty: Vec<_> = all.into_iter().filter(|(_, text)| !is_prose(text)).collect();
    assert!(faulty.is_empty(), "{faulty:#?}");
}

/// Whether a text begins like a sentence, ends like one, and has no line end, tab or stray blank inside.
fn is_prose(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    let spaced = !text.contains("  ") && !text.contains(['\n', '\t']);
    begins && text.ends_with('.') && spaced && text.matches('`').count().is_multiple_of(2)
}
