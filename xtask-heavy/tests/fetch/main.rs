//! `cargo xtask fetch` with a web server that works, fails or sends wrong documents, and with directories and files.
//!
//! One test serves the upstream documents themselves; they are not part of the project, and where their directory is
//! missing it is reported as ignored.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;
mod workspace;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use engines::trial::unless;
use engines::upstream;
use libtest_mimic::{Arguments, Trial};
use server::{Reply, Server};
use workspace::{COMMIT, Run, Workspace, document, files, on_server, sha256};

const NEWER: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests: &[(&str, fn())] = &[
        ("writes_the_facts_and_only_where_they_differ", writes_the_facts),
        ("latest_all_and_ranges_select_from_the_pins", selects),
        ("a_server_that_recovers_is_asked_again", asks_again),
        ("a_server_that_keeps_failing_is_asked_three_times", gives_up),
        ("a_missing_document_is_asked_for_once", missing),
        ("a_reply_that_may_be_cut_off_is_refused", unframed),
        ("a_connection_that_is_refused_names_url_and_reason", refused),
        ("a_tls_error_is_a_network_error", no_tls),
        ("a_changed_document_names_both_checksums", changed),
        ("one_failure_of_many_writes_nothing", one_of_many),
        ("an_unknown_version_lists_those_there_are", unknown_version),
        ("what_is_no_swagger_says_where", no_swagger),
        ("check_writes_nothing_and_names_what_is_stale", check),
        ("a_directory_or_a_file_is_a_source", directory_and_file),
        ("a_wrong_source_is_a_bad_call", wrong_source),
        ("a_pin_moves_and_records_the_checksum", pin_moves),
        ("a_pin_makes_a_version_known", pin_adds),
        ("a_pin_of_latest_goes_on_to_the_newest", pin_latest),
        ("a_pin_is_a_full_commit", pin_branch),
        ("a_file_that_cannot_be_written_is_named", unwritable),
    ];
    let tests = tests.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    let name = "upstream_documents_over_http_give_the_committed_bytes";
    let real = unless(upstream::missing().as_deref(), name, || {
        upstream_over_http();
        Ok(())
    });
    libtest_mimic::run(&arguments, tests.chain([real]).collect()).exit_code()
}

fn serving(replies: impl IntoIterator<Item = (String, Vec<Reply>)>) -> Server {
    Server::start(replies).unwrap()
}

#[track_caller]
fn succeeds(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
}

/// The run ended with this code, and its error says all of this.
#[track_caller]
fn fails(run: &Run, code: i32, says: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:?}");
    for part in says {
        assert!(run.stderr.contains(part), "the error does not say `{part}`:\n{}", run.stderr);
    }
}

fn writes_the_facts() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    let server = serving([(on_server(COMMIT, 9), vec![Reply::File(nine)])]);
    let run = workspace.fetch(&["1.9", "--source", &server.url()]);
    succeeds(&run);
    assert_eq!(run.stdout, "1.9  written\n");
    let written: serde_json::Value =
        serde_json::from_str(&workspace.text("spec/v1.9.json")).unwrap();
    let expected = serde_json::json!({
        "swagger": "2.0",
        "info": {"version": "1.9"},
        "definitions": {"A": {"type": "object", "properties": {"Size": {"type": "integer", "x-unit": "bytes"}}}},
        "paths": {"/a": {"get": {"responses": {"200": {}}}}},
    });
    assert_eq!(written, expected);
    let before = workspace.spec();
    let run = workspace.fetch(&["1.9", "--source", &format!("{}/", server.url())]);
    succeeds(&run);
    assert_eq!((run.stdout.as_str(), workspace.spec()), ("1.9  unchanged\n", before));
}

fn selects() {
    let documents = [9, 10, 11].map(|minor| (minor, document(minor, "/a")));
    let workspace =
        Workspace::pinning(&documents.each_ref().map(|(minor, text)| (*minor, text.as_slice())));
    let server = serving(
        documents.map(|(minor, text)| (on_server(COMMIT, minor), vec![Reply::Chunked(text)])),
    );
    for (selection, stdout) in [
        ("latest", "1.11  written\n"),
        ("1.10..1.11", "1.10  written\n1.11  unchanged\n"),
        ("all", "1.9  written\n1.10  unchanged\n1.11  unchanged\n"),
    ] {
        let run = workspace.fetch(&[selection, "--source", &server.url()]);
        succeeds(&run);
        assert_eq!(run.stdout, stdout, "{selection}");
    }
}

