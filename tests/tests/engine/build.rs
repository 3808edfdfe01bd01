//! Builds from a directory, an archive, a stream and an address, with all that a build takes.

use std::fs;
use std::path::Path;

use docker_client::prelude::*;
use docker_client::{Body, BuildContext, Docker, Error, KeyValues, RegistryAuth, RegistryConfig};
use engines::case::{Context, EngineTest, Outcome, Stop, test, until};
use engines::pages::Pages;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::overlay::docker;
use crate::registry::pushed;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("build::a_folder_becomes_an_image", a_folder_becomes_an_image).on_podman().of_images(),
        test("build::a_dockerfile_may_lie_elsewhere", a_dockerfile_may_lie_elsewhere).on_podman(),
        test("build::an_archive_and_a_stream_are_taken", an_archive_and_a_stream_are_taken),
        test("build::the_engine_fetches_an_address", the_engine_fetches_an_address),
        test("build::a_step_that_fails_is_an_error", a_step_that_fails_is_an_error)
            .on_podman()
            .of_images(),
        test("build::a_base_image_is_pulled_with_credentials", a_base_image_is_pulled).of_images(),
        test("build::a_file_that_is_gone_ends_the_build", a_file_that_is_gone_ends_the_build),
        test("build::dropping_it_ends_the_build", dropping_it_ends_the_build),
    ]
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> Result<TempDir, Stop> {
    let directory = tempfile::tempdir()?;
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        fs::write(path, text)?;
    }
    Ok(directory)
}

