//! What is sent for a build: its context, and its hosts in the form of the engine.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use docker_client::prelude::*;
use docker_client::{
    Body, BoxFuture, BuildContext, Call, Docker, Error, KeyValues, Reply as CallReply, Transport,
};
use http::{HeaderValue, StatusCode};
use support::{Engine, Reply, Seen};
use tempfile::TempDir;

fn engine() -> Engine {
    Engine::start(|_| {
        Reply::json(200, "{\"stream\":\"Step 1\"}\r\n{\"aux\":{\"ID\":\"sha256:0f\"}}\r\n")
    })
}

/// Creates a directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// Returns the entries of an archive: kind and permissions, name, and the target of a link or the content.
fn entries(archive: &[u8]) -> Vec<(String, String, String)> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        let kind = format!("{:?} {:o}", header.entry_type(), header.mode().unwrap());
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let content = match entry.link_name().unwrap() {
            Some(target) => target.to_str().unwrap().to_owned(),
            None => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                String::from_utf8_lossy(&content).into_owned()
            }
        };
        (kind, name, content)
    });
    entries.collect()
}

/// Builds from this context. Returns the request and the names of the files.
async fn sent(context: BuildContext) -> (Seen, Vec<String>) {
    let engine = engine();
    let finished = engine.docker().build(context).finish().await.unwrap();
    assert_eq!(finished.image_id.as_deref(), Some("sha256:0f"));
    let seen = engine.requests().pop().unwrap();
    let names = entries(&seen.body).into_iter().map(|(_, name, _)| name).collect();
    (seen, names)
}

