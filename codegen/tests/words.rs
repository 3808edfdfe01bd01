//! `spec/docs` describes every operation, parameter, type, field and value of every API version, and nothing else.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::openapi;
use codegen::polish::words::Words;
use codegen::versions::ApiVersion;
use serde_json::Value;

/// What the documents of all versions name, as the generated crate names it.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    areas: BTreeSet<String>,
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
        let openapi = Corrected::of(document, version, Origin::Pinned)
            .expect("the document can be generated")
            .openapi;
        for (_, _, operation) in openapi::operations(&openapi) {
            let id = operation["operationId"].as_str().expect("an operation has an id");
            self.operations.insert(id.to_owned());
            let tag = operation["tags"][0].as_str().expect("an operation has a tag");
            self.areas.insert(tag.to_lowercase());
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
fn every_area_of_the_client_has_an_example() {
    let described: BTreeSet<_> = words().areas.into_keys().collect();
    assert_eq!(described, names().areas, "the areas in spec/docs/areas.toml");
}

#[test]
fn every_parameter_is_described() {
    let words = words();
    let described = |key: &str| {
        key.split_once('.')
            .is_some_and(|(operation, name)| words.parameter(operation, name).is_some())
    };
    let missing: Vec<_> =
        names().parameters.iter().filter(|key| key.contains('.') && !described(key)).collect();
    assert!(missing.is_empty(), "parameters without a sentence in spec/docs: {missing:#?}");
}

#[test]
fn every_type_with_every_field_and_value_is_described() {
    let words = words();
    let mut missing = Vec::new();
    for (name, members) in &names().types {
        if !words.about(name).is_some_and(|about| says_more(about, &[name])) {
            missing.push(name.clone());
        }
        for member in members {
            let about = words.member(name, member);
            if !about.is_some_and(|about| says_more(about, &[name, member])) {
                missing.push(format!("{name}.{member}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "{} without a sentence in spec/docs that says more than the name: {missing:#?}",
        missing.len()
    );
}

#[test]
fn nothing_is_described_that_no_version_has() {
    let (words, names) = (words(), names());
    let mut strays = Vec::new();
    strays.extend(words.operations.keys().filter(|key| !names.operations.contains(*key)).cloned());
    strays.extend(words.aliases.keys().filter(|key| !names.operations.contains(*key)).cloned());
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

/// Whether a sentence has a word that stands in none of the names.
fn says_more(sentence: &str, names: &[&str]) -> bool {
    let known: BTreeSet<String> = names.iter().flat_map(|name| split(name)).collect();
    let filler =
        ["a", "an", "and", "by", "for", "from", "in", "is", "its", "of", "the", "this", "to"];
    split(sentence).iter().any(|word| !known.contains(word) && !filler.contains(&&**word))
}

/// The words of a sentence or of a name such as `IPAddress`, in lower case and the singular.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for (index, c) in text.char_indices() {
        let next = text[index + c.len_utf8()..].chars().next().unwrap_or(' ');
        let begins = c.is_uppercase() && (previous.is_lowercase() || next.is_lowercase());
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().map(|word| word.strip_suffix('s').unwrap_or(&word).to_owned()).collect()
}

#[test]
fn a_sentence_made_of_the_name_alone_counts_as_none() {
    assert!(!says_more("The IP address.", &["NetworkSettings", "IPAddress"]));
    assert!(!says_more("Labels of the network.", &["Network", "Labels"]));
    assert!(says_more("IPv4 address of the container.", &["NetworkSettings", "IPAddress"]));
    assert!(is_prose("`bridge` by default."));
    assert!(!is_prose("no capital."));
    assert!(!is_prose("A `stray mark."));
}
