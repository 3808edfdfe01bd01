//! Registries: images pushed and pulled with credentials and without, what a registry has, search, login.

use docker_client::prelude::*;
use docker_client::{Docker, ErrorKind, RegistryAuth, types};
use engines::case::{Context, EngineTest, Outcome, Stop};
use engines::pages::Pages;
use engines::registry::RegistryInfo;
use serde_json::json;

use crate::images::import;
use crate::support::{docker, refused, refused_with_message, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("registries::pushed_and_pulled_by_everybody", by_everybody),
        test("registries::pushed_and_pulled_by_a_user", by_a_user),
        test("registries::what_a_registry_has_is_told_without_a_pull", distribution),
        test("registries::a_login_is_checked", a_login_is_checked),
        test("registries::an_index_is_searched", an_index_is_searched),
    ]
}

/// The right credentials, and credentials of no user.
fn credentials(registry: &RegistryInfo) -> Result<(RegistryAuth, RegistryAuth), Stop> {
    let login = registry.login.as_ref().ok_or("a registry with a user")?;
    let right = RegistryAuth::password(&login.user, &login.password);
    Ok((right, RegistryAuth::password("nobody", "guess")))
}

/// An image with a name in the registry; nothing is pushed yet.
async fn image(
    cx: &Context,
    docker: &Docker,
    registry: &RegistryInfo,
) -> Result<(String, String), Stop> {
    let repository = format!("{}/{}", registry.address, cx.name("app"));
    let image = import(docker, &repository, &format!("{repository}\n")).await?;
    Ok((repository, image))
}

async fn by_everybody(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (repository, image) = image(&cx, &docker, cx.open_registry()?).await?;
    let push = docker.image_push(&repository, RegistryAuth::anonymous()).tag("1").finish().await?;
    assert!(push.digest.is_some_and(|digest| digest.starts_with("sha256:")));
    docker.image_delete(&image).send().await?;
    docker.image_create().from_image(&repository).tag("1").finish().await?;
    let found = docker.image_inspect(&image).send().await?.into_inner();
    assert_eq!(found.repo_digests.len(), 1, "{:?}", found.repo_digests);
    docker.image_delete(&image).send().await?;
    let missing = docker.image_create().from_image(&repository).tag("2").finish().await;
    refused(missing, ErrorKind::NotFound);
    let missing =
        docker.image_push(cx.name("missing"), RegistryAuth::anonymous()).tag("1").finish().await;
    refused_with_message(missing, "does not exist");
    Ok(())
}

async fn by_a_user(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let registry = cx.private_registry()?;
    let (right, wrong) = credentials(registry)?;
    let (repository, image) = image(&cx, &docker, registry).await?;
    let push = |auth: &RegistryAuth| docker.image_push(&repository, auth).tag("1").finish();
    refused_with_message(push(&RegistryAuth::anonymous()).await, "no basic auth credentials");
    refused_with_message(push(&wrong).await, "unauthorized");
    push(&right).await?;
    docker.image_delete(&image).send().await?;
    let pull = docker.image_create().from_image(&repository).tag("1");
    refused_with_message(pull.finish().await, "no basic auth credentials");
    docker.image_create().from_image(&repository).tag("1").x_registry_auth(&right).finish().await?;
    docker.image_delete(&image).send().await?;
    Ok(())
}

async fn distribution(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let registry = cx.private_registry()?;
    let (right, _) = credentials(registry)?;
    let (repository, image) = image(&cx, &docker, registry).await?;
    let push = docker.image_push(&repository, &right).tag("1").finish().await?;
    let found = docker.distribution_inspect(&image).x_registry_auth(&right).send().await?;
    let found = wire(&found.into_inner())?;
    let seen = (&found["Descriptor"]["digest"], &found["Platforms"][0]["os"]);
    assert_eq!(seen, (&json!(push.digest), &json!("linux")), "{found}");
    docker.image_delete(&image).send().await?;
    refused_with_message(
        docker.distribution_inspect(&image).send().await,
        "no basic auth credentials",
    );
    Ok(())
}

async fn a_login_is_checked(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let registry = cx.private_registry()?;
    let login = registry.login.as_ref().ok_or("a registry with a user")?;
    let auth = |password: &str| {
        let body = json!({
            "username": login.user, "password": password,
            "serveraddress": registry.address,
        });
        typed::<types::AuthConfig>(body)
    };
    let reply = docker.system_auth(auth(&login.password)?).send().await?;
    assert_eq!(wire(&reply.into_inner())?["Status"], "Login Succeeded");
    // Engines up to 28.5 answer this with status 500.
    refused_with_message(docker.system_auth(auth("guess")?).send().await, "401 Unauthorized");
    Ok(())
}

/// What an index answers to a search, in the form that registries of the first version had.
const FOUND: &str = r#"{"num_results": 1, "query": "app", "results": [
    {"name": "team/app", "description": "an application", "star_count": 7, "is_official": false, "is_automated": false}]}"#;

async fn an_index_is_searched(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    // No registry that Debian packages can be searched, so this test is one.
    let headers = "Content-Type: application/json\r\nX-Docker-Registry-Standalone: true\r\n";
    let page = |line: &str| if line.starts_with("GET /v1/search?") { FOUND } else { "{}" };
    let index = Pages::serve(headers, move |line| page(line).to_owned()).await?;
    let address = index.address();
    let found = docker.image_search(format!("{address}/app")).limit(5).send().await?.into_inner();
    let asked = index.asked();
    drop(index);
    assert!(asked.iter().any(|line| line.contains("q=app") && line.contains("n=5")), "{asked:?}");
    let found = wire(&found)?;
    assert_eq!(
        (&found[0]["name"], &found[0]["star_count"]),
        (&json!("team/app"), &json!(7)),
        "{found}"
    );
    // The server no longer listens.
    let gone = docker.image_search(format!("{address}/app")).send().await;
    refused_with_message(gone, "refused");
    Ok(())
}
