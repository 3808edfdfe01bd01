//! The command `cargo xtask compare`: exit codes, wrong usage, documents from files and the web.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn compare(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("compare")
        .args(args)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn compares_two_versions_and_succeeds_whatever_it_finds() {
    let output = compare(&["1.41", "1.42"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("VolumeUpdate\n  info      new operation: PUT /volumes/{name}")
    );
    assert!(stdout(&output).trim_end().ends_with("info"), "the last line is the summary");
    // No colors in a pipe.
    assert!(!stdout(&output).contains('\u{1b}'));
    assert_eq!(stderr(&output), "");
}

#[test]
fn fails_only_on_the_level_of_fail_on() {
    let code = |args: &[&str]| compare(args).status.code();
    assert_eq!(code(&["1.53", "1.54", "--fail-on", "breaking"]), Some(0));
    assert_eq!(code(&["1.53", "1.54", "--fail-on", "info"]), Some(1));
    assert_eq!(code(&["1.51", "1.52", "--fail-on", "breaking"]), Some(1));
    // Changes that are not reported do not count.
    assert_eq!(
        code(&["1.51", "1.52", "--operation", "ContainerStop", "--fail-on", "info"]),
        Some(0)
    );
    let output = compare(&["1.51", "1.52", "--fail-on", "breaking"]);
    assert!(stderr(&output).contains("--fail-on breaking: "), "{}", stderr(&output));
}

#[test]
fn a_bad_call_says_what_was_expected() {
    for (args, expected) in [
        (vec![], "required"),
        (vec!["1.52"], "<NEW>"),
        (vec!["1.52", "1.999"], "no API version 1.999"),
        (vec!["1.52", "nothing.yaml"], "`nothing.yaml` is neither"),
        (vec!["--range", "1.52"], "comparing needs two"),
        (vec!["--range", "1.52..1.35"], "did you mean 1.35..1.52"),
        (vec!["1.41", "1.42", "--operation", "containercreate"], "did you mean ContainerCreate?"),
        (vec!["1.41", "1.42", "--format", "pdf"], "possible values"),
        (vec!["1.41", "1.42", "--rust", "--operation", "ImageList"], "cannot be used with"),
        (vec!["1.41", "1.42", "--rust", "--format", "html"], "--format html cannot be used with"),
    ] {
        let output = compare(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn compares_files_and_names_the_place_of_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let head = "swagger: '2.0'\ninfo: {version: '1'}\ndefinitions: {}\npaths:";
    let old = write(
        "old.yaml",
        &format!("{head} {{/a: {{get: {{operationId: A, responses: {{200: {{}}}}}}}}}}"),
    );
    let new = write(
        "new.yaml",
        &format!("{head} {{/a: {{get: {{operationId: A, responses: {{200: {{}}, 404: {{}}}}}}}}}}"),
    );
    let output = compare(&[&old, &new]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("404: lists the error 404"), "{}", stdout(&output));
    assert!(stdout(&output).contains("old.yaml"));

    let syntax = write("syntax.yaml", "swagger: '2.0'\ninfo: [");
    let shape = write("shape.yaml", &format!("{head} {{/a: {{get: {{parameters: 1}}}}}}"));
    for (file, place) in [
        (&syntax, "syntax.yaml:3:1"),
        (&shape, "/paths/~1a/get/parameters: expected an array, found `1`"),
    ] {
        let output = compare(&[&old, file]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains(place) && stderr(&output).contains(file.as_str()),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn writes_a_file_and_leaves_an_equal_one_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/changes.md");
    let args = ["--range", "1.53..1.55", "--format", "markdown", "-o", path.to_str().unwrap()];
    let output = compare(&args);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), ""), "{}", stderr(&output));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# Engine API 1.53 → 1.55\n"), "{text}");
    let modified = || std::fs::metadata(&path).unwrap().modified().unwrap();
    let before = modified();
    compare(&args);
    assert_eq!(modified(), before);
}

#[test]
fn lists_the_rules() {
    let output = compare(&["--list-rules"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).lines().count() > 60);
    assert!(
        stdout(&output).contains("enum-value-added            info      warning"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn with_rust_it_compares_generated_code() {
    let output = compare(&["1.53", "1.54", "--rust"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output)
            .contains("ImageList\n  info      ImageList::identity: new: (identity: bool)"),
        "{}",
        stdout(&output)
    );
    assert!(stdout(&output).contains("types::ImageManifestSummaryImageData.identity: new field:"));
    assert_eq!(stderr(&output), "");
}

#[test]
fn compares_a_document_on_the_web() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/swagger.yaml", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let body = "swagger: '2.0'\ninfo: {version: '1'}\ndefinitions: {}\npaths: {/a: {get: {operationId: A}}}\n";
        let (mut stream, _) = listener.accept().unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    let output = compare(&["1.52", &address, "--level", "breaking"]);
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("the operation is gone (was GET /containers/json)"));
    // The server has ended.
    let output = compare(&["1.52", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains(&address)
            && stderr(&output).contains("can be compared without a network")
    );
}

/// The file that docs/compare.md shows; docker-client's tests record it.
const USAGE: &str = "docs/compare-usage.json";

#[test]
fn the_documented_reports_on_a_program_are_what_the_command_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/compare.md")).unwrap();
    for args in [vec!["1.41", "1.52", "--used", USAGE], vec!["--used", USAGE, "--engine", "20.10"]]
    {
        let output = compare(&args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let shown = format!(
            "    cargo xtask compare {}\n\n```text\n{}```\n",
            args.join(" "),
            stdout(&output)
        );
        assert!(page.contains(&shown), "docs/compare.md does not contain:\n{shown}");
    }
}

#[test]
fn only_changes_that_affect_the_program_are_reported() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("usage.json");
    let file = file.to_str().unwrap();
    let report = |usage: &str, versions: [&str; 2]| {
        std::fs::write(file, usage).unwrap();
        let output = compare(&[versions[0], versions[1], "--used", file]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output).to_owned()
    };
    // The field went away between the two; another field of the same object did as well.
    let sent = r#"{"operations":{"ContainerCreate":{"body":["HostConfig.KernelMemory"]}}}"#;
    let found = report(sent, ["1.41", "1.52"]);
    assert!(
        found.contains("KernelMemory: gone") && found.contains("1 change: 1 warning"),
        "{found}"
    );
    // A program that reads two fields does not notice the others.
    let read = r#"{"operations":{"ContainerInspect":{"response":["State.Status"]}}}"#;
    let all = r#"{"operations":{"ContainerInspect":{}}}"#;
    let (read, all) = (report(read, ["1.41", "1.52"]), report(all, ["1.41", "1.52"]));
    assert!(
        read.lines().count() < all.lines().count() && all.contains("HostConfig"),
        "{read}\n{all}"
    );
    assert!(!read.contains("HostConfig"), "{read}");
    // An operation that the program does not call does not count.
    assert!(
        report(r#"{"operations":{"ContainerPause":{}}}"#, ["1.41", "1.52"]).contains("no changes")
    );

    std::fs::write(file, r#"{"operations":{"VolumeUpdate":{},"NoSuchThing":{}}}"#).unwrap();
    let output = compare(&["--used", file, "--engine", "1.41", "--fail-on", "info"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("VolumeUpdate: since API 1.42\n"), "{}", stdout(&output));
    assert!(stderr(&output).contains("no document has the operation NoSuchThing"));
    let output = compare(&["--used", file, "--engine", "26.1"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn the_use_of_the_api_is_found_in_the_sources_of_programs() {
    for (example, operation, change) in [
        ("prune", "SystemDataUsage", "200.Volumes: gone"),
        ("follow_logs", "ContainerLogs", "media type application/json is no longer returned"),
        ("network", "ContainerAttach", "multiplexed-stream may be returned"),
    ] {
        let source = format!("docker-client/examples/{example}.rs");
        let output = compare(&["1.41", "1.52", "--used-in", &source]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let found = stdout(&output);
        assert!(found.contains(operation) && found.contains(change), "{example}: {found}");
        assert!(!found.contains("SwarmInit"), "{example}: {found}");
    }
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().to_str().unwrap();
    let output = compare(&["1.41", "1.52", "--used-in", empty]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no Rust file"), "{}", stderr(&output));
}
