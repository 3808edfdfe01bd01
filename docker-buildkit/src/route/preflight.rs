//! Checks before a build whether the engine supports its settings, so that none of them is silently ignored.

use std::path::PathBuf;

use docker_client::{ApiVersion, Docker};

use crate::context::Source;
use crate::error::Error;
use crate::files::check_regular;
use crate::output::Kind;
use crate::plan::Plan;
use crate::settings::{Dockerfile, Settings};

/// The API of Docker 23.0, whose Dockerfile frontend supports heredocs and named contexts.
const DOCKER_23: ApiVersion = ApiVersion::new(1, 42);

/// The properties of an engine that matter for a build.
pub(super) struct Engine {
    containerd: bool,
}

impl Engine {
    /// Returns whether BuildKit pushes images itself.
    pub(super) fn pushes(&self) -> bool {
        self.containerd
    }
}

/// Requests the properties of the engine, and compares them with the needs of the build.
pub(super) async fn check(docker: &Docker, settings: &Settings) -> Result<Engine, Error> {
    let version = docker.api_version().await?.unwrap_or(ApiVersion::new(1, 39));
    if version < DOCKER_23 {
        if let Some(name) = settings.contexts.keys().next() {
            return Err(unsupported(
                format!("the named context `{name}`"),
                "named contexts need Docker 23.0 or later (API 1.42)",
            ));
        }
        if let Some(line) = heredoc(settings).await {
            return Err(unsupported(
                format!("the heredoc in line {line} of the Dockerfile"),
                "heredocs need Docker 23.0 or later (API 1.42), or a `# syntax=docker/dockerfile:1` line",
            ));
        }
    }
    if settings.push && settings.tags.is_empty() {
        return Err(Error::invalid("an image without a tag cannot be pushed: set one with `tag`"));
    }
    let needs = needs_containerd(settings);
    if needs.is_none() && !settings.push {
        return Ok(Engine { containerd: false });
    }
    let info = docker.system_info().send().await?;
    let status = info.driver_status.iter().flatten();
    let containerd = status.into_iter().any(|text| text.contains("io.containerd.snapshotter"));
    match needs {
        Some(what) if !containerd => Err(unsupported(
            what,
            "this needs the containerd image store, which is the default from Docker 29.0 on and can be switched on from \
             Docker 24.0 on",
        )),
        _ => Ok(Engine { containerd }),
    }
}

/// Makes the exporter of images push them.
pub(super) fn push_by_exporter(plan: &mut Plan) {
    for exporter in &mut plan.exporters {
        if exporter.kind == "moby" {
            exporter.attrs.insert("push".into(), "true".into());
        }
    }
}

/// Returns the error about an engine without sessions.
pub(super) fn without_buildkit(error: Error) -> Error {
    match &error {
        Error::Client(client) if client.status().is_some_and(|status| status.as_u16() == 404) => {
            unsupported(
                "BuildKit",
                "the endpoint `POST /session` is missing; use `Docker::build`, which every engine supports",
            )
        }
        _ => error,
    }
}

fn unsupported(what: impl Into<String>, reason: &str) -> Error {
    Error::Unsupported { what: what.into(), reason: reason.to_owned() }
}

fn needs_containerd(settings: &Settings) -> Option<String> {
    for output in &settings.outputs {
        match output.kind {
            Kind::Oci(_) => return Some("OCI archives".into()),
            Kind::Docker(_) => return Some("archives for `docker load`".into()),
            Kind::Image | Kind::Local(_) | Kind::Tar(_) => {}
        }
    }
    if let Some(name) = settings.attestations.keys().next() {
        return Some(format!("the attestation `{name}`"));
    }
    if settings.platforms.len() > 1 {
        return Some(format!("several platforms ({})", settings.platforms.join(", ")));
    }
    let exported = settings.cache_to.iter().find(|cache| cache.kind != "inline");
    exported.map(|cache| format!("a cache in a {}", cache.kind))
}

/// Returns the first line with a heredoc, if the built-in frontend of the engine reads the Dockerfile.
async fn heredoc(settings: &Settings) -> Option<usize> {
    let text = match (&settings.dockerfile, &settings.context.0) {
        (Dockerfile::Text(text), _) => text.to_vec(),
        (Dockerfile::Path(path), _) => read(path.clone()).await?,
        (Dockerfile::Inside(path), Source::Directory(root)) => read(root.join(path)).await?,
        (Dockerfile::Inside(path), Source::Memory(files)) => {
            files.iter().find(|file| file.path == *path)?.data.to_vec()
        }
        _ => return None,
    };
    find_heredoc(&String::from_utf8_lossy(&text))
}

/// Reads a Dockerfile. One that cannot be read is refused later, by the plan of the build.
async fn read(path: PathBuf) -> Option<Vec<u8>> {
    check_regular(&path).ok()?;
    tokio::fs::read(path).await.ok()
}

fn find_heredoc(text: &str) -> Option<usize> {
    // Another frontend may support heredocs.
    let directives = text.lines().take_while(|line| line.trim_start().starts_with('#'));
    let mut directives = directives.map(|line| line.trim_start_matches(['#', ' ']));
    if directives.any(|line| line.to_ascii_lowercase().replace(' ', "").starts_with("syntax=")) {
        return None;
    }
    let is_heredoc = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
        matches!(instruction.as_str(), "RUN" | "COPY" | "ADD")
            && words.any(|word| {
                let name = word.strip_prefix("<<").map(|name| name.trim_start_matches('-'));
                name.is_some_and(|name| {
                    let name = name.trim_matches(['"', '\'']);
                    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                })
            })
    };
    text.lines().position(is_heredoc).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heredocs_are_found_unless_another_frontend_reads_them() {
        for (text, line) in [
            ("FROM a\nRUN <<EOF\necho\nEOF\n", Some(2)),
            ("FROM a\ncopy <<-\"EOT\" /x\n", Some(2)),
            ("# syntax = docker/dockerfile:1\nFROM a\nRUN <<EOF\n", None),
            ("# a comment\nFROM a\nRUN cat <<EOF\n", Some(3)),
            ("FROM a\nRUN echo $((1<<3)) << 4\n", None),
            ("FROM a\nENV X=<<EOF\n", None),
        ] {
            assert_eq!(find_heredoc(text), line, "{text}");
        }
    }
}
