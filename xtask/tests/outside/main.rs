//! A program outside of the workspace that asks for docker-api 0.41 and docker-client gets one docker-api, of API 1.41,
//! although docker-client takes newer ones too.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::Table;

const MANIFEST: &str = r#"
[package]
name = "outside"
version = "0.1.0"
edition = "2024"

[dependencies]
docker-api = "0.41"
docker-client = "0.1"
tokio = { version = "1", features = ["macros", "rt"] }

# In place of the registry, which has more than one version as well.
[patch.crates-io]
docker-client = { path = "../workspace/docker-client" }
older = { package = "docker-api", path = "../docker-api-0.41" }
newer = { package = "docker-api", path = "../docker-api-0.52" }

[profile.dev]
debug = false

[workspace]
"#;

#[test]
fn the_version_that_a_program_asks_for_is_the_one_that_it_gets() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path();
    for minor in ["41", "52"] {
        let (version, out) = (format!("1.{minor}"), home.join(format!("docker-api-0.{minor}")));
        let mut generate = Command::new(env!("CARGO_BIN_EXE_xtask"));
        generate.args(["generate", "--api-version", &version, "--out"]).arg(out);
        output(generate.current_dir(root()));
    }
    lay_out_client(&home.join("workspace"));
    // Beside the others and not above them, or they would be members of its workspace.
    let outside = home.join("program");
    fs::create_dir_all(outside.join("src")).unwrap();
    fs::write(outside.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(outside.join("Cargo.lock"), lock()).unwrap();
    fs::write(outside.join("src/main.rs"), include_str!("program.rs")).unwrap();

    let engine = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("tcp://{}", engine.local_addr().unwrap());
    let served = std::thread::spawn(move || serve(&engine));
    let mut program = Command::new(env!("CARGO"));
    program.args(["run", "--quiet", "--offline"]).current_dir(outside);
    program.env("DOCKER_HOST", host).env("DOCKER_CONFIG", home).env_remove("DOCKER_API_VERSION");
    // Its dependencies are kept from run to run.
    program.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside"));
    assert_eq!(output(&mut program), "1.41 0123\n");
    assert_eq!(served.join().unwrap(), "POST /v1.41/containers/create HTTP/1.1");
}

/// docker-client as it is published: its docker-api is one of the registry.
fn lay_out_client(workspace: &Path) {
    let mut manifest: Table =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let inner = manifest["workspace"].as_table_mut().unwrap();
    inner.insert("members".into(), vec!["docker-client"].into());
    inner.remove("default-members");
    inner["dependencies"]["docker-api"].as_table_mut().unwrap().remove("path");
    // The generated crates name it by this path; there is one of it in the program.
    let core = fs::canonicalize(root().join("docker-core")).unwrap();
    let core = core.to_str().unwrap().to_owned();
    inner["dependencies"]["docker-core"].as_table_mut().unwrap().insert("path".into(), core.into());
    let client = workspace.join("docker-client");
    fs::create_dir_all(&client).unwrap();
    fs::write(workspace.join("Cargo.toml"), manifest.to_string()).unwrap();
    fs::copy(root().join("docker-client/Cargo.toml"), client.join("Cargo.toml")).unwrap();
    copy(&root().join("docker-client/src"), &client.join("src"));
}

/// The workspace's versions of all that comes from the registry.
fn lock() -> String {
    let mut lock: Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    lock["package"].as_array_mut().unwrap().retain(|package| package.get("source").is_some());
    lock.to_string()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// An engine of API 1.51 that creates a container; answers with the last request line that it saw.
fn serve(engine: &TcpListener) -> String {
    loop {
        let (mut stream, _) = engine.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let request = lines.next().unwrap();
        for _ in lines.take_while(|line| !line.is_empty()) {}
        let body = match request.split(' ').next() {
            Some("HEAD") => "",
            Some("GET") => r#"{"ApiVersion":"1.51","MinAPIVersion":"1.24"}"#,
            _ => r#"{"Id":"0123","Warnings":[]}"#,
        };
        let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json";
        let rest = format!("Connection: close\r\nContent-Length: {}", body.len());
        write!(stream, "{head}\r\n{rest}\r\n\r\n{body}").unwrap();
        if request.starts_with("POST") {
            return request;
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
