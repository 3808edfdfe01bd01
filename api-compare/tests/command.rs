//! The command `api-compare` on two short documents: reports, exit codes and errors.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the command wrote, and its exit code.
struct CommandOutput {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the command in the directory of the documents.
fn run(args: &[&str]) -> CommandOutput {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command");
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-compare"));
    let output = command.args(args).current_dir(directory).output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn compare(args: &[&str]) -> CommandOutput {
    run(&[&["old.yaml", "new.json"], args].concat())
}

#[test]
fn reports_changes_by_operation_and_succeeds() {
    let ran = compare(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let expected = "\
old.yaml → new.json

addPet and listPets
  breaking  NewPet.tag: type string became integer
  info      Pet.born: new field: string (date)

listPets
  breaking  ?limit: limit tightened: maximum 50, was maximum 100
  info      ?status: new value `pending`

removePet
  breaking  the operation is gone (was DELETE /pets/{id})

old.yaml → new.json, 5 changes: 3 breaking, 2 info

";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn every_format_contains_the_changes() {
    let ran = compare(&["--format", "markdown"]);
    assert!(ran.stdout.starts_with("# Pet Shop old.yaml → new.json\n\n5 changes: 3 breaking"));
    let ran = compare(&["--format", "github"]);
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("::error title=")).count(), 3);
    assert_eq!(ran.stdout.lines().count(), 5);
    let ran = compare(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["steps"][0]["counts"]["breaking"], 3);
    let ran = compare(&["--format", "html"]);
    assert!(ran.stdout.contains("<title>Pet Shop old.yaml to new.json</title>"));
    assert!(!ran.stdout.contains("\"rust\":\""), "the page has no names of a Rust client");
}

#[test]
fn equal_documents_have_no_changes() {
    let ran = run(&["old.yaml", "old.yaml", "--fail-on", "info"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "old.yaml → old.yaml: no changes\n\n"));
}

#[test]
fn filters_select_what_is_reported_and_what_fails() {
    let ran = compare(&["--operation", "removePet"]);
    assert!(ran.stdout.contains("1 change: 1 breaking"), "{}", ran.stdout);
    let ran = compare(&["--field", "born", "--fail-on", "warning"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.contains("1 change: 1 info"), "{}", ran.stdout);
    let ran = compare(&["--level", "breaking"]);
    assert!(!ran.stdout.contains("  info"), "{}", ran.stdout);
}

#[test]
fn fail_on_is_exit_code_1_and_still_reports() {
    let ran = compare(&["--fail-on", "breaking"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.stderr, "error: --fail-on breaking: 5 changes: 3 breaking, 2 info\n");
    assert!(ran.stdout.contains("removePet"));
}

#[test]
fn everything_else_that_fails_is_exit_code_2_and_names_the_place() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> String {
        let path: PathBuf = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let head = "swagger: '2.0'\ninfo: {version: '1'}\n";
    let syntax = write("syntax.yaml", "swagger: '2.0'\ninfo: [\n");
    let shape = write("shape.yaml", &format!("{head}paths: {{/a: {{get: {{parameters: 1}}}}}}"));
    let dangling = write(
        "dangling.yaml",
        &format!("{head}paths: {{}}\ndefinitions: {{A: {{$ref: 'other.yaml#/A'}}}}"),
    );
    let openapi = write("openapi.yaml", "openapi: 3.1.0\ninfo: {version: '1'}\npaths: {}");
    for (args, expected) in [
        (vec![&*syntax], format!("{syntax}:3:1 is not valid YAML")),
        (
            vec![&shape],
            format!("{shape} at /paths/~1a/get/parameters: expected an array, found `1`"),
        ),
        (
            vec![&dangling],
            format!(
                "{dangling} at /definitions/A: the reference `other.yaml#/A` cannot be resolved"
            ),
        ),
        (vec![&openapi], format!("{openapi} at /openapi: expected a Swagger 2.0 document")),
        (vec!["no.yaml"], "cannot read no.yaml: ".to_owned()),
        (vec![], "<NEW>".to_owned()),
        (vec!["new.json", "--operation", "addpet"], "did you mean addPet?".to_owned()),
        (vec!["new.json", "--format", "pdf"], "possible values".to_owned()),
        (
            vec!["new.json", "--format", "html", "--level", "info"],
            "--format html cannot be used with".to_owned(),
        ),
    ] {
        let ran = run(&[&["old.yaml"], &args[..]].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&expected), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn writes_the_report_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/changes.md");
    let ran = compare(&["--format", "markdown", "-o", path.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert!(std::fs::read_to_string(path).unwrap().starts_with("# Pet Shop"));
    let ran = compare(&["-o", directory.path().to_str().unwrap()]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error: cannot write "), "{}", ran.stderr);
}

#[test]
fn help_documents_the_exit_codes() {
    let ran = run(&["--help"]);
    assert_eq!(ran.code, Some(0));
    for text in ["Exit codes:", "--fail-on <LEVEL>", "Examples:"] {
        assert!(ran.stdout.contains(text), "{}", ran.stdout);
    }
    let ran = run(&["--list-rules"]);
    assert!(ran.stdout.contains("enum-value-added            info      warning"));
}
