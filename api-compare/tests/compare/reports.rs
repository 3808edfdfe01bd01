//! The reports of a pair of short documents, as `reports/` has them.
//!
//! `UPDATE_GOLDEN=1 cargo test -p api-compare --test compare` writes the files again; review the difference before committing.

use std::{collections::BTreeSet, path::Path};

use api_compare::{
    compare,
    model::Api,
    report::{Comparison, Filter, Report, github, json, markdown, text},
    rules::Level,
};
use serde_json::Value;

use crate::spec::api;

/// Compares a string with a file or, with `UPDATE_GOLDEN`, writes the file.
pub(crate) fn golden(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is stale: run UPDATE_GOLDEN=1 cargo test -p api-compare --test compare\n{}",
        path.display(),
        first_difference(&expected, found),
    );
}

fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => format!("line {}\n- {expected}\n+ {found}", index + 1),
        None => {
            format!("{} lines expected, {} found", expected.lines().count(), found.lines().count())
        }
    }
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compare/reports")
}

fn fixture(name: &str) -> Api {
    let text = std::fs::read_to_string(directory().join(name)).unwrap();
    let document = swagger_reader::read(&text, name).unwrap();
    Api::read(document["info"]["version"].as_str().unwrap(), &document).unwrap()
}

fn comparison(old: &Api, new: &Api, filter: &Filter) -> Comparison {
    let changes = compare(old, new).into_iter().filter_map(|change| filter.take(change)).collect();
    Comparison { from: old.label.clone(), to: new.label.clone(), changes }
}

fn small(filter: &Filter) -> Report {
    let versions = [fixture("old.yaml"), fixture("new.yaml")];
    Report::new("Engine API", &versions, |api| &api.label, filter, compare)
}

/// Two steps that undo each other, and the comparison of their ends.
fn range() -> Report {
    let versions = [fixture("old.yaml"), fixture("new.yaml"), fixture("old.yaml")];
    Report::new("Engine API", &versions, |api| &api.label, &Filter::default(), compare)
}

#[test]
fn every_format_renders_as_expected() {
    let all = Filter::default();
    let report = small(&all);
    golden(&directory().join("text.txt"), &text::render(&report, &all, false));
    golden(&directory().join("markdown.md"), &markdown::render(&report));
    golden(&directory().join("github.txt"), &github::render(&report));
    golden(&directory().join("json.json"), &json::render(&report).unwrap());
    let one = Filter { operation: Some("ContainerCreate".into()), ..Filter::default() };
    golden(&directory().join("operation.txt"), &text::render(&small(&one), &one, false));
    golden(&directory().join("range.txt"), &text::render(&range(), &all, false));
    golden(&directory().join("range.md"), &markdown::render(&range()));
}

#[test]
fn a_filter_selects_changes() {
    let names = |filter: Filter| -> Vec<String> {
        small(&filter).steps[0].changes.iter().map(|change| change.subject.to_string()).collect()
    };
    let field = |name: &str| Filter { field: Some(name.into()), ..Filter::default() };
    assert_eq!(names(field("platform")), ["ContainerCreate?platform"]);
    assert_eq!(names(field("Type")), ["Mount.Type"]);
    assert_eq!(names(field("Mount.Type")), ["Mount.Type"]);
    assert_eq!(names(field("ype")), Vec::<String>::new());
    let breaking = Filter { level: Some(Level::Breaking), ..Filter::default() };
    assert_eq!(names(breaking), ["OldThing", "Mount.Source"]);
    // A field that may be null now breaks those who read it, and not those who only send it.
    let create = |level| Filter {
        operation: Some("ContainerCreate".into()),
        level: Some(level),
        ..Filter::default()
    };
    assert_eq!(names(create(Level::Breaking)), Vec::<String>::new());
    assert!(names(create(Level::Info)).contains(&"Mount.Source".to_owned()));
}

#[test]
fn text_keeps_to_80_columns_and_marks_levels_on_request_only() {
    let all = Filter::default();
    let report = Report {
        title: "Engine API".to_owned(),
        steps: vec![comparison(api(35), api(55), &all)],
        total: None,
    };
    let plain = text::render(&report, &all, false);
    for line in plain.lines() {
        // A single word may be longer than a line.
        assert!(line.chars().count() <= 80 || line.trim().split(' ').count() == 1, "{line}");
        assert_eq!(line.trim_end(), line);
    }
    assert!(!plain.contains('\u{1b}'));
    let colored = text::render(&report, &all, true);
    assert!(colored.contains("\u{1b}[31mbreaking"));
    let mut stripped = colored;
    for code in ["1", "31", "33", "36", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    let trimmed: String = stripped.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    assert_eq!(trimmed, plain);
}

#[test]
fn reports_are_the_same_on_every_run() {
    let all = Filter::default();
    let render = || {
        let report = Report {
            title: "Engine API".to_owned(),
            steps: vec![comparison(api(38), api(44), &all)],
            total: None,
        };
        text::render(&report, &all, false)
            + &markdown::render(&report)
            + &json::render(&report).unwrap()
    };
    assert_eq!(render(), render());
}

#[test]
fn ids_of_changes_are_unique() {
    let mut ids = BTreeSet::new();
    let changes = compare(api(25), api(55));
    for change in &changes {
        assert!(ids.insert(change.id()), "{}: {}", change.subject, change.text());
    }
}

#[test]
fn json_conforms_to_its_schema() {
    let schema = include_str!("../../../docs/compare.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let all = Filter::default();
    let engine = Report {
        title: "Engine API".to_owned(),
        steps: vec![comparison(api(25), api(55), &all)],
        total: Some(comparison(api(41), api(52), &all)),
    };
    for report in [small(&all), range(), engine] {
        let document: Value = serde_json::from_str(&json::render(&report).unwrap()).unwrap();
        check(&schema, &schema, &document, "");
    }
}

/// Checks the keywords of JSON Schema that the schema uses, and refuses those that it should not use.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
    for (keyword, said) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "additionalProperties" => {}
            "$ref" => check(
                root,
                root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap(),
                value,
                at,
            ),
            "type" => {
                let fits = match said.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    other => panic!("the check does not know the type {other}"),
                };
                assert!(fits, "{at} is not of type {said}");
            }
            "enum" => {
                assert!(said.as_array().unwrap().contains(value), "{at}: {value} is not in {said}")
            }
            "required" => {
                for name in said.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{at} lacks {name}");
                }
            }
            "properties" => {
                for (name, member) in value.as_object().unwrap() {
                    let known =
                        said.get(name).unwrap_or_else(|| panic!("{at} has an unknown {name}"));
                    check(root, known, member, &format!("{at}/{name}"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().unwrap().iter().enumerate() {
                    check(root, said, item, &format!("{at}/{index}"));
                }
            }
            "pattern" => {
                let hex = value.as_str().unwrap();
                assert_eq!(said, "^[0-9a-f]{12}$");
                assert!(
                    hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
                    "{at}: {hex}"
                );
            }
            other => panic!("the check does not know the keyword {other}"),
        }
    }
}