fn asks_again() {
    let nine = &document(9, "/a");
    // In parallel, because they spend most of their time in pauses.
    std::thread::scope(|scope| {
        let troubles = [
            Reply::Status(500),
            Reply::Drop,
            Reply::Truncated(nine.clone()),
            Reply::TruncatedChunks(nine.clone()),
        ];
        for trouble in troubles {
            scope.spawn(move || {
                let workspace = Workspace::pinning(&[(9, nine)]);
                let replies = vec![trouble.clone(), trouble, Reply::File(nine.clone())];
                let server = serving([(on_server(COMMIT, 9), replies)]);
                succeeds(&workspace.fetch(&["1.9", "--source", &server.url()]));
                assert_eq!(server.requests().len(), 3);
            });
        }
    });
}

fn gives_up() {
    let nine = &document(9, "/a");
    std::thread::scope(|scope| {
        for (trouble, reason) in [
            (Reply::Status(500), "500 Internal Server Error"),
            (Reply::Drop, "connection closed before message completed"),
            (Reply::Truncated(nine.clone()), "end of file before message length reached"),
            (Reply::TruncatedChunks(nine.clone()), "caused by: "),
        ] {
            scope.spawn(move || {
                let workspace = Workspace::pinning(&[(9, nine)]);
                workspace.put("spec/v1.9.json", b"what stood before");
                let before = workspace.spec();
                let server = serving([(on_server(COMMIT, 9), vec![trouble])]);
                let run = workspace.fetch(&["1.9", "--source", &server.url()]);
                let url = format!("{}{}", server.url(), on_server(COMMIT, 9));
                fails(
                    &run,
                    1,
                    &[&url, "3 tries", reason, "works offline, from the documents in spec/"],
                );
                assert_eq!(server.requests().len(), 3);
                assert_eq!(workspace.spec(), before);
            });
        }
    });
}

fn missing() {
    let workspace = Workspace::pinning(&[(9, b"")]);
    let server = serving([]);
    let run = workspace.fetch(&["1.9", "--source", &server.url()]);
    let url = format!("{}{}", server.url(), on_server(COMMIT, 9));
    fails(&run, 1, &[&url, "404", "path in spec/versions.toml", "works offline"]);
    assert_eq!(server.requests().len(), 1);
}

fn unframed() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    let server = serving([(on_server(NEWER, 9), vec![Reply::Unframed(nine)])]);
    let before = workspace.spec();
    let run = workspace.fetch(&["1.9", "--pin", NEWER, "--source", &server.url()]);
    fails(&run, 1, &["the response has no length"]);
    assert_eq!(workspace.spec(), before);
}

fn refused() {
    let workspace = Workspace::pinning(&[(9, b"")]);
    // A port that was free a moment ago.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = workspace.fetch(&["1.9", "--source", &format!("http://{address}/base")]);
    let url = format!("http://{address}/base{}", on_server(COMMIT, 9));
    fails(&run, 1, &[&url, "3 tries", "caused by: ", "refused", "works offline"]);
    assert_eq!(run.stderr.matches(&url).count(), 1, "{}", run.stderr);
}

fn no_tls() {
    let workspace = Workspace::pinning(&[(9, b"")]);
    let server = serving([]);
    let run = workspace.fetch(&["1.9", "--source", &server.url().replace("http:", "https:")]);
    fails(&run, 1, &["cannot fetch https://127.0.0.1", "caused by: ", "works offline"]);
}

fn changed() {
    let (nine, other) = (document(9, "/a"), document(9, "/b"));
    let workspace = Workspace::pinning(&[(9, &nine)]);
    workspace.put("spec/v1.9.json", b"what stood before");
    let before = workspace.spec();
    let server = serving([(on_server(COMMIT, 9), vec![Reply::File(other.clone())])]);
    let run = workspace.fetch(&["1.9", "--source", &server.url()]);
    fails(&run, 1, &[&sha256(&nine), &sha256(&other), &server.url(), "nothing was written"]);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(workspace.spec(), before);
}