#[tokio::test]
async fn a_directory_is_sent_unchanged() {
    let long = "long/".repeat(30) + "name";
    let directory =
        directory(&[("Dockerfile", "FROM x"), ("run.sh", "#!"), (&long, "deep"), ("e", "")]);
    let path = directory.path();
    fs::set_permissions(path.join("run.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    fs::set_permissions(path.join("e"), fs::Permissions::from_mode(0o644)).unwrap();
    symlink("./a//../run.sh", path.join("link")).unwrap();
    symlink("/no/".repeat(60), path.join("z-link")).unwrap();
    let (seen, _) = sent(BuildContext::from_dir(path)).await;
    assert_eq!(seen.line, "POST /v1.41/build");
    assert_eq!(seen.header("content-type"), Some("application/x-tar"));
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    let entries = entries(&seen.body);
    let find = |name: &str| {
        let found = entries.iter().find(|(_, found, _)| found == name);
        found.map(|(kind, _, content)| (kind.as_str(), content.as_str())).unwrap()
    };
    assert_eq!(find("run.sh"), ("Regular 750", "#!"));
    assert_eq!(find("e"), ("Regular 644", ""));
    assert_eq!(find("link"), ("Symlink 777", "./a//../run.sh"));
    assert_eq!(find("z-link").1.matches("no").count(), 60);
    assert_eq!(find(&long).1, "deep");
    let names: Vec<&String> = entries.iter().map(|(_, name, _)| name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[tokio::test]
async fn ignored_files_are_not_sent_except_those_for_the_engine() {
    let files = [
        ("Dockerfile", "FROM x"),
        (".dockerignore", "*\n!src\nsrc/*.log\n"),
        ("src/main", ""),
        ("src/a.log", ""),
        ("secret", ""),
    ];
    let directory = directory(&files);
    let (seen, names) = sent(BuildContext::from_dir(directory.path())).await;
    assert_eq!(names, [".dockerignore", "Dockerfile", "src/", "src/main"]);
    assert!(!seen.line.contains("dockerfile="), "{}", seen.line);
    fs::write(directory.path().join(".dockerignore"), "a\n[\n").unwrap();
    let error = engine().docker().build(BuildContext::from_dir(directory.path())).finish().await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Body { .. }), "{error:?}");
    assert!(format!("{error:?}").contains(".dockerignore: line 2: \"[\": "), "{error}");
}

#[tokio::test]
async fn a_lower_case_dockerfile_is_sent_even_if_it_is_ignored() {
    let files = [("dockerfile", "FROM x"), ("src", ""), (".dockerignore", "*\n!src")];
    let directory = directory(&files);
    let (seen, names) = sent(BuildContext::from_dir(directory.path())).await;
    assert!(!seen.line.contains("dockerfile="), "{}", seen.line);
    assert_eq!(names, [".dockerignore", "dockerfile", "src"]);
    // `Dockerfile` takes precedence.
    fs::write(directory.path().join("Dockerfile"), "FROM y").unwrap();
    let (_, names) = sent(BuildContext::from_dir(directory.path())).await;
    assert_eq!(names, [".dockerignore", "Dockerfile", "src"]);
}

#[tokio::test]
async fn an_ignore_file_need_not_be_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let directory = directory(&[("Dockerfile", "FROM x"), ("a", ""), ("b", "")]);
    fs::write(directory.path().join(".dockerignore"), b"# caf\xe9\ncaf\xe9\nb\n").unwrap();
    fs::write(directory.path().join(OsStr::from_bytes(b"caf\xe9")), "").unwrap();
    let (_, names) = sent(BuildContext::from_dir(directory.path())).await;
    assert_eq!(names, [".dockerignore", "Dockerfile", "a"]);
}

#[tokio::test]
async fn a_dockerfile_may_have_its_own_ignore_file() {
    let files = [
        ("build/release.Dockerfile", "FROM x"),
        ("build/release.Dockerfile.dockerignore", "build\nb"),
        (".dockerignore", "a"),
        ("a", ""),
        ("b", ""),
    ];
    let directory = directory(&files);
    let context = BuildContext::from_dir(directory.path()).dockerfile("build/./release.Dockerfile");
    let (seen, names) = sent(context).await;
    assert!(seen.line.ends_with("?dockerfile=build%2Frelease.Dockerfile"), "{}", seen.line);
    assert_eq!(names, [".dockerignore", "a", "build/", "build/release.Dockerfile"]);
    assert_eq!(entries(&seen.body)[0].2, "build\nb", "the engine receives the same rules");
}

#[tokio::test]
async fn a_dockerfile_outside_the_directory_has_a_unique_name() {
    let outer = directory(&[("app/a", ""), ("app/Dockerfile", "FROM wrong"), ("D", "FROM right")]);
    for dockerfile in [Path::new("../D").to_owned(), outer.path().join("D")] {
        let context = BuildContext::from_dir(outer.path().join("app")).dockerfile(dockerfile);
        let (seen, names) = sent(context).await;
        let (name, ignore) = (&names[0], &names[1]);
        assert!(seen.line.ends_with(&format!("?dockerfile={name}")), "{}", seen.line);
        assert!(name.starts_with(".dockerfile.") && ignore == ".dockerignore", "{names:?}");
        assert_eq!(names[2..], ["Dockerfile", "a"]);
        let entries = entries(&seen.body);
        assert_eq!(entries[0].2, "FROM right");
        assert_eq!(
            entries[1].2,
            format!("\n{name}\n.dockerignore"),
            "both are excluded from the image"
        );
    }
}

#[tokio::test]
async fn an_error_names_the_file_that_cannot_be_read() {
    for (context, name) in [
        (BuildContext::from_dir("/no/such/directory"), "/no/such/directory: "),
        (BuildContext::from_dir("/dev").dockerfile("/no/Dockerfile"), "/no/Dockerfile: "),
        (BuildContext::from_dir("/dev"), "/dev/"),
    ] {
        let error = engine().docker().build(context).finish().await.unwrap_err();
        assert!(matches!(error, Error::Body { .. }), "{error:?}");
        assert!(format!("{error:?}").contains(name), "{error}");
    }
}

#[tokio::test]
async fn all_parameters_of_a_build_can_be_set() {
    let engine = engine();
    let build = engine.docker().build(BuildContext::from_dockerfile("FROM x"));
    let build = build.t(["a:1", "b"]).buildargs(KeyValues::new().with("A", "1").without_value("B"));
    build.labels(KeyValues::from([("l", "v")])).target("t").finish().await.unwrap();
    let seen = engine.requests().pop().unwrap();
    let query = "?t=a%3A1&t=b&buildargs=%7B%22A%22%3A%221%22%2C%22B%22%3Anull%7D&labels=%7B%22l%22\
                 %3A%22v%22%7D&target=t";
    assert!(seen.line.ends_with(query), "{}", seen.line);
    let entries = entries(&seen.body);
    assert_eq!(entries, [("Regular 644".into(), "Dockerfile".into(), "FROM x".into())]);
}

#[test]
fn debug_does_not_show_the_content_of_a_dockerfile() {
    let context = BuildContext::from_dockerfile("FROM x\nENV TOKEN=hunter2");
    assert!(!format!("{context:?} {context:#?}").contains("hunter2"), "{context:?}");
    assert!(format!("{:?}", BuildContext::from_dir("app")).contains("app"));
}

#[tokio::test]
async fn the_content_of_a_dockerfile_excludes_another_one() {
    let context = BuildContext::from_dockerfile("FROM x").dockerfile("release.Dockerfile");
    let error = engine().docker().build(context).finish().await.unwrap_err();
    assert!(matches!(error, Error::Body { .. }), "{error:?}");
    assert!(
        format!("{error:?}")
            .contains("release.Dockerfile: the context consists of the content of a Dockerfile"),
        "{error}"
    );
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_context_can_be_compressed() {
    let engine = engine();
    let context = BuildContext::from_dockerfile("FROM x").gzip();
    engine.docker().build(context).finish().await.unwrap();
    let seen = engine.requests().pop().unwrap();
    let mut archive = Vec::new();
    flate2::read::GzDecoder::new(&*seen.body).read_to_end(&mut archive).unwrap();
    assert_eq!(entries(&archive)[0].1, "Dockerfile");
}

#[tokio::test]
async fn an_error_of_the_source_is_not_one_of_the_connection() {
    let failing = futures_util::stream::iter([
        Ok(bytes::Bytes::from(vec![0; 100_000])),
        Err(std::io::Error::other("disk gone")),
    ]);
    let body = Body::from_stream(failing);
    let error = engine().docker().image_load(body).finish().await.unwrap_err();
    assert!(matches!(error, Error::Body { .. }), "{error:?}");
    let shown = format!("{error:?}");
    assert!(shown.ends_with("body of the request\n  caused by: disk gone"), "{shown}");
}

const REPEATED: &str = "extrahosts=one%3A10.0.0.1&extrahosts=two%3A10.0.0.2";
const LIST: &str = "extrahosts=%5B%22one%3A10.0.0.1%22%2C%22two%3A10.0.0.2%22%5D";

/// Builds with two hosts, and returns the query of the build. `ping` is the response to every ping.
async fn query_with_hosts(ping: impl Fn() -> Reply + Send + Sync + 'static) -> String {
    let engine = Engine::start_raw(move |seen| match seen.is_ping() {
        true => ping(),
        false => Reply::json(200, "{\"aux\":{\"ID\":\"sha256:0f\"}}\r\n"),
    });
    let build = engine.docker_at("1.41").build(BuildContext::from_dockerfile("FROM x"));
    build.extrahosts(["one:10.0.0.1", "two:10.0.0.2"]).finish().await.unwrap();
    let line = engine.lines().into_iter().find(|line| line.contains("/build?")).unwrap();
    line.split_once('?').unwrap().1.to_owned()
}

#[tokio::test]
async fn hosts_are_sent_in_the_form_of_the_engine() {
    let podman = || Reply::pong("1.41").header("Libpod-API-Version", "4.3.1");
    assert_eq!(query_with_hosts(|| Reply::pong("1.41")).await, REPEATED);
    assert_eq!(query_with_hosts(podman).await, LIST);
}

#[tokio::test]
async fn a_ping_that_fails_does_not_fail_a_build_with_hosts() {
    assert_eq!(query_with_hosts(|| Reply::error(500, "no ping")).await, REPEATED);
    assert_eq!(query_with_hosts(|| Reply::none(fake_engine::Break::Close)).await, REPEATED);
}

#[tokio::test]
async fn only_a_build_with_hosts_asks_which_engine_it_is() {
    let engine = engine();
    let docker = engine.docker_at("1.41");
    docker.build(BuildContext::from_dockerfile("FROM x")).finish().await.unwrap();
    let list = docker.build(BuildContext::from_dockerfile("FROM x"));
    list.extrahosts([r#"["one:10.0.0.1"]"#]).finish().await.unwrap();
    let lines = engine.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].ends_with("?extrahosts=%5B%22one%3A10.0.0.1%22%5D"), "{lines:?}");
}

/// A transport of the program, to podman.
#[derive(Debug)]
struct Podman;

impl Transport for Podman {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<CallReply, Error>> {
        let mut reply = CallReply::new(StatusCode::OK, r#"{"aux":{"ID":"sha256:0f"}}"#);
        reply.headers.insert("libpod-api-version", HeaderValue::from_static("5.8.6"));
        if call.operation().id == "ImageBuild" {
            let list = call.query("extrahosts");
            assert_eq!(list, Some(r#"["one:10.0.0.1","two:10.0.0.2"]"#));
        }
        Box::pin(std::future::ready(Ok(reply)))
    }
}

#[tokio::test]
async fn hosts_have_the_form_of_podman_on_a_transport_of_the_program_too() {
    let builder = Docker::builder().environment([("", ""); 0]).transport(Podman);
    let build = builder.connect().unwrap().build(BuildContext::from_dockerfile("FROM x"));
    build.extrahosts(["one:10.0.0.1", "two:10.0.0.2"]).finish().await.unwrap();
}
