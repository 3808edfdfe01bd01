//! The credentials that are sent with requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use docker_client::prelude::*;
use docker_client::{
    BoxFuture, CredentialProvider, Docker, Error, RegistryAuth, RegistryConfig, types,
};
use support::{Engine, Reply, Seen};

const HUB: &str = "https://index.docker.io/v1/";

/// Returns the password `old` for every registry but one, and `new` after that was refused. Records all calls.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<Vec<String>>>);

impl Provider {
    fn note(&self, what: &str, registry: &str) {
        self.0.lock().unwrap().push(format!("{what} {registry}"));
    }
}

fn auth(password: &str) -> RegistryAuth {
    RegistryAuth::password("u", password)
}

impl CredentialProvider for Provider {
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        self.note("get", registry);
        let auth = (registry != "open.example.com").then(|| auth("old"));
        Box::pin(std::future::ready(Ok(auth)))
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(String, RegistryAuth)>, Error>> {
        Box::pin(std::future::ready(Ok(vec![("r".to_owned(), auth("old"))])))
    }

    fn renew<'a>(
        &'a self,
        registry: &'a str,
    ) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        self.note("renew", registry);
        Box::pin(std::future::ready(Ok(Some(auth("new")))))
    }
}

fn docker(engine: &Engine, provider: &Provider) -> Docker {
    engine.builder().credentials(provider.clone()).connect().unwrap()
}

fn header(seen: &Seen) -> Option<&str> {
    seen.header("x-registry-auth")
}

#[tokio::test]
async fn every_operation_is_sent_with_the_credentials_of_its_registry() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let provider = Provider::default();
    let docker = docker(&engine, &provider);
    docker.pull("busybox").finish().await.unwrap();
    docker.pull("r:5000/team/app:1").finish().await.unwrap();
    docker.image_push("r:5000/team/app", "").finish().await.unwrap();
    docker.distribution_inspect("r.example.com/app:1").send().await.unwrap();
    docker.plugin_pull("p.example.com/plugin", Vec::new()).finish().await.unwrap();
    drop(docker.plugin_push("q.example.com/plugin").send().await.unwrap());
    let asked = provider.0.lock().unwrap().clone();
    let registries = [HUB, "r:5000", "r:5000", "r.example.com", "p.example.com", "q.example.com"];
    assert_eq!(asked, registries.map(|registry| format!("get {registry}")));
    for seen in engine.requests() {
        assert_eq!(header(&seen), Some(&*auth("old").to_header()), "{}", seen.line);
    }
}

#[tokio::test]
async fn a_build_is_sent_with_all_credentials() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    docker(&engine, &Provider::default()).image_build().finish().await.unwrap();
    let config = RegistryConfig::new().with("r", auth("old")).to_header();
    assert_eq!(engine.requests()[0].header("x-registry-config"), Some(&*config));
}

#[tokio::test]
async fn auth_sets_the_credentials_of_every_operation_that_takes_some() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = docker(&engine, &Provider::default());
    let mine = auth("mine").server("r.example.com");
    // Replies that cannot be decoded do not matter here.
    let _ = docker.pull("r.example.com/app").auth(&mine).finish().await;
    let _ = docker.push("r.example.com/app").auth(&mine).finish().await;
    let _ = docker.image_search("r.example.com/app").auth(&mine).send().await;
    let _ = docker.distribution_inspect("r.example.com/app").auth(&mine).send().await;
    let _ = docker.get_plugin_privileges("r.example.com/app").auth(&mine).send().await;
    let _ = docker.plugin_pull("r.example.com/app", Vec::new()).auth(&mine).finish().await;
    let _ = docker.plugin_push("app").auth(&mine).send().await;
    let _ = docker.plugin_upgrade("app", "r.example.com/app", Vec::new()).auth(&mine).send().await;
    let _ = docker.service_create(types::ServiceSpec::default()).auth(&mine).send().await;
    let _ = docker.service_update("app", 1, types::ServiceSpec::default()).auth(&mine).send().await;
    let requests = engine.requests();
    assert_eq!(requests.len(), 10);
    for seen in &requests {
        assert_eq!(header(seen), Some(&*mine.to_header()), "{}", seen.line);
    }
    // The generated type of credentials is accepted, too.
    docker.pull("r.example.com/app").auth(types::AuthConfig::from(&mine)).finish().await.unwrap();
    assert_eq!(header(&engine.requests()[10]), Some(&*mine.to_header()));
}