/// What a script writes in a container of the image, which is removed then.
async fn asked(cx: &Context, docker: &Docker, image: &str, script: &str) -> Result<String, Stop> {
    let label = cx.label().to_owned();
    let run = docker.run(image).cmd(["sh", "-c", script]);
    let run = run.configure(|config| drop(config.labels.insert(label, String::new())));
    let output = run.output().await?;
    docker.container_delete(&output.id).send().await?;
    assert_eq!(output.code, 0, "{output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

async fn remove(docker: &Docker, image: &str) -> Outcome {
    docker.image_delete(image).force(true).send().await?;
    Ok(())
}

async fn a_folder_becomes_an_image(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!(
        "FROM {0} AS base\nARG WORD\nARG OTHER=default\nCOPY . /context\n\
         RUN echo $WORD $OTHER > /word\nFROM {0} AS unwanted\nRUN exit 1\n",
        cx.image()
    );
    let files = [
        ("app.Dockerfile", &*dockerfile),
        (".dockerignore", "secret*\n*.Dockerfile\n**/*.log\n!keep.log\n"),
        ("secret.txt", "s"),
        ("keep.log", "k"),
        ("sub/drop.log", "d"),
        ("sub/main.sh", "echo ran"),
    ];
    let directory = directory(&files)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        symlink("sub/main.sh", directory.path().join("link"))?;
        let mode = fs::Permissions::from_mode(0o750);
        fs::set_permissions(directory.path().join("sub/main.sh"), mode)?;
    }
    let (name, second) = (cx.name("app") + ":1", cx.name("other"));
    let arguments = KeyValues::from([("WORD", "a \"b\" c")]).without_value("OTHER");
    let built = docker
        .build(BuildContext::from_dir(directory.path()).dockerfile("app.Dockerfile"))
        .t([&name, &second])
        .buildargs(arguments)
        .labels(KeyValues::from([("team", "web")]))
        .target("base")
        .finish()
        .await?;
    let id = built.image_id.ok_or("no id at the end of the build")?;
    let image = docker.image_inspect(&name).send().await?.into_inner();
    assert_eq!(image.id.as_deref(), Some(&*id));
    let labels = image.config.ok_or("no configuration")?.labels;
    assert_eq!(labels.get("team").map(String::as_str), Some("web"));
    let script = "cat /word; cd /context; find . -not -type d | sort; readlink link; \
                  stat -c '%a %u:%g' sub/main.sh";
    let found = asked(&cx, &docker, &second, script).await?;
    // Podman takes a build argument without a value for an empty one.
    let other = if cx.engine().is_podman() { "" } else { " default" };
    // What is ignored is not in the image, though the engine had the Dockerfile.
    let files = "./.dockerignore\n./keep.log\n./link\n./sub/main.sh\n\
                    sub/main.sh\n750 0:0\n";
    assert_eq!(found, format!("a \"b\" c{other}\n{files}"));
    remove(&docker, &second).await?;
    remove(&docker, &name).await
}

async fn a_dockerfile_may_lie_elsewhere(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY . /context\n", cx.image());
    let files =
        [("elsewhere", &*dockerfile), ("app/Dockerfile", "FROM no.such/image"), ("app/a", "")];
    let outer = directory(&files)?;
    let name = cx.name("elsewhere");
    let context = BuildContext::from_dir(outer.path().join("app")).dockerfile("../elsewhere");
    docker.build(context).t([&name]).finish().await?;
    let found = asked(&cx, &docker, &name, "ls -A /context").await?;
    assert_eq!(found, "Dockerfile\na\n", "neither the Dockerfile nor what names it");
    remove(&docker, &name).await
}

async fn an_archive_and_a_stream_are_taken(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let text = format!("FROM {}\nCOPY . /context\n", cx.image());
    let directory = directory(&[("Dockerfile", &text), ("a", "x")])?;
    let archive = tempfile::NamedTempFile::new()?;
    let packed = BuildContext::from_dir(directory.path()).gzip().into_body();
    // The stream that would be sent to the engine is written to a file.
    let mut file = tokio::fs::File::create(archive.path()).await?;
    let mut packed = std::pin::pin!(http_body_util::BodyStream::new(packed));
    while let Some(frame) = futures_util::StreamExt::next(&mut packed).await {
        file.write_all(&frame?.into_data().map_err(|_| "no data")?).await?;
    }
    file.flush().await?;
    assert_eq!(fs::read(archive.path())?[..2], [0x1f, 0x8b], "it is packed");
    let from_file = docker.image_build().body(Body::from_path(archive.path()));
    let stream = tokio::fs::File::open(archive.path()).await?;
    let from_stream = docker.image_build().body(Body::from_reader(stream));
    let from_folder = docker.build(BuildContext::from_dir(directory.path()).gzip());
    let mut ids = Vec::new();
    for build in [from_file, from_stream, from_folder] {
        ids.extend(build.finish().await?.image_id);
    }
    assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    remove(&docker, &ids[0]).await
}

async fn the_engine_fetches_an_address(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("remote");
    let dockerfile = format!("FROM {}\nLABEL from=afar\n", cx.image());
    let server = Pages::serve("Content-Type: text/plain\r\n", move |_| dockerfile.clone()).await?;
    let address = format!("http://{}/Dockerfile", server.address());
    docker.image_build().remote(address).t([&name]).finish().await?;
    let image = docker.image_inspect(&name).send().await?.into_inner();
    let labels = image.config.ok_or("no configuration")?.labels;
    assert_eq!(labels.get("from").map(String::as_str), Some("afar"));
    remove(&docker, &name).await
}

async fn a_step_that_fails_is_an_error(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let text = format!("FROM {}\nRUN echo before the end; exit 7\n", cx.image());
    let build = docker.build(BuildContext::from_dockerfile(text)).forcerm(true);
    let mut progress = build.progress().await?;
    let (mut output, mut failure) = (String::new(), None);
    while let Some(report) = progress.next().await {
        match report {
            Ok(report) => output.extend(report.stream),
            Err(error) => failure = Some(error),
        }
    }
    assert!(output.contains("before the end"), "{output}");
    match failure {
        Some(Error::InStream { message, code, .. }) => {
            assert!(message.contains("exit") && message.contains('7'), "{message}");
            assert!(code == Some(7) || cx.engine().is_podman(), "{code:?}");
        }
        other => return Err(format!("{other:?} after {output}").into()),
    }
    Ok(())
}

async fn a_base_image_is_pulled(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (auth, image) = pushed(&cx, &docker).await?;
    let name = cx.name("derived");
    let build = || {
        let text = format!("FROM {image}\nLABEL derived=yes\n");
        docker.build(BuildContext::from_dockerfile(text)).t([&name])
    };
    let address = image.split('/').next().unwrap_or_default();
    let wrong = RegistryConfig::new().with(address, RegistryAuth::password("nobody", "p?>~"));
    for refused in [build(), build().auth(&wrong)] {
        let error = refused.finish().await.unwrap_err();
        assert!(matches!(error, Error::InStream { .. }), "{error:?}");
    }
    let right = RegistryConfig::new().with(address, auth);
    build().auth(&right).finish().await?;
    remove(&docker, &name).await?;
    remove(&docker, &image).await
}

async fn a_file_that_is_gone_ends_the_build(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let missing = BuildContext::from_dir(Path::new("/no/such/directory"));
    let error = docker.build(missing).finish().await.unwrap_err();
    assert!(matches!(error, Error::Body { .. }), "{error:?}");
    assert!(format!("{error:?}").contains("/no/such/directory: "), "{error:?}");
    Ok(())
}

async fn dropping_it_ends_the_build(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let command = format!("sleep 1000; echo {}", cx.name("dropped"));
    let text = format!("FROM {}\nRUN {command}\n", cx.image());
    let mut progress = docker.build(BuildContext::from_dockerfile(text)).progress().await?;
    let running = async || {
        let all = docker.container_list().send().await?.into_inner();
        let ours = |command: &Option<String>| command.iter().any(|text| text.contains(cx.label()));
        Ok::<_, Stop>(all.iter().any(|container| ours(&container.command)))
    };
    while !running().await? {
        tokio::select! {
            report = progress.next() => drop(report.ok_or("the build ended")??),
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
        }
    }
    drop(progress);
    until("the end of the step", async || Ok((!running().await?).then_some(()))).await
}
