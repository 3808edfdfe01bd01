//! Examples about images: list, pull, push, import, save and load.

use std::path::Path;

use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop, test, until};

use super::terminal::Terminal;
use super::{program, run, succeeded};
use crate::registry::{has_no_image, wants_credentials};

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::list_images", list_images).on_podman().of_images(),
        test("examples::pull", pull),
        test("examples::pull_bars", pull_bars),
        test("examples::pull_private", pull_private).of_images(),
        test("examples::build", build),
        test("examples::import", import),
        test("examples::save_load", save_load),
        test("examples::push", push).of_images(),
    ]
}

/// Puts an image of this content into the open registry alone. Returns its name.
async fn in_the_registry(cx: &Context, content: &str) -> Result<String, Stop> {
    let repository = format!("{}/{}", cx.open_registry()?.address, cx.name("image"));
    let archive = archive::of(&[("content", content)]);
    cx.http().import(&cx.name("image"), "test", archive).await?;
    cx.http().tag(&format!("{}:test", cx.name("image")), &repository, "test").await?;
    cx.http().push(&repository, "test", None).await?;
    cx.http().remove_image(&format!("{repository}:test")).await?;
    cx.http().remove_image(&format!("{}:test", cx.name("image"))).await?;
    Ok(format!("{repository}:test"))
}

fn text(path: &Path) -> Result<&str, Stop> {
    Ok(path.to_str().ok_or("a path that is text")?)
}

async fn list_images(cx: Context) -> Outcome {
    let list = run(&cx, "list_images", &[]).await?;
    let line = list.lines().find(|line| line.contains(cx.image())).unwrap_or_default();
    assert!(line.ends_with(" MB") && !line.contains("0.0 MB"), "{list}");
    Ok(())
}

async fn pull(cx: Context) -> Outcome {
    let image = in_the_registry(&cx, &cx.name("pull")).await?;
    let output = run(&cx, "pull", &[&image]).await?;
    assert!(output.starts_with("test: Pulling from "), "{output}");
    assert!(output.contains(": Pull complete\n") && output.contains("Digest: sha256:"), "{output}");
    assert!(cx.http().has_image(&image).await?);
    cx.http().remove_image(&image).await?;

    let nothing = image.replace(":test", ":nothing");
    let missing = program("pull", &[&nothing], &[("DOCKER_HOST", cx.host())]).await?;
    let stderr = String::from_utf8_lossy(&missing.stderr);
    assert!(!missing.status.success() && has_no_image(&stderr), "{stderr}");
    Ok(())
}

async fn pull_bars(cx: Context) -> Outcome {
    // Random letters compress only to three quarters of their size.
    let mut state = 1_u32;
    let letter = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + (state >> 26) as u8)
    };
    let content: String = (0..4_000_000).map(letter).collect();
    let image = in_the_registry(&cx, &content).await?;
    let settings = [("DOCKER_HOST", cx.host()), ("TERM", "xterm")];
    // An engine reports the progress of a layer only while the client reads, and skips what has passed by then.
    until("a bar", async || {
        let mut terminal = Terminal::open(24, 100)?;
        terminal.start("pull_bars", &[&image], &settings)?;
        terminal.expect(&format!("pulled {image}")).await?;
        assert_eq!(terminal.exit_code().await?, 0);
        cx.http().remove_image(&image).await?;
        let seen = terminal.seen();
        assert!(seen.contains(": Pull complete") && seen.contains("Digest: sha256:"), "{seen:?}");
        Ok((seen.contains("Downloading [") && seen.contains("B/3.")).then_some(()))
    })
    .await
}

