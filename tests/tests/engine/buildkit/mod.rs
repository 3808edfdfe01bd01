//! Builds with BuildKit.

mod contexts;
mod faults;
mod features;
mod registries;

use std::fs;
use std::path::Path;

use docker_buildkit::{Build, BuildStream, BuildkitExt, Built, Event};
use docker_client::Docker;
use engines::case::{Context, EngineTest, Outcome, Stop};
use tempfile::TempDir;

pub(crate) fn tests() -> Vec<EngineTest> {
    [contexts::tests(), faults::tests(), features::tests(), registries::tests()]
        .into_iter()
        .flatten()
        .collect()
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> Result<TempDir, Stop> {
    let directory = tempfile::tempdir()?;
    for (name, text) in files {
        write(directory.path(), name, text)?;
    }
    Ok(directory)
}

fn write(directory: &Path, name: &str, text: &str) -> Outcome {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().ok_or("no parent")?)?;
    fs::write(path, text)?;
    Ok(())
}

/// A build of a Dockerfile that begins from the test's image, in a directory of its own.
fn build_of(cx: &Context, docker: &Docker, steps: &str) -> Result<(TempDir, Build), Stop> {
    let directory = directory(&[("Dockerfile", &format!("FROM {}\n{steps}", cx.image()))])?;
    let build = docker.buildkit(directory.path());
    Ok((directory, build))
}

/// What the steps of a build wrote, and what it made.
async fn output(build: Build) -> Result<(String, Built), Stop> {
    let mut stream = build.progress().await?;
    let text = rest(&mut stream).await?;
    Ok((text, stream.finish().await?))
}

/// Everything that steps write until the end of the build.
async fn rest(stream: &mut BuildStream) -> Result<String, Stop> {
    let mut text = Vec::new();
    while let Some(event) = stream.next().await {
        if let Event::Log { data, .. } = event? {
            text.extend_from_slice(&data);
        }
    }
    Ok(String::from_utf8(text)?)
}

/// Whether the engine is as old as 20.10, whose Dockerfile frontend knows less.
async fn is_old(docker: &Docker) -> Result<bool, Stop> {
    let version = docker.api_version().await?.ok_or("no version")?;
    Ok(version < docker_client::ApiVersion::new(1, 42))
}

async fn remove(docker: &Docker, image: &str) -> Outcome {
    docker.image_delete(image).force(true).send().await?;
    Ok(())
}