fn one_of_many() {
    let (nine, ten) = (document(9, "/a"), document(10, "/a"));
    let workspace = Workspace::pinning(&[(9, &nine), (10, &ten)]);
    let before = workspace.spec();
    let server = serving([(on_server(COMMIT, 9), vec![Reply::File(nine)])]);
    fails(&workspace.fetch(&["all", "--source", &server.url()]), 1, &["v1.10.yaml"]);
    assert_eq!(workspace.spec(), before);
}

fn unknown_version() {
    let workspace = Workspace::pinning(&[(9, b""), (10, b"")]);
    for selection in ["1.11", "1.9..1.11"] {
        fails(&workspace.fetch(&[selection]), 2, &["unknown API version 1.11", "1.9, 1.10"]);
    }
    fails(&workspace.fetch(&["newest"]), 2, &["newest", "`all` or `latest`"]);
    fails(&workspace.fetch(&["1.10..1.9"]), 2, &["ends before it begins"]);
}

fn no_swagger() {
    let other_version = document(8, "/a");
    for (text, says) in [
        (b"swagger: '2.0'\ninfo: [\n".as_slice(), "file.yaml:3:1 is not valid YAML"),
        (b"{\"swagger\": }", "file.yaml:1:13 is not valid JSON"),
        (b"openapi: 3.1.0\n", "/openapi: expected a Swagger 2.0 document"),
        (
            b"swagger: '2.0'\ninfo: {version: '1.9'}\npaths: 5\n",
            "/paths: expected an object of paths, found 5",
        ),
        (&other_version, "/info/version: expected API version 1.9, found \"1.8\""),
        (b"\xff\xfe", "is not valid UTF-8"),
        (
            b"swagger: '2.0'\ninfo: {version: '1.9'}\ndefinitions: {A: {colour: red}}\npaths: {}\n",
            "/definitions/A/colour: unknown keyword in a schema",
        ),
    ] {
        let workspace = Workspace::pinning(&[(9, text)]);
        workspace.put("spec/v1.9.json", b"what stood before");
        workspace.put("file.yaml", text);
        let before = workspace.spec();
        let run =
            workspace.fetch(&["1.9", "--source", workspace.path("file.yaml").to_str().unwrap()]);
        fails(&run, 1, &[says]);
        assert_eq!(workspace.spec(), before);
    }
}

fn check() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    workspace.put("v1.9.yaml", &nine);
    let source = workspace.path("v1.9.yaml").to_str().unwrap().to_owned();
    let before = workspace.spec();
    let run = workspace.fetch(&["1.9", "--source", &source, "--check"]);
    fails(&run, 1, &["v1.9.json", "run `cargo xtask fetch 1.9`"]);
    assert_eq!((run.stdout.as_str(), workspace.spec()), ("1.9  stale\n", before));
    succeeds(&workspace.fetch(&["1.9", "--source", &source]));
    let run = workspace.fetch(&["1.9", "--source", &source, "--check"]);
    succeeds(&run);
    assert_eq!(run.stdout, "1.9  unchanged\n");
}

fn directory_and_file() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    workspace.put("checkout/docs/v1.9.yaml", &nine);
    workspace.put("by-name/v1.9.yaml", &nine);
    for source in ["checkout", "by-name", "by-name/v1.9.yaml"] {
        let _ = fs::remove_file(workspace.path("spec/v1.9.json"));
        let run = workspace.fetch(&["1.9", "--source", workspace.path(source).to_str().unwrap()]);
        succeeds(&run);
        assert_eq!(run.stdout, "1.9  written\n", "{source}");
    }
}

fn wrong_source() {
    let workspace = Workspace::pinning(&[(9, b""), (10, b"")]);
    workspace.put("file", b"");
    let path = |name: &str| workspace.path(name).to_str().unwrap().to_owned();
    fails(&workspace.fetch(&["all", "--source", &path("file")]), 2, &["one file", "2 versions"]);
    fails(
        &workspace.fetch(&["all", "--source", &path("nowhere")]),
        2,
        &["expected a URL", "nowhere"],
    );
    fails(&workspace.fetch(&["all", "--source", "http://"]), 2, &["--source http://"]);
    fails(
        &workspace.fetch(&["1.9", "--source", &path("spec")]),
        1,
        &["holds neither docs/v1.9.yaml nor v1.9.yaml"],
    );
}

