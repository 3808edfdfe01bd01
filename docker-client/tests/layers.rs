//! Layers of the program, and a transport of the program under the whole client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docker_client::prelude::*;
use docker_client::{
    BoxFuture, Call, CredentialProvider, Docker, Error, Layer, RegistryAuth, Reply, Transport,
    Upgraded, UsageRecorder,
};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use support::{Engine, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Adds its name to a header of every call, and counts the calls.
#[derive(Debug, Clone)]
struct Named {
    name: &'static str,
    calls: Arc<AtomicUsize>,
}

impl Named {
    fn new(name: &'static str) -> Self {
        Self { name, calls: Arc::default() }
    }
}

impl Layer for Named {
    fn execute<'a>(
        &'a self,
        mut call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        call.headers_mut().append("x-layer", HeaderValue::from_static(self.name));
        next.execute(call)
    }
}

#[tokio::test]
async fn a_layer_sees_and_changes_every_call() {
    let engine = Engine::start(|_| support::Reply::json(200, "[]"));
    let layer = Named::new("audit");
    let docker = engine.builder().layer(layer.clone()).connect().unwrap();
    docker.container_list().send().await.unwrap();
    docker.with_call_timeout(Duration::from_secs(60)).image_list().send().await.unwrap();
    let requests = engine.all_requests();
    assert_eq!(requests.len(), 3, "a ping and two calls");
    assert!(requests.iter().all(|request| request.header("x-layer") == Some("audit")));
    assert_eq!(layer.calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn the_layer_that_was_added_first_sees_a_call_first() {
    let engine = InMemory::default();
    let (first, second) = (Named::new("first"), Named::new("second"));
    let build = builder(&engine).layer(first).layer(second);
    build.connect().unwrap().system_info().send().await.unwrap();
    assert_eq!(engine.layers.lock().unwrap()[..], ["first, second", "first, second"]);
}

/// Repeats a call that was refused with 503.
#[derive(Debug)]
struct Retry;

impl Layer for Retry {
    fn execute<'a>(
        &'a self,
        call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            let again = call.try_clone();
            let reply = next.execute(call).await?;
            match again {
                Some(again) if reply.status == StatusCode::SERVICE_UNAVAILABLE => {
                    next.execute(again).await
                }
                _ => Ok(reply),
            }
        })
    }
}

#[tokio::test]
async fn a_layer_can_repeat_a_call() {
    let calls = AtomicUsize::new(0);
    let engine = Engine::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => support::Reply::error(503, "not yet"),
        _ => support::Reply::json(200, "[]"),
    });
    let docker = engine.builder().layer(Retry).connect().unwrap();
    docker.container_list().send().await.unwrap();
    assert_eq!(engine.requests().len(), 2);
}

/// An engine in memory. It has one image once that is pulled, and its commands write their input to their output.
#[derive(Debug, Clone, Default)]
struct InMemory {
    has_image: Arc<AtomicBool>,
    calls: Arc<Mutex<Vec<String>>>,
    layers: Arc<Mutex<Vec<String>>>,
}

impl Transport for InMemory {
    fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        let version = call.api_version().map(|version| version.to_string()).unwrap_or_default();
        self.calls.lock().unwrap().push(format!("{} {version}", call.operation().id));
        let layers = call.headers().get_all("x-layer").iter().map(|name| name.to_str().unwrap());
        self.layers.lock().unwrap().push(layers.collect::<Vec<_>>().join(", "));
        Box::pin(async move {
            if call.operation().id == "ContainerTop" {
                std::future::pending::<()>().await;
            }
            Ok(self.reply(&call))
        })
    }
}

