//! The rustdoc of every operation in every version, and the tables of facts that it is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use codegen::generate::{Output, code};
use codegen::openapi;
use codegen::parallel;
use codegen::polish::docs::Docs;
use codegen::polish::facts;
use codegen::polish::words::Words;
use codegen::since::Since;
use codegen::versions::ApiVersion;

use crate::corpus;

/// The generated crate of every version.
static CODE: LazyLock<BTreeMap<ApiVersion, Output>> = LazyLock::new(|| {
    let mut files = Vec::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/docs");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    let words = Words::read(files.iter().map(|(name, text)| (&**name, &**text))).unwrap();
    let generate = |(version, document): &(ApiVersion, serde_json::Value)| {
        let docs = Docs { version: *version, words: words.clone(), since: Since::default() };
        (*version, code(document, &docs, "cargo xtask generate"))
    };
    let mut all = BTreeMap::new();
    let collected: Result<(), String> =
        parallel::each(corpus::prepared(), generate, |(version, output)| {
            all.insert(version, output.map_err(|error| format!("{version}: {error}"))?);
            Ok(())
        });
    collected.unwrap();
    all
});

/// The rustdoc in front of each item whose line begins with one of `begins`, with that line.
fn documented<'a>(text: &'a str, begins: &[&str]) -> Vec<(String, &'a str)> {
    let mut found = Vec::new();
    let mut doc = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(part) = line.strip_prefix("///") {
            doc.push_str(part.trim());
            doc.push('\n');
        } else if begins.iter().any(|begin| line.starts_with(begin)) {
            found.push((std::mem::take(&mut doc), line));
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
    found
}

/// The text of all operations of a version, with the file of each.
fn operations(output: &Output) -> impl Iterator<Item = (&String, &String)> {
    output.files.iter().filter(|(path, _)| path.ends_with("/operations.rs"))
}

#[test]
fn every_operation_says_what_it_returns_and_how_it_fails() {
    for (version, output) in &*CODE {
        let mut sent = 0;
        for (path, text) in operations(output) {
            for (doc, line) in documented(text, &["pub async fn send"]) {
                sent += 1;
                assert!(
                    doc.contains("# Errors\n\nReturns the errors of [`Request::"),
                    "{version} {path} {line}: {doc}"
                );
            }
            for (doc, line) in documented(text, &["pub struct "]) {
                let is_builder = !doc.starts_with("The filters of");
                let sends = doc.contains("[`send`](Self::send)");
                assert_eq!(is_builder, sends, "{version} {path} {line}: {doc}");
            }
        }
        assert_eq!(sent, output.operations, "{version}");
    }
}

#[test]
fn a_json_response_is_linked_to_its_type() {
    for (version, output) in &*CODE {
        let all: String = operations(output).map(|(_, text)| text.as_str()).collect();
        for (operation, ty) in &output.replies {
            let Some((_, name)) = ty
                .replace(' ', "")
                .rsplit_once("types::")
                .map(|(before, name)| (before.to_owned(), name.trim_end_matches('>').to_owned()))
            else {
                continue;
            };
            assert!(
                all.contains(&format!("[`{name}`](types::{name})")),
                "{version}: {operation} does not link {name}"
            );
        }
    }
}

#[test]
fn what_docker_client_adds_is_on_the_page_of_the_operation() {
    for (version, output) in &*CODE {
        let documents: BTreeMap<String, String> = operations(output)
            .flat_map(|(_, text)| documented(text, &["pub struct "]))
            .map(|(doc, line)| (line["pub struct ".len()..].trim_end_matches(" {").to_owned(), doc))
            .collect();
        for (operation, method) in [
            ("ContainerLogs", "`LogsExt::stream`"),
            ("ContainerAttach", "`AttachExt::attach`"),
            ("ContainerAttachWebsocket", "`AttachExt::attach`"),
            ("ContainerStats", "`StatsExt::stats`"),
            ("ExecStart", "`DetachExt::detach`"),
            ("ImageCreate", "`ProgressExt::progress`"),
            ("ImageCreate", "`Docker::pull`"),
            ("SystemEvents", "`EventsExt::events`"),
        ] {
            let doc =
                documents.get(operation).unwrap_or_else(|| panic!("{version}: no {operation}"));
            assert!(doc.contains(method), "{version} {operation}: {doc}");
        }
        assert!(!documents["ContainerInspect"].contains("docker-client"), "{version}");
    }
}

#[test]
fn no_sentence_is_a_riddle_or_is_said_twice() {
    let riddles =
        ["part container", "is narrowed to", "reads away", "A call of", "On the wire", "is spoken"];
    for (version, output) in &*CODE {
        for (path, text) in &output.files {
            for riddle in riddles {
                assert!(!text.contains(riddle), "{version} {path}: {riddle}");
            }
            let units = ["rows", "columns", "characters", "bytes", "seconds"];
            for line in text.lines().filter(|line| line.trim_start().starts_with("///")) {
                let said = units
                    .iter()
                    .filter(|unit| line.contains(&format!(" in {unit}.")))
                    .count()
                    + units.iter().filter(|unit| line.contains(&format!(". In {unit}."))).count();
                assert!(said < 2, "{version} {path}: {line}");
            }
        }
    }
}

#[test]
fn the_tables_of_facts_name_what_there_is() {
    let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (version, document) in corpus::prepared() {
        for (_, _, operation) in openapi::operations(document) {
            let id = operation["operationId"].as_str().unwrap();
            let known = operations.entry(id.to_owned()).or_default();
            let parameters = operation.get("parameters").and_then(|all| all.as_array());
            for parameter in parameters.into_iter().flatten() {
                let (name, place) = (&parameter["name"], &parameter["in"]);
                known.insert(format!("{} {}", place.as_str().unwrap(), name.as_str().unwrap()));
            }
            let responses = operation["responses"].as_object().unwrap();
            let streams = responses.iter().any(|(status, response)| {
                status == "200" && response["content"].get("application/octet-stream").is_some()
            });
            let listed = facts::STREAMS.iter().any(|(listed, _)| *listed == id);
            let upgrade = ["ContainerAttach", "ExecStart"].contains(&id);
            assert_eq!(listed, streams || upgrade, "{version} {id}: what it streams");
        }
    }
    let named = facts::SLOW.iter().copied();
    let named = named.chain(facts::CREDENTIALS.iter().map(|(id, _)| *id));
    let named = named.chain(facts::STREAMS.iter().map(|(id, _)| *id));
    let named = named.chain(facts::METHODS.iter().map(|(id, ..)| *id));
    let named = named.chain(facts::PROCESSES.iter().flat_map(|(id, inspect, resize)| {
        [Some(*id), Some(*inspect), *resize].into_iter().flatten()
    }));
    for id in named {
        assert!(operations.contains_key(id), "no version has the operation {id}");
    }
    for (id, names) in facts::OBJECTS {
        for name in *names {
            let known =
                operations.get(*id).is_some_and(|all| all.contains(&format!("query {name}")));
            assert!(known, "no version has the parameter {name} of {id}");
        }
    }
}
