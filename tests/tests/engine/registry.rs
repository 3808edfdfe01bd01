//! Pulling and pushing with docker-client, through a registry that asks for a user and a password.

use docker_client::prelude::*;
use docker_client::{Docker, ErrorKind, RegistryAuth};
use engines::case::{Context, EngineTest, Outcome, Stop, test};

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("registry::credentials_let_in_and_wrong_ones_do_not", credentials_let_in).of_images(),
        test("registry::run_pulls_what_is_missing", run_pulls_what_is_missing).of_images(),
    ]
}

/// Whether a message says that a registry wants credentials, as every engine and store has it.
pub(crate) fn wants_credentials(message: &str) -> bool {
    let parts = ["no basic auth credentials", "401 Unauthorized", "authorization failed"];
    parts.iter().any(|part| message.contains(part))
}

/// Whether a message says that a registry does not have an image, as every engine and store has it.
pub(crate) fn has_no_image(message: &str) -> bool {
    message.contains("manifest unknown")
        || message.contains("failed to resolve reference") && message.contains("not found")
}

/// The right credentials for the private registry, and the name of an image in it that was pushed there.
pub(crate) async fn pushed(cx: &Context, docker: &Docker) -> Result<(RegistryAuth, String), Stop> {
    let registry = cx.private_registry()?;
    let login = registry.login.as_ref().ok_or("a registry with a user")?;
    let auth = RegistryAuth::password(&login.user, &login.password);
    let repository = format!("{}/{}", registry.address, cx.name("app"));
    docker.image_tag(cx.image(), &repository).tag("1").send().await?;
    let push = docker.image_push(&repository, &auth).tag("1").finish().await?;
    let digest = push.digest.ok_or("no digest at the end of the push")?;
    assert!(digest.starts_with("sha256:"), "{digest}");
    let image = format!("{repository}:1");
    docker.image_delete(&image).send().await?;
    Ok((auth, image))
}

async fn credentials_let_in(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (auth, image) = pushed(&cx, &docker).await?;
    for wrong in [None, Some(RegistryAuth::password("nobody", "p?>~"))] {
        let mut pull = docker.pull(&image);
        if let Some(wrong) = &wrong {
            pull = pull.auth(wrong);
        }
        // Engines disagree on the status and on the text.
        let error = pull.finish().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(!cx.http().has_image(&image).await?);
    }
    let mut progress = docker.pull(&image).auth(&auth).progress().await?;
    let mut status = Vec::new();
    while let Some(report) = progress.next().await {
        status.extend(report?.status);
    }
    assert!(status.iter().any(|line| line.starts_with("Digest: sha256:")), "{status:?}");
    assert!(cx.http().has_image(&image).await?);
    docker.image_delete(&image).send().await?;
    Ok(())
}

async fn run_pulls_what_is_missing(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (auth, image) = pushed(&cx, &docker).await?;
    let error = docker.run(&image).cmd(["true"]).remove(true).output().await.unwrap_err();
    assert!(error.to_string().contains("ImageCreate"), "{error}");
    let output =
        docker.run(&image).cmd(["echo", "pulled"]).auth(auth).remove(true).output().await?;
    assert_eq!(output.stdout, b"pulled\n");
    docker.image_delete(&image).send().await?;
    Ok(())
}
