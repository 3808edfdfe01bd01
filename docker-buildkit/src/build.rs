//! [`Build`], the builder of a build.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_client::Docker;

use crate::built::Built;
use crate::context::Context;
use crate::error::Error;
use crate::output::{Cache, Output};
use crate::route;
use crate::secret::Secret;
use crate::settings::{Dockerfile, Settings};
use crate::stream::BuildStream;

/// A builder for a build with BuildKit. [`BuildkitExt::buildkit`](crate::BuildkitExt::buildkit) returns it.
///
/// Nothing is read or sent until the future of [`build`](Self::build) or [`progress`](Self::progress) is polled.
/// Dropping it, or the stream, cancels the build on the engine. Unless a method states otherwise, it works on every
/// engine with BuildKit: Docker 18.09 or later (API 1.39).
#[derive(Debug, Clone)]
#[must_use = "a build does nothing until it is started"]
pub struct Build {
    docker: Docker,
    settings: Settings,
}

impl Build {
    pub(crate) fn new(docker: Docker, context: Context) -> Self {
        Self { docker, settings: Settings::new(context) }
    }

    /// Sets the path of the Dockerfile: relative to the context, or absolute on this machine. The default is
    /// `Dockerfile`.
    pub fn dockerfile(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        self.settings.dockerfile = if path.is_absolute() {
            Dockerfile::Path(path.to_owned())
        } else {
            Dockerfile::Inside(path.to_string_lossy().replace('\\', "/"))
        };
        self
    }

    /// Sets the contents of the Dockerfile, which is then not read from the context.
    pub fn dockerfile_text(mut self, text: impl Into<Bytes>) -> Self {
        self.settings.dockerfile = Dockerfile::Text(text.into());
        self
    }

    /// Adds a name for the image, such as `app:1` or `registry.example.com/team/app:1`.
    pub fn tag(mut self, name: impl Into<String>) -> Self {
        self.settings.tags.push(name.into());
        self
    }