fn pin_moves() {
    let (nine, ten, other) = (document(9, "/a"), document(10, "/a"), document(9, "/b"));
    let workspace = Workspace::pinning(&[(9, &nine), (10, &ten)]);
    let server = serving([(on_server(NEWER, 9), vec![Reply::File(other.clone())])]);
    succeeds(&workspace.fetch(&["1.9", "--pin", NEWER, "--source", &server.url()]));
    let pins = workspace.pins();
    let [nine_now, ten_now] =
        ["1.9", "1.10"].map(|version| &pins.versions[&version.parse().unwrap()]);
    assert_eq!((pins.commit_of(nine_now), pins.commit_of(ten_now)), (NEWER, COMMIT));
    assert_eq!((&nine_now.sha256, nine_now.bytes), (&sha256(&other), other.len() as u64));
    assert_eq!(ten_now.sha256, sha256(&ten));
    assert!(workspace.text("spec/v1.9.json").contains("/b"));
    // What is pinned now is what is fetched.
    succeeds(&workspace.fetch(&["1.9", "--source", &server.url()]));
}

fn pin_adds() {
    let (nine, ten) = (document(9, "/a"), document(10, "/a"));
    let workspace = Workspace::pinning(&[(9, &nine)]);
    let server = serving([(on_server(NEWER, 10), vec![Reply::File(ten.clone())])]);
    succeeds(&workspace.fetch(&["1.10", "--pin", NEWER, "--source", &server.url()]));
    let pin = workspace.pins().versions[&"1.10".parse().unwrap()].clone();
    assert_eq!((pin.path.as_str(), pin.sha256), ("docs/v1.10.yaml", sha256(&ten)));
    assert!(workspace.path("spec/v1.10.json").is_file());
}

fn pin_latest() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    let documents = [9, 10, 11]
        .map(|minor| (on_server(NEWER, minor), vec![Reply::File(document(minor, "/a"))]));
    let server = serving(documents);
    let run = workspace.fetch(&["latest", "--pin", NEWER, "--source", &server.url()]);
    succeeds(&run);
    assert_eq!(run.stdout, "1.9  written\n1.10  written\n1.11  written\n");
    assert_eq!(workspace.pins().commit, NEWER);
    // A failed download is an error, and not the end of the versions.
    let server = serving([9, 10, 11].map(|minor| {
        let reply =
            if minor == 11 { Reply::Status(403) } else { Reply::File(document(minor, "/c")) };
        (on_server(NEWER, minor), vec![reply])
    }));
    let before = workspace.spec();
    let fresh = Workspace::pinning(&[(9, &nine)]);
    let run = fresh.fetch(&["latest", "--pin", NEWER, "--source", &server.url()]);
    fails(&run, 1, &["403 Forbidden", "v1.11.yaml", "1 try"]);
    assert_eq!(workspace.spec(), before);
}

fn pin_branch() {
    let workspace = Workspace::pinning(&[(9, b"")]);
    for pin in ["master", "aaaaaaa", &"A".repeat(40)] {
        fails(&workspace.fetch(&["1.9", "--pin", pin]), 2, &[pin, "full commit hash"]);
    }
}

fn unwritable() {
    let nine = document(9, "/a");
    let workspace = Workspace::pinning(&[(9, &nine)]);
    workspace.put("file.yaml", &nine);
    fs::create_dir(workspace.path("spec/v1.9.json")).unwrap();
    let before = workspace.spec();
    let run = workspace.fetch(&[
        "1.9",
        "--pin",
        NEWER,
        "--source",
        workspace.path("file.yaml").to_str().unwrap(),
    ]);
    fails(&run, 1, &["spec/v1.9.json", "caused by: "]);
    assert_eq!(workspace.spec(), before);
}

fn upstream_over_http() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let workspace = Workspace::pinning(&[]);
    workspace.put("spec/versions.toml", &fs::read(committed.join("versions.toml")).unwrap());
    let pins = workspace.pins();
    let server = serving(pins.versions.iter().map(|(version, pin)| {
        let document = fs::read(upstream::directory().join(format!("v{version}.yaml"))).unwrap();
        (format!("/{}/{}", pins.commit_of(pin), pin.path), vec![Reply::File(document)])
    }));
    succeeds(&workspace.fetch(&["all", "--source", &server.url()]));
    assert_eq!(server.requests().len(), pins.versions.len());
    let expected = files(&committed);
    for (name, contents) in workspace.spec() {
        assert!(expected[&name] == contents, "{name} is not what is committed");
    }
    assert_eq!(workspace.spec().len(), pins.versions.len() + 2);
}
