//! The settings from the environment, and what overrides them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use docker_client::{ApiVersion, Docker, Error, Operation};
use support::{Engine, Reply};

static INFO: Operation = Operation::new("SystemInfo", "GET", "/info");

fn connect(variables: &[(&str, &str)]) -> Result<Docker, Error> {
    Docker::builder().environment(variables.iter().copied()).connect()
}

#[test]
fn the_host_is_set_or_the_default() {
    let host = |variables: &[(&str, &str)]| connect(variables).unwrap().host().to_string();
    assert_eq!(host(&[]), "unix:///var/run/docker.sock");
    assert_eq!(host(&[("DOCKER_HOST", " ")]), "unix:///var/run/docker.sock");
    assert_eq!(host(&[("DOCKER_HOST", "tcp://engine")]), "tcp://engine:2375");
    let build = Docker::builder().environment([("DOCKER_HOST", "tcp://engine")]);
    let docker = build.host("unix:///run/x".parse().unwrap()).connect().unwrap();
    assert_eq!(docker.host().to_string(), "unix:///run/x");
}

#[test]
fn the_error_of_an_invalid_host_names_the_variable() {
    let error = connect(&[("DOCKER_HOST", "ftp://engine")]).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "DOCKER_HOST: invalid address \"ftp://engine\": the scheme \"ftp\" is not"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn the_program_overrides_the_version_of_the_variable() {
    let pinned = [("DOCKER_API_VERSION", "v1.38")];
    let version = connect(&pinned).unwrap().api_version().await.unwrap();
    assert_eq!(version, Some(ApiVersion::new(1, 38)));
    let build = Docker::builder().environment(pinned).api_version(ApiVersion::new(1, 40));
    let version = build.connect().unwrap().api_version().await.unwrap();
    assert_eq!(version, Some(ApiVersion::new(1, 40)));
    let error = connect(&[("DOCKER_API_VERSION", "latest")]).unwrap_err().to_string();
    assert!(error.starts_with("DOCKER_API_VERSION: expected two numbers"), "{error}");
}

#[tokio::test]
async fn without_settings_all_known_sockets_are_tried_and_named() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    let docker = connect(&variables).unwrap();
    if std::path::Path::new("/var/run/docker.sock").exists() {
        // The local engine is found.
        return;
    }
    let error = docker.request(&INFO).discard().await.unwrap_err().to_string();
    let tried = home.path().join(".docker/run/docker.sock");
    for part in [
        "unix:///var/run/docker.sock: ",
        "also tried were",
        tried.to_str().unwrap(),
        "(os error 2)",
    ] {
        assert!(error.contains(part), "{part:?} in {error}");
    }
    // Docker Desktop is started.
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    std::fs::create_dir_all(tried.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(engine.socket(), &tried).unwrap();
    docker.request(&INFO).discard().await.unwrap();
    assert_eq!(docker.host().to_string(), format!("unix://{}", tried.display()));
}

#[tokio::test]
async fn a_context_selects_its_engine() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let directory = tempfile::tempdir().unwrap();
    // The name of the directory is the hash of `test`.
    let at = "contexts/meta/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    std::fs::create_dir_all(directory.path().join(at)).unwrap();
    let meta =
        format!(r#"{{"Name":"test","Endpoints":{{"docker":{{"Host":"{}"}}}}}}"#, engine.host());
    std::fs::write(directory.path().join(at).join("meta.json"), meta).unwrap();
    std::fs::write(directory.path().join("config.json"), r#"{"currentContext":"test"}"#).unwrap();
    let config = ("DOCKER_CONFIG", directory.path().to_str().unwrap());
    for docker in [
        connect(&[config]),
        connect(&[config, ("DOCKER_CONTEXT", "test")]),
        Docker::builder()
            .environment([config, ("DOCKER_HOST", "tcp://elsewhere")])
            .context("test")
            .connect(),
    ] {
        docker.unwrap().request(&INFO).discard().await.unwrap();
    }
    assert_eq!(engine.requests().len(), 3);
}

#[tokio::test]
async fn custom_headers_are_sent_with_every_request() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let build =
        engine.builder().environment([("DOCKER_CUSTOM_HEADERS", "X-Team=a,X-Both=variable")]);
    let docker =
        build.header("X-Both", "program").header("User-Agent", "mine/1").connect().unwrap();
    docker.request(&INFO).discard().await.unwrap();
    for seen in engine.all_requests() {
        assert_eq!(seen.header("x-team"), Some("a"), "{}", seen.line);
        assert_eq!(seen.header("x-both"), Some("program"));
        assert_eq!(seen.header("user-agent"), Some("mine/1"));
    }
    let error = engine.builder().header("X-Bad", "hunter2\n").connect().unwrap_err().to_string();
    assert!(error.contains("X-Bad") && !error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_custom_connector_is_used_for_all_requests() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let socket = engine.socket();
    let build = engine.builder().host("tcp://nowhere.invalid".parse().unwrap());
    let docker =
        build.connector(move || tokio::net::UnixStream::connect(socket.clone())).connect().unwrap();
    for _ in 0..3 {
        docker.request(&INFO).discard().await.unwrap();
    }
    assert_eq!((engine.connections(), engine.requests().len()), (1, 3));
    let refuse = || async { Err::<tokio::net::UnixStream, _>(std::io::Error::other("not today")) };
    let docker = engine.builder().connector(refuse).connect().unwrap();
    let error = docker.request(&INFO).discard().await.unwrap_err();
    assert!(error.is_connect() && format!("{error:?}").contains("not today"), "{error:?}");
}

/// Creates a program named `ssh` in a directory.
fn ssh(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ssh");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

fn through(ssh: &tempfile::TempDir) -> Docker {
    let path = format!("{}:/usr/bin:/bin", ssh.path().display());
    let variables = [("DOCKER_HOST", "ssh://me@engine:2222"), ("PATH", &path)];
    connect(&variables).unwrap()
}

#[tokio::test]
async fn the_output_of_ssh_is_in_the_error() {
    let directory = ssh("echo 'me@engine: Permission denied (publickey).' >&2; exit 255");
    let error = through(&directory).request(&INFO).discard().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let text = format!("{error:?}");
    for part in
        ["ssh://me@engine:2222", "Permission denied (publickey).", "`ssh engine docker version`"]
    {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let directory = ssh("exit 3");
    let text = format!("{:?}", through(&directory).request(&INFO).discard().await.unwrap_err());
    assert!(text.contains("exit status: 3"), "{text}");
    let none = tempfile::tempdir().unwrap();
    let variables = [("DOCKER_HOST", "ssh://engine"), ("PATH", none.path().to_str().unwrap())];
    let error = connect(&variables).unwrap().request(&INFO).discard().await.unwrap_err();
    let text = format!("{error:?}");
    assert!(text.contains("cannot run ssh"), "{text}");
}

#[tokio::test]
async fn requests_go_through_one_ssh_with_its_arguments() {
    let answer = r"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n";
    let notes = tempfile::tempdir().unwrap();
    let notes = notes.path().join("notes");
    let script = format!(
        "echo \"$@\" >> {}; while IFS= read -r line; do [ \"$line\" = \"$(printf '\\r')\" ] && printf '{answer}'; done",
        notes.display()
    );
    std::fs::create_dir_all(notes.parent().unwrap()).unwrap();
    let directory = ssh(&script);
    let docker = through(&directory);
    for _ in 0..3 {
        docker.request(&INFO).discard().await.unwrap();
    }
    let calls = std::fs::read_to_string(notes).unwrap();
    let call = "-l me -p 2222 -o ConnectTimeout=30 -T -- engine docker system dial-stdio\n";
    assert_eq!(calls, call, "one process is used for all requests");
}

/// A shell script that responds to requests forever.
const ANSWERS: &str = r#"while IFS= read -r line; do [ "$line" = "$(printf '\r')" ] &&
    printf 'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n'; done"#;

/// Waits until the process whose ID the file contains no longer exists, not even as a zombie.
async fn wait_until_gone(file: &std::path::Path) {
    let id = std::fs::read_to_string(file).unwrap().trim().to_owned();
    let process = std::path::Path::new("/proc").join(id);
    for _ in 0..500 {
        if !process.exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} is still there", process.display());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ssh_is_killed_with_its_call_and_its_client() {
    let notes = tempfile::tempdir().unwrap();
    let id = notes.path().join("id");
    // This one never connects.
    let directory =
        ssh(&format!("echo $$ > {}.new && mv {0}.new {0}; exec sleep 60", id.display()));
    let call = through(&directory).with_reply_timeout(std::time::Duration::from_millis(300));
    assert!(call.request(&INFO).discard().await.unwrap_err().is_timeout());
    wait_until_gone(&id).await;
    // This one responds, and exits at the end of its input.
    let directory = ssh(&format!("echo $$ > {}; {ANSWERS}", id.display()));
    let docker = through(&directory);
    docker.request(&INFO).discard().await.unwrap();
    drop(docker);
    wait_until_gone(&id).await;
    // This one responds, and does not exit.
    let directory = ssh(&format!("echo $$ > {}; {ANSWERS}; exec sleep 60", id.display()));
    let docker = through(&directory);
    docker.request(&INFO).discard().await.unwrap();
    drop(docker);
    wait_until_gone(&id).await;
}

#[tokio::test]
async fn the_output_of_ssh_is_read_continuously_and_its_end_is_in_the_error() {
    let chatter = "head -c 1000000 /dev/zero | tr '\\0' x >&2";
    let directory = ssh(&format!("{chatter}; {ANSWERS}"));
    let call = through(&directory).with_reply_timeout(std::time::Duration::from_secs(30));
    call.request(&INFO).discard().await.unwrap();
    let directory = ssh(&format!("{chatter}; echo 'no route to host' >&2; exit 255"));
    let error = through(&directory).request(&INFO).discard().await.unwrap_err();
    let error = format!("{error:?}");
    assert!(error.contains("no route to host") && error.len() < 20_000, "{} bytes", error.len());
}
