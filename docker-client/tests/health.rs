//! Waiting for the health check of a container.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use docker_client::{Error, ErrorKind};
use futures_util::{StreamExt, stream};
use support::{Engine, Piece, Reply};

/// Starts an engine with the container `web`. Each inspection returns the next of these states, and each change is an event.
fn engine<const N: usize>(states: [&'static str; N]) -> Engine {
    let looks = AtomicUsize::new(0);
    Engine::start(move |seen| {
        if seen.line.contains("/events?") {
            return changes(N - 1);
        }
        assert_eq!(seen.line, "GET /v1.41/containers/web/json");
        let state = states[looks.fetch_add(1, Ordering::SeqCst)];
        Reply::json(
            200,
            format!(r#"{{"Config":{{"Healthcheck":{{"Test":["CMD","true"]}}}},"State":{state}}}"#),
        )
    })
}

/// Returns a response of this many events, which does not end.
fn changes(count: usize) -> Reply {
    let event = |nanoseconds| {
        // The first one cannot be decoded.
        let action = if nanoseconds == 1 { "1" } else { "\"health_status: x\"" };
        let text = format!(r#"{{"Action":{action},"timeNano":{nanoseconds}}}"#);
        Piece::from(text)
    };
    let events = stream::iter((1..=count).map(event)).chain(stream::pending());
    Reply::stream("application/json", events)
}

async fn wait(engine: &Engine) -> Result<(), Error> {
    let docker = engine.docker();
    tokio::time::timeout(Duration::from_secs(10), docker.wait_healthy("web")).await.unwrap()
}

#[tokio::test]
async fn the_container_is_inspected_after_each_event() {
    let engine = engine([
        r#"{"Status":"created"}"#,
        r#"{"Status":"running","Health":{"Status":"starting"}}"#,
        r#"{"Status":"running","Health":{"Status":"healthy"}}"#,
    ]);
    wait(&engine).await.unwrap();
    let seen = engine.requests();
    assert_eq!(seen.len(), 4);
    let filters = "%22container%22%3A%7B%22web%22%3Atrue%7D";
    assert!(seen[0].line.contains(filters) && seen[0].line.contains("health_status"));
    // Events between the response and the start of the collection are included.
    assert!(seen[0].line.ends_with("&since=0"), "{}", seen[0].line);
}

#[tokio::test]
async fn an_unhealthy_or_exited_container_is_an_error() {
    let unhealthy =
        r#"{"Status":"running","Health":{"Status":"unhealthy","Log":[{"Output":"refused"}]}}"#;
    let exited = r#"{"Status":"exited","ExitCode":3}"#;
    for (state, what) in [
        (
            unhealthy,
            "/web/json): the container is unhealthy; the output of the last health check is: refused",
        ),
        (exited, "/web/json): the container has exited with code 3"),
    ] {
        let engine = engine([r#"{"Status":"running"}"#, state]);
        let error = wait(&engine).await.unwrap_err();
        assert!(error.to_string().ends_with(what), "{error}");
        let Error::InStream { target, code, .. } = &error else { panic!("{error:?}") };
        // An exit code is not an HTTP status.
        assert_eq!((target.operation().id, *code), ("ContainerInspect", None));
    }
}

#[tokio::test]
async fn a_container_without_a_health_check_is_an_error() {
    let engine = Engine::start(|seen| match seen.line.contains("/events?") {
        true => changes(0),
        false => Reply::json(200, r#"{"Config":{},"State":{"Status":"running"}}"#),
    });
    let error = wait(&engine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("/web/json): the container has no health check"), "{error}");
}
