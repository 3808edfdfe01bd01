//! Base images and pushes with credentials.

use docker_buildkit::BuildkitExt as _;
use docker_client::Docker;
use docker_client::prelude::*;
use engines::case::{Context, EngineTest, Outcome, test};

use super::{directory, remove};
use crate::overlay::docker;
use crate::registry::{pushed, wants_credentials};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("buildkit::a_private_registry_is_pulled_from_and_pushed_to", a_private_registry)
            .of_images(),
    ]
}

async fn a_private_registry(cx: Context) -> Outcome {
    let plain = docker(&cx)?;
    let (_auth, base) = pushed(&cx, &plain).await?;
    let registry = cx.private_registry()?;
    let login = registry.login.as_ref().ok_or("a registry with a user")?;
    // As `docker login` stores them.
    let config_directory = tempfile::tempdir()?;
    let stored = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", login.user, login.password),
    );
    let config = serde_json::json!({ "auths": { &registry.address: { "auth": stored } } });
    std::fs::write(config_directory.path().join("config.json"), config.to_string())?;
    let docker_config = config_directory.path().display().to_string();
    let docker = Docker::builder()
        .environment([("DOCKER_CONFIG", docker_config), ("DOCKER_HOST", cx.host().to_owned())])
        .connect()?;

    let files =
        directory(&[("Dockerfile", &format!("FROM {base}\nRUN echo {} > /x\n", cx.name("x")))])?;
    let anonymous = Docker::builder().host(cx.host().parse()?).without_credentials().connect()?;
    let error = anonymous.buildkit(files.path()).build().await.unwrap_err().to_string();
    assert!(error.contains("authorization") || wants_credentials(&error), "{error}");

    let target = format!("{}/{}:2", registry.address, cx.name("pushed"));
    let built = docker.buildkit(files.path()).tag(&target).push().build().await?;
    let digest = built.digest.ok_or("no digest")?;
    assert!(digest.starts_with("sha256:"), "{digest}");
    remove(&docker, &target).await?;
    docker.pull(&target).finish().await?;
    remove(&docker, &target).await
}
