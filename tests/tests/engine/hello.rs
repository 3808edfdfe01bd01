//! The example `hello`, run as a program: it pulls its image from a registry that asks for a user, and says hello.

use engines::case::{Context, EngineTest, Outcome, Stop, test};

use crate::examples::program;
use crate::registry::wants_credentials;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("hello::pulls_from_the_private_registry_and_says_hello", pulls_and_says_hello)
            .of_images(),
        test("hello::says_what_the_registry_refused", says_what_the_registry_refused).of_images(),
        test("hello::says_that_there_is_no_engine", says_that_there_is_no_engine),
    ]
}

/// Puts an image into the private registry, and takes it from the engine. Returns its name.
async fn image_in_the_registry(cx: &Context) -> Result<String, Stop> {
    let registry = cx.private_registry()?;
    let repository = format!("{}/{}", registry.address, cx.name("hello"));
    let image = format!("{repository}:test");
    cx.http().tag(cx.image(), &repository, "test").await?;
    cx.http().push(&repository, "test", registry.login.as_ref()).await?;
    cx.http().remove_image(&image).await?;
    Ok(image)
}

async fn pulls_and_says_hello(cx: Context) -> Outcome {
    let image = image_in_the_registry(&cx).await?;
    let login = cx.private_registry()?.login.clone().ok_or("the registry has no user")?;
    let settings = [
        ("DOCKER_HOST", cx.host()),
        ("HELLO_USER", login.user.as_str()),
        ("HELLO_PASSWORD", login.password.as_str()),
    ];
    let output = program("hello", &[&image], &settings).await?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello world\n");
    assert!(output.status.success(), "{}", output.status);

    assert!(cx.http().has_image(&image).await?, "the image was pulled");
    let left = cx.http().get("/containers/json?all=1").await?.expect(200)?.json()?;
    let left = left.as_array().ok_or("no list of containers")?;
    assert!(left.iter().all(|container| container["Image"] != image.as_str()), "{left:?}");
    cx.http().remove_image(&image).await?;
    Ok(())
}

async fn says_what_the_registry_refused(cx: Context) -> Outcome {
    let image = image_in_the_registry(&cx).await?;
    let output = program("hello", &[&image], &[("DOCKER_HOST", cx.host())]).await?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(wants_credentials(&stderr), "{stderr}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    Ok(())
}

async fn says_that_there_is_no_engine(cx: Context) -> Outcome {
    let output =
        program("hello", &[cx.image()], &[("DOCKER_HOST", "unix:///nowhere/docker.sock")]).await?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("/nowhere/docker.sock"), "{stderr}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    Ok(())
}