impl InMemory {
    fn reply(&self, call: &Call) -> Reply {
        match call.operation().id {
            "SystemPingHead" => {
                let mut reply = Reply::new(StatusCode::OK, "");
                reply.headers.insert("api-version", HeaderValue::from_static("1.44"));
                reply
            }
            "SystemInfo" | "ContainerInspect" => json("{}"),
            "ContainerCreate" if !self.has_image.load(Ordering::SeqCst) => {
                Reply::new(StatusCode::NOT_FOUND, r#"{"message":"No such image: r:5000/app:1"}"#)
            }
            "ContainerCreate" => {
                assert_eq!(call.query("name"), Some("web"));
                json(r#"{"Id":"c1"}"#)
            }
            "ImageCreate" => {
                assert_eq!(call.query("fromImage"), Some("r:5000/app"));
                if call.headers().get("x-registry-auth").is_none() {
                    return json(r#"{"error":"no basic auth credentials"}"#);
                }
                self.has_image.store(true, Ordering::SeqCst);
                json("{\"status\":\"Pulling\"}\r\n{\"status\":\"Done\"}\r\n")
            }
            "ContainerAttach" | "ExecStart" => echo(),
            "ContainerWait" => json(r#"{"StatusCode":3}"#),
            "ContainerStart" => Reply::new(StatusCode::NO_CONTENT, ""),
            "ContainerExec" => {
                assert_eq!(call.path("id"), Some("web"));
                json(r#"{"Id":"e1"}"#)
            }
            "ExecInspect" => json(r#"{"Running":false,"ExitCode":4}"#),
            other => Reply::new(StatusCode::NOT_IMPLEMENTED, format!(r#"{{"message":"{other}"}}"#)),
        }
    }
}

fn json(body: &'static str) -> Reply {
    let mut reply = Reply::new(StatusCode::OK, body);
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// A command that writes its input to its standard output.
fn echo() -> Reply {
    let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let mut input = String::new();
        theirs.read_to_string(&mut input).await.unwrap();
        theirs.write_all(&frame(1, &input)).await.unwrap();
    });
    let mut reply = Reply::switching_protocols(Upgraded::new(ours));
    let media = HeaderValue::from_static("application/vnd.docker.multiplexed-stream");
    reply.headers.insert(CONTENT_TYPE, media);
    reply
}

fn builder(engine: &InMemory) -> docker_client::Builder {
    Docker::builder().environment([("", ""); 0]).transport(engine.clone())
}

/// Has credentials for every registry.
struct Known;

impl CredentialProvider for Known {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        Box::pin(std::future::ready(Ok(Some(RegistryAuth::password("u", "p")))))
    }
}

#[tokio::test]
async fn run_works_on_a_transport_in_memory() {
    let engine = InMemory::default();
    let docker = builder(&engine).credentials(Known).connect().unwrap();
    let run = docker.run("r:5000/app:1").name("web").input("hello");
    let output = run.output().await.unwrap();
    assert_eq!((output.code, &output.stdout[..]), (3, &b"hello"[..]));
    let calls = engine.calls.lock().unwrap();
    let steps = ["SystemPingHead ", "ContainerCreate 1.44", "ImageCreate 1.44"];
    assert_eq!(calls[..3], steps, "{calls:?}");
    assert_eq!(calls.iter().filter(|call| call.starts_with("SystemPing")).count(), 1, "{calls:?}");
}

#[tokio::test]
async fn pull_and_exec_work_on_a_transport_in_memory() {
    let engine = InMemory::default();
    let docker = builder(&engine).credentials(Known).connect().unwrap();
    docker.pull("r:5000/app:1").finish().await.unwrap();
    assert!(engine.has_image.load(Ordering::SeqCst));
    let output = docker.exec("web").cmd(["cat"]).input("hello").output().await.unwrap();
    assert_eq!((output.code, &output.stdout[..]), (4, &b"hello"[..]));

    let docker = builder(&InMemory::default()).without_credentials().connect().unwrap();
    let error = docker.pull("r:5000/app:1").finish().await.unwrap_err();
    assert!(error.to_string().contains("no basic auth credentials"), "{error}");
}

#[tokio::test]
async fn headers_and_timeouts_apply_to_a_transport_of_the_program() {
    let engine = InMemory::default();
    let docker = builder(&engine).header("X-Layer", "configured").connect().unwrap();
    docker.system_info().send().await.unwrap();
    assert_eq!(engine.layers.lock().unwrap()[1], "configured");
    let docker = docker.with_reply_timeout(Duration::from_millis(20));
    let error = docker.container_top("web").send().await.unwrap_err();
    let expected = "ContainerTop (GET /containers/web/top): timed out after 20ms while waiting for the response";
    assert_eq!(error.to_string(), expected);

    let docker = builder(&InMemory::default()).header("X-Layer", "configured").connect().unwrap();
    assert!(!format!("{docker:?}").contains("configured"), "{docker:?}");
}

/// docs/compare.md shows the file that this program records.
#[tokio::test]
async fn a_recorder_saves_the_names_that_a_program_uses_and_no_value() {
    use docker_client::operations::ContainerListFilters;
    use docker_client::types::{ContainerCreateBody, HostConfig, Mount, MountBindOptions};

    let engine = Engine::start(|request| match request.path() {
        path if path.ends_with("/create") => {
            support::Reply::json(201, r#"{"Id":"1","Warnings":[]}"#)
        }
        path if path.ends_with("/df") => support::Reply::json(200, "{}"),
        _ => support::Reply::json(200, "[]"),
    });
    let usage = UsageRecorder::new();
    let docker = engine.builder().layer(usage.clone()).connect().unwrap();
    let filters = ContainerListFilters::new().status("exited").label("team=SECRET");
    docker.container_list().all(true).filters(filters).send().await.unwrap();
    let mount = Mount {
        source: Some("/SECRET".into()),
        target: Some("/SECRET".into()),
        bind_options: Some(MountBindOptions {
            create_mountpoint: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let body = ContainerCreateBody {
        image: Some("alpine".into()),
        env: vec!["TOKEN=SECRET".into()],
        labels: [("com.example.team".to_owned(), "SECRET".to_owned())].into(),
        host_config: Some(HostConfig { mounts: vec![mount], ..Default::default() }),
        ..Default::default()
    };
    docker.clone().container_create(body).name("SECRET").platform("linux").send().await.unwrap();
    docker.system_data_usage().send().await.unwrap();

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("usage.json");
    usage.save(&file).unwrap();
    let saved = std::fs::read_to_string(&file).unwrap();
    let expected = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/compare-usage.json");
    assert_eq!(saved, std::fs::read_to_string(expected).unwrap());
    assert_eq!(format!("{usage:?}"), "UsageRecorder { operations: 4 }");
}
