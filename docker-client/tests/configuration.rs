//! Invalid optional configuration, which the client ignores with a warning.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use docker_client::prelude::*;
use docker_client::{Builder, Docker, RegistryAuth};
use support::{Engine, Reply};

/// Returns a builder whose environment names this directory.
fn builder(engine: &Engine, directory: &Path) -> Builder {
    let directory = directory.to_str().unwrap();
    let path = format!("{directory}:/usr/bin:/bin");
    engine.builder().environment([("DOCKER_CONFIG", directory), ("PATH", &path)])
}

fn warnings(docker: &Docker) -> String {
    let all: Vec<_> = docker.config_warnings().iter().map(ToString::to_string).collect();
    all.join("\n")
}

#[tokio::test]
async fn an_invalid_config_file_is_a_warning() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    for (text, what) in [
        (&b"{\"credsStore\":\"x\",}"[..], "line 1, column 19: invalid JSON"),
        (b"\xff", "invalid JSON"),
        (b"", "the JSON ends too early"),
        (br#"{"auths":7}"#, "`auths` is ignored: expected an object"),
        (br#"{"HttpHeaders":{"a b":"hunter2"}}"#, "HttpHeaders of config.json"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.json"), text).unwrap();
        let docker = builder(&engine, directory.path()).connect().unwrap();
        assert!(warnings(&docker).contains(what), "{}", warnings(&docker));
        assert!(!warnings(&docker).contains("hunter2"), "{}", warnings(&docker));
        docker.pull("busybox").finish().await.unwrap();
        docker.image_build().finish().await.unwrap();

        let docker = builder(&engine, directory.path()).without_config_file().connect().unwrap();
        docker.pull("busybox").finish().await.unwrap();
        assert_eq!(warnings(&docker), "");
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("config.json")).unwrap();
    let docker = builder(&engine, directory.path()).connect().unwrap();
    assert!(warnings(&docker).contains("config.json: cannot be read"), "{}", warnings(&docker));
    docker.pull("busybox").finish().await.unwrap();
}

#[tokio::test]
async fn without_config_file_ignores_the_file() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let directory = tempfile::tempdir().unwrap();
    let config = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}},"HttpHeaders":{"X-Team":"a"},
        "proxies":{"default":{"httpProxy":"http://p"}}}"#;
    std::fs::write(directory.path().join("config.json"), config).unwrap();
    for (with, builder) in [
        (true, builder(&engine, directory.path())),
        (false, builder(&engine, directory.path()).without_config_file()),
    ] {
        let docker = builder.connect().unwrap();
        docker.pull("busybox").finish().await.unwrap();
        docker.image_build().finish().await.unwrap();
        let seen = engine.requests();
        let [pull, build] = &seen[seen.len() - 2..] else { panic!("two requests") };
        assert_eq!(pull.header("x-registry-auth").is_some(), with);
        assert_eq!(pull.header("x-team").is_some(), with);
        assert_eq!(build.line.contains("buildargs"), with);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_failed_helper_does_not_prevent_pulls_and_builds() {
    use std::os::unix::fs::PermissionsExt;

    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let directory = tempfile::tempdir().unwrap();
    let config = r#"{"auths":{"good:1":{"auth":"dTpw"},"bad:1":{"auth":"?"}},
        "credHelpers":{"a":"missing","b":"broken"}}"#;
    std::fs::write(directory.path().join("config.json"), config).unwrap();
    let program = directory.path().join("docker-credential-broken");
    std::fs::write(&program, "#!/bin/sh\necho '{\"Secret\":\"hunter2\"}'\nexit 1\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let docker = builder(&engine, directory.path()).connect().unwrap();
    docker.pull("b.example/app").finish().await.unwrap();
    assert_eq!(warnings(&docker), "", "this registry has no warning");
    docker.image_build().finish().await.unwrap();
    let seen = engine.requests();
    let good = RegistryAuth::password("u", "p").server("good:1");
    let config = docker_client::RegistryConfig::new().with("good:1", good).to_header();
    assert_eq!(seen[1].header("x-registry-config"), Some(&*config));
    let warnings = warnings(&docker);
    for what in ["docker-credential-missing get", "docker-credential-broken get", "\"bad:1\""] {
        assert!(warnings.contains(what), "{what}: {warnings}");
    }
    assert!(!warnings.contains("hunter2"), "{warnings}");
}

#[tokio::test]
async fn a_refusal_contains_the_reasons_for_missing_credentials() {
    let engine = Engine::start(|seen| match seen.line.contains("fine") {
        true => Reply::json(200, "{}"),
        false => Reply::json(500, r#"{"message":"no basic auth credentials"}"#),
    });
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.json"), r#"{"credsStore":"missing"}"#).unwrap();
    let docker = builder(&engine, directory.path()).connect().unwrap();
    docker.pull("fine").finish().await.unwrap();
    for error in [
        docker.pull("app").finish().await.map(drop).unwrap_err(),
        docker.image_build().finish().await.map(drop).unwrap_err(),
    ] {
        let text = error.to_string();
        let expected = "no basic auth credentials; some stored credentials were not sent: \
                        docker-credential-missing ";
        assert!(text.contains(expected), "{text}");
    }
    let error = docker.pull("app").finish().await.unwrap_err();
    assert_eq!(error.kind(), docker_client::ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn an_error_within_progress_contains_the_reasons_for_missing_credentials() {
    let engine = Engine::start(|_| {
        Reply::json(200, "{\"status\":\"a\"}\n{\"error\":\"no basic auth credentials\"}\n")
    });
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.json"), r#"{"credsStore":"missing"}"#).unwrap();
    let docker = builder(&engine, directory.path()).connect().unwrap();
    let limited = docker.with_call_timeout(std::time::Duration::from_secs(60));
    for error in [
        docker.pull("app").finish().await.map(drop).unwrap_err(),
        docker.push("app").finish().await.map(drop).unwrap_err(),
        docker.image_build().finish().await.map(drop).unwrap_err(),
        docker.plugin_pull("app", Vec::new()).finish().await.map(drop).unwrap_err(),
        limited.pull("app").finish().await.map(drop).unwrap_err(),
    ] {
        let text = error.to_string();
        let expected = "no basic auth credentials; some stored credentials were not sent: \
                        docker-credential-missing ";
        assert!(text.contains(expected), "{text}");
    }
}