#[tokio::test]
async fn auth_of_a_build_is_for_the_registry_that_it_names_or_several() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = docker(&engine, &Provider::default());
    let mine = auth("mine").server("r.example.com");
    let both = RegistryConfig::new().with("r.example.com", mine.clone()).with(HUB, auth("hub"));
    docker.image_build().auth(&mine).finish().await.unwrap();
    docker.image_build().auth(auth("hub")).finish().await.unwrap();
    docker.image_build().auth(&both).finish().await.unwrap();
    let sent: Vec<String> = engine
        .requests()
        .iter()
        .map(|seen| seen.header("x-registry-config").unwrap_or_default().to_owned())
        .collect();
    let expected = [
        RegistryConfig::new().with("r.example.com", mine),
        RegistryConfig::new().with(HUB, auth("hub")),
        both,
    ];
    assert_eq!(sent, expected.map(|config| config.to_header()));
}

#[tokio::test]
async fn credentials_of_the_call_are_kept_and_other_operations_have_none() {
    let engine = Engine::start(|_| Reply::json(200, "[]"));
    let provider = Provider::default();
    let docker = docker(&engine, &provider);
    docker.pull("busybox").auth(auth("mine")).finish().await.unwrap();
    docker.container_list().send().await.unwrap();
    docker.pull("open.example.com/app").finish().await.unwrap();
    let seen = engine.requests();
    assert_eq!(header(&seen[0]), Some(&*auth("mine").to_header()));
    assert_eq!((header(&seen[1]), header(&seen[2])), (None, None));
    assert_eq!(*provider.0.lock().unwrap(), ["get open.example.com"]);
}

#[tokio::test]
async fn a_push_without_credentials_has_an_empty_header() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = docker(&engine, &Provider::default());
    docker.image_push("open.example.com/app", "").finish().await.unwrap();
    docker.push("open.example.com/app").finish().await.unwrap();
    let nobodys = engine.builder().without_credentials().connect().unwrap();
    nobodys.push("r:5000/app").finish().await.unwrap();
    let headers: Vec<_> =
        engine.requests().iter().map(|seen| header(seen).unwrap().to_owned()).collect();
    assert_eq!(headers, ["e30="; 3]);
}

#[tokio::test]
async fn images_are_tagged_and_pushed_by_name() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = docker(&engine, &Provider::default());
    docker.tag("app", "r:5000/team/app:1").send().await.unwrap();
    docker.push("r:5000/team/app:1").finish().await.unwrap();
    docker.push("r:5000/team/app").finish().await.unwrap();
    let seen = engine.requests();
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line.as_str()).collect();
    let push = "POST /v1.41/images/r%3A5000/team/app/push?tag=";
    let tag = "POST /v1.41/images/app/tag?repo=r%3A5000%2Fteam%2Fapp&tag=1";
    assert_eq!(lines, [tag, &format!("{push}1"), &format!("{push}latest")]);
    assert_eq!(header(&seen[1]), Some(&*auth("old").to_header()));
}

#[tokio::test]
async fn a_refused_request_is_repeated_once_with_other_credentials() {
    let good = auth("new").to_header();
    let engine = Engine::start(move |seen| match header(seen) == Some(&good) {
        true => Reply::json(200, "{}"),
        false => Reply::json(401, r#"{"message":"unauthorized"}"#),
    });
    let provider = Provider::default();
    docker(&engine, &provider).pull("r/app").finish().await.unwrap();
    assert_eq!(*provider.0.lock().unwrap(), [format!("get {HUB}"), format!("renew {HUB}")]);
    assert_eq!(engine.requests().len(), 2);

    let engine = Engine::start(|_| Reply::json(401, r#"{"message":"unauthorized"}"#));
    let error = docker(&engine, &provider).pull("r/app").finish().await.unwrap_err();
    assert!(error.to_string().contains("unauthorized"), "{error}");
    assert_eq!(engine.requests().len(), 2, "the request is repeated once");
}

#[tokio::test]
async fn an_error_of_the_provider_is_that_of_the_request() {
    struct Broken;
    impl CredentialProvider for Broken {
        fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
            let error = Error::config("vault", "sealed");
            Box::pin(std::future::ready(Err(error)))
        }
    }
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let docker = engine.builder().credentials(Broken).connect().unwrap();
    let error = docker.pull("r/app").finish().await.unwrap_err();
    assert_eq!(error.to_string(), "vault: sealed");
    assert!(engine.requests().is_empty());
}

#[tokio::test]
async fn stored_credentials_are_used_by_default() {
    let directory = tempfile::tempdir().unwrap();
    let text = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#;
    std::fs::write(directory.path().join("config.json"), text).unwrap();
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let build =
        || engine.builder().environment([("DOCKER_CONFIG", directory.path().to_str().unwrap())]);
    build().connect().unwrap().pull("busybox").finish().await.unwrap();
    build().without_credentials().connect().unwrap().pull("busybox").finish().await.unwrap();
    let stored = RegistryAuth::password("u", "p").server(HUB).to_header();
    let seen = engine.requests();
    assert_eq!((header(&seen[0]), header(&seen[1])), (Some(&*stored), None));
}
