//! References to images: which of them are sent, to whom, with whose credentials.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use docker_client::prelude::*;
use docker_client::{BoxFuture, CredentialProvider, Error, RegistryAuth};
use support::{Engine, Reply};

const HUB: &str = "https://index.docker.io/v1/";
const HEX: &str = "e5e7a9b26e0ac8b9b1b3a2a5f0a3b3c3f3a7a0c6e9b1d2f4a6c8e0f2a4c6e8f0";

fn lines(engine: &Engine) -> Vec<String> {
    engine.requests().into_iter().map(|seen| seen.line).collect()
}

#[tokio::test]
async fn a_reference_with_an_empty_part_is_refused_before_anything_is_sent() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    for (text, at) in [("r/app:", 7), ("r/app@", 7), ("", 1), ("r.example/", 11)] {
        let errors = [
            docker.pull(text).finish().await.unwrap_err(),
            docker.push(text).finish().await.unwrap_err(),
            docker.tag("app", text).send().await.unwrap_err(),
            docker.run(text).output().await.unwrap_err(),
            docker.run(text).detach().await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
            let error = error.to_string();
            assert!(error.contains(&format!("invalid image reference {text:?}")), "{error}");
            assert!(error.ends_with(&format!("at character {at}")), "{error}");
        }
    }
    assert_eq!(engine.all_requests().len(), 0);
}

#[tokio::test]
async fn a_digest_is_pulled_and_neither_pushed_nor_tagged() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.docker();
    let reference = format!("r.example/app:1@sha256:{HEX}");
    for error in [
        docker.push(&reference).finish().await.unwrap_err(),
        docker.tag("app", &reference).send().await.unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("a name without a digest, found `@`, at character 16"), "{error}");
    }
    docker.pull(&reference).finish().await.unwrap();
    let expected =
        format!("POST /v1.41/images/create?fromImage=r.example%2Fapp&tag=sha256%3A{HEX}");
    assert_eq!(lines(&engine), [expected]);
}

#[tokio::test]
async fn the_id_of_an_image_is_never_pulled() {
    let engine = Engine::start(|_| Reply::json(404, r#"{"message":"No such image: x"}"#));
    let docker = engine.docker();
    for id in [HEX.to_owned(), format!("sha256:{HEX}")] {
        let error = docker.run(&id).output().await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        let error = docker.pull(&id).finish().await.unwrap_err();
        assert!(error.to_string().contains("found the ID of an image"), "{error}");
        let error = docker.push(&id).finish().await.unwrap_err();
        assert!(error.to_string().contains("found the ID of an image"), "{error}");
    }
    let create = "POST /v1.41/containers/create".to_owned();
    assert_eq!(lines(&engine), [create.clone(), create.clone()]);
    // A part of an ID may be a name as well, and is pulled as one, as by the command line.
    for (part, query) in [
        (&HEX[..12], format!("fromImage={}&tag=latest", &HEX[..12])),
        (&*format!("sha256:{}", &HEX[..12]), format!("fromImage=sha256&tag={}", &HEX[..12])),
    ] {
        docker.run(part).output().await.unwrap_err();
        let pull = format!("POST /v1.41/images/create?{query}");
        assert!(lines(&engine).contains(&pull), "{:?}", lines(&engine));
    }
}

/// Records the registries that credentials are requested for.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl CredentialProvider for Noting {
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        self.0.lock().unwrap().push(registry.to_owned());
        Box::pin(std::future::ready(Ok(None)))
    }
}

#[tokio::test]
async fn credentials_are_looked_up_for_the_registry_that_the_engine_contacts() {
    let engine = Engine::start(|_| Reply::json(200, "[]"));
    let noting = Noting::default();
    let docker = engine.builder().credentials(noting.clone()).connect().unwrap();
    for (image, registry) in [
        ("foo/bar", HUB),
        ("LOCALHOST/foo", "LOCALHOST"),
        ("Foo/bar", "Foo"),
        ("localhost/foo", "localhost"),
        ("a.b/foo:1", "a.b"),
        ("a:1/foo", "a:1"),
        ("index.docker.io/foo", HUB),
    ] {
        docker.pull(image).finish().await.unwrap();
        docker.push(image).finish().await.unwrap();
        drop(docker.image_create().from_image(image).send().await.unwrap());
        drop(docker.image_push(image, "").send().await.unwrap());
        let asked = std::mem::take(&mut *noting.0.lock().unwrap());
        assert_eq!(asked, [registry; 4], "{image}");
    }
    // What the engine will refuse has no registry.
    drop(docker.image_create().from_image("Foo/Bar").send().await.unwrap());
    assert_eq!(*noting.0.lock().unwrap(), [""; 0]);
    docker.image_search("Foo/bar").send().await.unwrap();
    docker.image_search("a.b/Bar").send().await.unwrap();
    assert_eq!(*noting.0.lock().unwrap(), [HUB, "a.b"]);
}

#[tokio::test]
async fn the_password_of_the_docker_hub_goes_to_no_other_registry() {
    let directory = tempfile::tempdir().unwrap();
    let config = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpodW50ZXIy"}}}"#;
    std::fs::write(directory.path().join("config.json"), config).unwrap();
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let variables = [("DOCKER_CONFIG", directory.path().to_str().unwrap())];
    let docker = engine.builder().environment(variables).connect().unwrap();
    for (image, sent) in
        [("foo", true), ("foo/bar", true), ("LOCALHOST/foo", false), ("Foo/bar", false)]
    {
        docker.pull(image).finish().await.unwrap();
        let seen = engine.requests();
        let header = seen.last().unwrap().header("x-registry-auth");
        assert_eq!(header.is_some(), sent, "{image}");
    }
}
