//! What a client takes from the environment, and what stands before it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use docker_client::{ApiVersion, Docker, Error};

fn connect(variables: &[(&str, &str)]) -> Result<Docker, Error> {
    Docker::builder().environment(variables.iter().copied()).connect()
}

#[test]
fn the_host_is_the_one_that_is_named_else_the_default() {
    let host = |variables: &[(&str, &str)]| connect(variables).unwrap().host().to_string();
    assert_eq!(host(&[]), "unix:///var/run/docker.sock");
    assert_eq!(host(&[("DOCKER_HOST", " ")]), "unix:///var/run/docker.sock");
    assert_eq!(host(&[("DOCKER_HOST", "tcp://engine")]), "tcp://engine:2375");
    let build = Docker::builder().environment([("DOCKER_HOST", "tcp://engine")]);
    let docker = build.host("unix:///run/x".parse().unwrap()).connect().unwrap();
    assert_eq!(docker.host().to_string(), "unix:///run/x");
}

#[test]
fn a_host_that_cannot_be_read_names_the_variable() {
    let error = connect(&[("DOCKER_HOST", "ftp://engine")]).unwrap_err().to_string();
    assert!(error.starts_with("DOCKER_HOST: the scheme \"ftp\" is not supported"), "{error}");
}

#[tokio::test]
async fn the_version_is_pinned_by_the_variable_unless_the_program_does() {
    let pinned = [("DOCKER_API_VERSION", "v1.38")];
    let version = connect(&pinned).unwrap().api_version().await.unwrap();
    assert_eq!(version, Some(ApiVersion::new(1, 38)));
    let build = Docker::builder().environment(pinned).api_version(ApiVersion::new(1, 40));
    let version = build.connect().unwrap().api_version().await.unwrap();
    assert_eq!(version, Some(ApiVersion::new(1, 40)));
    let error = connect(&[("DOCKER_API_VERSION", "latest")]).unwrap_err().to_string();
    assert!(error.starts_with("DOCKER_API_VERSION: \"latest\" is no API version"), "{error}");
}