    /// Sets a build argument that `ARG` in the Dockerfile declares. Do not pass secrets: the history of the image
    /// contains the value.
    pub fn build_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.build_args.insert(name.into(), value.into());
        self
    }

    /// Sets a label of the image.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.labels.insert(name.into(), value.into());
        self
    }

    /// Sets the stage to build. The default is the last one.
    pub fn target(mut self, stage: impl Into<String>) -> Self {
        self.settings.target = Some(stage.into());
        self
    }

    /// Adds a platform to build for, such as `linux/amd64` or `linux/arm64/v8`. The default is the platform of the
    /// engine. More than one requires the containerd image store.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.settings.platforms.push(platform.into());
        self
    }

    /// Provides a secret to steps that mount it with `RUN --mount=type=secret,id=…`.
    ///
    /// `RUN --mount` needs Docker 20.10, or `# syntax=docker/dockerfile:1` on older engines.
    pub fn secret(mut self, id: impl Into<String>, secret: Secret) -> Self {
        self.settings.secrets.insert(id.into(), secret);
        self
    }

    /// Provides the SSH agent of `SSH_AUTH_SOCK` to steps that mount it with `RUN --mount=type=ssh`.
    ///
    /// Steps can list the keys of the agent and sign with them. All other requests, such as adding a key, are refused.
    /// `RUN --mount` needs Docker 20.10, or `# syntax=docker/dockerfile:1` on older engines.
    pub fn ssh_agent(mut self) -> Self {
        self.settings.agents.insert("default".into(), None);
        self
    }

    /// Provides the SSH agent that listens on `socket` to steps that mount it with `RUN --mount=type=ssh,id=…`.
    /// Otherwise it is like [`ssh_agent`](Self::ssh_agent).
    pub fn ssh_agent_at(mut self, id: impl Into<String>, socket: impl Into<PathBuf>) -> Self {
        self.settings.agents.insert(id.into(), Some(socket.into()));
        self
    }

    /// Adds an output. The default is an image on the engine. Engines before API 1.54 support one output.
    pub fn output(mut self, output: Output) -> Self {
        self.settings.outputs.push(output);
        self
    }

    /// Pushes the image to the registries of its tags after the build, with the credentials of the client.
    ///
    /// With the containerd image store, BuildKit pushes the image; on other engines, this crate sends
    /// `POST /images/{name}/push`, and the progress of the push follows that of the build. A build without a tag fails
    /// with [`Error::Invalid`].
    pub fn push(mut self) -> Self {
        self.settings.push = true;
        self
    }

    /// Adds a cache to read, besides that of the engine.
    pub fn cache_from(mut self, cache: Cache) -> Self {
        self.settings.cache_from.push(cache);
        self
    }

    /// Exports the cache of the build, so that other engines can use it. All but [`Cache::inline`] require the
    /// containerd image store.
    pub fn cache_to(mut self, cache: Cache) -> Self {
        self.settings.cache_to.push(cache);
        self
    }

    /// Adds a named context, which `COPY --from=…` and `FROM` in the Dockerfile can refer to. Since API 1.42 (Docker
    /// 23.0).
    pub fn context(mut self, name: impl Into<String>, context: impl Into<Context>) -> Self {
        self.settings.contexts.insert(name.into(), context.into());
        self
    }

    /// Runs all steps again instead of using the cache.
    pub fn no_cache(mut self) -> Self {
        self.settings.no_cache = Some(Vec::new());
        self
    }

    /// Runs the steps of these stages again instead of using the cache.
    pub fn no_cache_stages<S: Into<String>>(mut self, stages: impl IntoIterator<Item = S>) -> Self {
        self.settings.no_cache = Some(stages.into_iter().map(Into::into).collect());
        self
    }

    /// Pulls the base images even if the engine has them, so that newer ones are used.
    pub fn pull(mut self) -> Self {
        self.settings.pull = true;
        self
    }

    /// Sets the network of `RUN` steps: `default`, `none` or `host`. The configuration of the engine may forbid `host`.
    pub fn network(mut self, mode: impl Into<String>) -> Self {
        self.settings.network = Some(mode.into());
        self
    }

    /// Adds a host name and its IP address to `/etc/hosts` of `RUN` steps.
    pub fn add_host(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.settings.hosts.push((name.into(), address.into()));
        self
    }

    /// Attaches a software bill of materials to the image. Requires the containerd image store.
    pub fn sbom(mut self) -> Self {
        self.settings.attestations.insert("sbom".into(), String::new());
        self
    }

    /// Attaches a record of how the image was built. `mode` is `min` or `max`. Requires the containerd image store.
    pub fn provenance(mut self, mode: impl Into<String>) -> Self {
        self.settings.attestations.insert("provenance".into(), format!("mode={}", mode.into()));
        self
    }

    /// Sends all files of the context, including those that the engine has from an earlier build.
    ///
    /// BuildKit keeps the files of a directory for the next build, and treats a file as unchanged if its size, its mode
    /// and its modification time are the same. If a tool writes different contents with the same size and time, the
    /// build uses the old contents, whichever client is used. This method avoids that.
    pub fn resend(mut self) -> Self {
        self.settings.resend = true;
        self
    }

    /// Runs the build and returns its result.
    ///
    /// Dropping the future cancels the build on the engine.
    ///
    /// # Errors
    ///
    /// - [`Error::Failed`] if the build fails on the engine, with the step, its exit code and last output, and the
    ///   lines of the Dockerfile.
    /// - [`Error::File`] if a file on this machine cannot be read or written.
    /// - [`Error::Invalid`] and [`Error::Unsupported`] before anything is built, if the settings are not valid or the
    ///   engine does not support them.
    /// - [`Error::Client`], [`Error::Connection`] and [`Error::Protocol`] if the engine cannot be reached, refuses a
    ///   request, or the connection breaks.
    pub async fn build(self) -> Result<Built, Error> {
        // Boxed, so that the future has room for the settings only once.
        let stream = Box::pin(self.progress()).await?;
        Box::pin(stream.finish()).await
    }

    /// Starts the build and returns its events.
    ///
    /// Dropping the future or the stream cancels the build on the engine.
    ///
    /// # Errors
    ///
    /// Returns errors of [`build`](Self::build) that occur before the start. [`BuildStream::next`] returns later ones.
    pub async fn progress(self) -> Result<BuildStream, Error> {
        let route = Box::pin(route::start(self.docker, self.settings)).await?;
        Ok(BuildStream::new(route))
    }
}