async fn pull_private(cx: Context) -> Outcome {
    let registry = cx.private_registry()?;
    let login = registry.login.clone().ok_or("the registry has no user")?;
    let repository = format!("{}/{}", registry.address, cx.name("private"));
    let image = format!("{repository}:test");
    cx.http().tag(cx.image(), &repository, "test").await?;
    cx.http().push(&repository, "test", Some(&login)).await?;
    cx.http().remove_image(&image).await?;

    let host = ("DOCKER_HOST", cx.host());
    let stranger = program("pull_private", &[&image], &[host]).await?;
    let stderr = String::from_utf8_lossy(&stranger.stderr);
    assert!(!stranger.status.success() && wants_credentials(&stderr), "{stderr}");

    let given = [host, ("REGISTRY_USER", &login.user), ("REGISTRY_PASSWORD", &login.password)];
    let output = succeeded(&program("pull_private", &[&image], &given).await?)?;
    assert_eq!(output, format!("pulled {image}\n"));
    cx.http().remove_image(&image).await?;

    // As `docker login` writes it.
    let auth = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        format!("{}:{}", login.user, login.password),
    );
    let directory = tempfile::tempdir()?;
    let config = serde_json::json!({"auths": {&registry.address: {"auth": auth}}});
    std::fs::write(directory.path().join("config.json"), config.to_string())?;
    let stored = [host, ("DOCKER_CONFIG", text(directory.path())?)];
    let output = succeeded(&program("pull_private", &[&image], &stored).await?)?;
    assert_eq!(output, format!("pulled {image}\n"));
    cx.http().remove_image(&image).await?;
    Ok(())
}

async fn build(cx: Context) -> Outcome {
    let (image, directory) = (cx.name("built"), tempfile::tempdir()?);
    let steps = "ARG VERSION\nCOPY . /app/\nRUN echo version $VERSION | tee /version\n";
    for (name, text) in [
        ("Dockerfile", format!("FROM {}\n{steps}", cx.image())),
        (".dockerignore", "*.secret\n".to_owned()),
        ("kept.txt", "kept\n".to_owned()),
        ("left.secret", "left out\n".to_owned()),
    ] {
        std::fs::write(directory.path().join(name), text)?;
    }
    let output = run(&cx, "build", &[text(directory.path())?, &image, "VERSION=1.2.3"]).await?;
    assert!(
        output.contains("Step 1/4 : FROM ") && output.contains("\nversion 1.2.3\n"),
        "{output}"
    );
    let built = output.lines().find_map(|line| line.strip_prefix("built ")).unwrap_or_default();
    let found =
        cx.http().get(&format!("/images/{image}:latest/json")).await?.expect(200)?.json()?;
    assert_eq!(found["Id"], built, "{output}");

    let mut config = cx.container(&["sh", "-c", "cat /version; ls /app"]);
    config["Image"] = image.as_str().into();
    let output = cx.http().run(&cx.name("run"), &config).await?;
    assert_eq!(output.stdout, "version 1.2.3\nDockerfile\nkept.txt\n");
    cx.http().remove_image(&image).await?;
    Ok(())
}

async fn import(cx: Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let archive = directory.path().join("root.tar");
    std::fs::write(&archive, archive::of(&[("content", "imported")]))?;
    let image = cx.name("root");
    let output = run(&cx, "import", &[text(&archive)?, &image, "one"]).await?;
    assert_eq!(output, format!("imported {image}:one\n"));
    let found = cx.http().get(&format!("/images/{image}:one/json")).await?.expect(200)?.json()?;
    assert_eq!(found["Config"]["Cmd"], serde_json::json!(["sh"]));
    cx.http().remove_image(&format!("{image}:one")).await?;
    Ok(())
}

async fn save_load(cx: Context) -> Outcome {
    let (image, directory) = (format!("{}:one", cx.name("saved")), tempfile::tempdir()?);
    cx.http().tag(cx.image(), &cx.name("saved"), "one").await?;
    let archive = directory.path().join("saved.tar");
    let output = run(&cx, "save_load", &[&image, text(&archive)?]).await?;
    let bytes = std::fs::metadata(&archive)?.len();
    let expected = format!("saved {bytes} bytes to {}\nLoaded image: {image}\n", archive.display());
    assert_eq!(output, expected);
    cx.http().remove_image(&image).await?;
    let file = std::fs::File::open(&archive)?;
    let mut saved = tar::Archive::new(file);
    let names: Vec<String> = saved
        .entries()?
        .map(|entry| Ok(entry?.path()?.display().to_string()))
        .collect::<std::io::Result<_>>()?;
    assert!(names.iter().any(|name| name == "manifest.json"), "{names:?}");
    Ok(())
}

async fn push(cx: Context) -> Outcome {
    let repository = format!("{}/{}", cx.open_registry()?.address, cx.name("pushed"));
    let target = format!("{repository}:mine");
    let output = run(&cx, "push", &[cx.image(), &target]).await?;
    assert!(output.starts_with(&format!("pushed {target} as sha256:")), "{output}");
    cx.http().remove_image(&target).await?;
    cx.http().pull(&repository, "mine", None).await?;
    cx.http().remove_image(&target).await?;
    Ok(())
}
