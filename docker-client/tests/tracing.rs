//! What can be followed in logs, and what is never in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io;
use std::sync::{Arc, Mutex};

use docker_client::RegistryAuth;
use docker_client::prelude::*;
use docker_client::types::{ContainerCreateBody, HostConfig};
use support::{Engine, Reply};
use tracing_subscriber::fmt::MakeWriter;

/// Keeps everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn keep(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(self.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    /// The lines that have this in them.
    fn lines(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_request_has_a_span_with_operation_status_duration_and_bytes() {
    let log = Log::default();
    let _guard = log.keep();
    let engine = Engine::start(|seen| match seen.line.contains("/info") {
        true => Reply::json(200, r#"{"ID":"x"}"#),
        false => Reply::json(404, r#"{"message":"no such container"}"#),
    });
    let docker = engine.docker();
    docker.system_info().send().await.unwrap();
    docker.container_inspect("web").send().await.unwrap_err();
    let done = log.lines("done");
    let info = done.iter().find(|line| line.contains("operation=\"SystemInfo\"")).unwrap();
    for part in ["DEBUG request{", "status=200", "bytes=10", "complete=true", "milliseconds="] {
        assert!(info.contains(part), "{part} in {info}");
    }
    let inspect = done.iter().find(|line| line.contains("ContainerInspect")).unwrap();
    assert!(inspect.contains("status=404"), "{inspect}");
}

#[tokio::test]
async fn nothing_that_may_be_secret_is_logged_at_any_level() {
    let log = Log::default();
    let _guard = log.keep();
    let engine = Engine::start(|seen| match seen.line.contains("/start") {
        true => Reply::empty(204),
        false => Reply::json(201, r#"{"Id":"hunter2"}"#),
    });
    let docker = engine.builder().header("X-Token", "hunter2").connect().unwrap();
    let auth = RegistryAuth::password("u", "hunter2");
    docker.pull("r.example.com/hunter2").auth(&auth).finish().await.unwrap();
    let body = ContainerCreateBody {
        env: vec!["PASSWORD=hunter2".to_owned()],
        host_config: Some(HostConfig {
            annotations: [("hunter2".to_owned(), "hunter2".to_owned())].into(),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    docker.container_create(body).name("hunter2").send().await.unwrap();
    docker.container_start("hunter2").send().await.unwrap();
    assert_eq!(log.lines("hunter2"), [""; 0]);
    assert_eq!(log.lines(&auth.to_header()), [""; 0]);
    assert!(!log.lines("ContainerStart").is_empty(), "there is a log at all");
    let ignored = log.lines("WARN");
    assert_eq!(ignored.len(), 1);
    assert!(
        ignored[0].contains("ContainerCreate") && ignored[0].contains("HostConfig.Annotations")
    );
}
