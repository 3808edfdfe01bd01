//! What the tests of all areas use: the client, bodies from their wire form, refusals, containers that run a script.

use std::fmt::Debug;

use docker_client::{Docker, Error, ErrorKind, types};
use engines::case::{Context, EngineTest, Outcome, Stop};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::record;

/// Registers a test whose calls are noted.
pub(crate) fn test<F, R>(name: &str, body: F) -> EngineTest
where
    F: Fn(Context) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + 'static,
{
    engines::case::test(name, move |cx: Context| record::noting(body(cx)))
}

/// A client of the test's engine, which speaks the API version that it was generated for, or the engine's if that is
/// the lower one.
pub(crate) fn docker(cx: &Context) -> Result<Docker, Stop> {
    client(cx.host())
}

/// A client of the engine at this address.
pub(crate) fn client(host: &str) -> Result<Docker, Stop> {
    Ok(Docker::builder().environment([("", ""); 0]).host(host.parse()?).connect()?)
}

/// Converts a body from its wire form to the type of this API version. Fields of later versions are left out.
pub(crate) fn typed<T: DeserializeOwned>(body: Value) -> Result<T, Stop> {
    Ok(serde_json::from_value(body)?)
}

/// A decoded response in its wire form, so that a test can read fields that one API version has and another
/// does not have.
pub(crate) fn wire<T: Serialize>(reply: &T) -> Result<Value, Stop> {
    Ok(serde_json::to_value(reply)?)
}

/// The text of the error that the call had to end with.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>, kind: ErrorKind) -> String {
    let error = result.expect_err("a refusal");
    assert_eq!(error.kind(), kind, "{error}");
    record::failed_in_stream(&error);
    error.to_string()
}

/// Asserts that the call ended with an error which says this, where engines differ in the status that they give it.
#[track_caller]
pub(crate) fn refused_with_message<T: Debug>(result: Result<T, Error>, text: &str) {
    let error = result.expect_err("a refusal");
    record::failed_in_stream(&error);
    assert!(error.to_string().contains(text), "{text:?} is not in: {error}");
}

/// Whether this version of the API or a later one was negotiated with the engine.
pub(crate) async fn speaks(docker: &Docker, minor: u16) -> Result<bool, Stop> {
    let version = docker.api_version().await?;
    Ok(version.is_none_or(|version| version >= docker_client::ApiVersion::new(1, minor)))
}

/// The configuration of a container that runs a script.
pub(crate) fn script(cx: &Context, script: &str) -> Value {
    cx.container(&["sh", "-c", script])
}

/// Creates a container and returns its id.
pub(crate) async fn create(docker: &Docker, name: &str, body: Value) -> Result<String, Stop> {
    let body = typed::<types::ContainerCreateBody>(body)?;
    Ok(docker.container_create(body).name(name).send().await?.into_inner().id)
}

/// Creates and starts a container, and returns its id.
pub(crate) async fn start(docker: &Docker, name: &str, body: Value) -> Result<String, Stop> {
    let id = create(docker, name, body).await?;
    docker.container_start(&id).send().await?;
    Ok(id)
}

/// A container that sleeps until it is removed.
pub(crate) async fn sleeper(cx: &Context, docker: &Docker, name: &str) -> Result<String, Stop> {
    let mut body = cx.container(&["sleep", "1000"]);
    // The first process of a container ignores every other signal.
    body["StopSignal"] = "SIGKILL".into();
    start(docker, &cx.name(name), body).await
}

/// The first file of a tar whose path ends so, as text.
pub(crate) fn unpack(tar: &[u8], name: &str) -> Result<Option<String>, Stop> {
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        if entry.path()?.ends_with(name) {
            return Ok(Some(std::io::read_to_string(&mut entry)?));
        }
    }
    Ok(None)
}

/// Labels that have the containers, networks and volumes removed after the test.
pub(crate) fn labels(cx: &Context) -> Value {
    json!({cx.label(): ""})
}
