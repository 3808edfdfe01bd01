//! The builder of a build.

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

/// A build with BuildKit that is being put together; [`BuildkitExt::buildkit`](crate::BuildkitExt::buildkit) makes it.
///
/// Nothing is read or sent before [`build`](Self::build) or [`progress`](Self::progress) is awaited. Dropping their future, or the
/// stream, cancels the build on the engine.
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

    /// Names the Dockerfile: a path inside the context, or an absolute path of this machine. Default: `Dockerfile`.
    pub fn dockerfile(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        self.settings.dockerfile = if path.is_absolute() {
            Dockerfile::Path(path.to_owned())
        } else {
            Dockerfile::Inside(path.to_string_lossy().replace('\\', "/"))
        };
        self
    }

    /// Takes the Dockerfile from a string instead of the context.
    pub fn dockerfile_text(mut self, text: impl Into<Bytes>) -> Self {
        self.settings.dockerfile = Dockerfile::Text(text.into());
        self
    }

    /// Adds a name for the image: `app:1`, `registry.example.com/team/app:1`.
    pub fn tag(mut self, name: impl Into<String>) -> Self {
        self.settings.tags.push(name.into());
        self
    }

    /// Sets a build argument, which `ARG` in the Dockerfile declares. Do not use it for secrets: it is kept in the image's history.
    pub fn build_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.build_args.insert(name.into(), value.into());
        self
    }

    /// Sets a label of the image.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.labels.insert(name.into(), value.into());
        self
    }

    /// Builds up to the stage with this name.
    pub fn target(mut self, stage: impl Into<String>) -> Self {
        self.settings.target = Some(stage.into());
        self
    }

    /// Adds a platform to build for: `linux/amd64`, `linux/arm64/v8`. More than one needs the containerd image store.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.settings.platforms.push(platform.into());
        self
    }

    /// Offers a secret to steps that mount it: `RUN --mount=type=secret,id=…`.
    pub fn secret(mut self, id: impl Into<String>, secret: Secret) -> Self {
        self.settings.secrets.insert(id.into(), secret);
        self
    }

    /// Offers the SSH agent of `SSH_AUTH_SOCK` to steps that mount one: `RUN --mount=type=ssh`. Steps can list keys and sign with
    /// them, nothing else.
    pub fn ssh_agent(mut self) -> Self {
        self.settings.agents.insert("default".into(), None);
        self
    }

    /// Offers the SSH agent that listens at `socket` to steps that mount the one with this id: `RUN --mount=type=ssh,id=…`.
    pub fn ssh_agent_at(mut self, id: impl Into<String>, socket: impl Into<PathBuf>) -> Self {
        self.settings.agents.insert(id.into(), Some(socket.into()));
        self
    }

    /// Adds an output. Default: an image of the engine. Engines before API 1.54 take one output.
    pub fn output(mut self, output: Output) -> Self {
        self.settings.outputs.push(output);
        self
    }

    /// Pushes the image to the registries of its tags once it is built, with the client's credentials.
    pub fn push(mut self) -> Self {
        self.settings.push = true;
        self
    }

    /// Names a cache to use besides the engine's own.
    pub fn cache_from(mut self, cache: Cache) -> Self {
        self.settings.cache_from.push(cache);
        self
    }

    /// Writes the cache of the build to a place from where other engines can use it.
    pub fn cache_to(mut self, cache: Cache) -> Self {
        self.settings.cache_to.push(cache);
        self
    }

    /// Adds a named context, which `COPY --from=…` and `FROM` in the Dockerfile can name. Since API 1.42 (Docker 23.0).
    pub fn context(mut self, name: impl Into<String>, context: impl Into<Context>) -> Self {
        self.settings.contexts.insert(name.into(), context.into());
        self
    }

    /// Runs every step again, whatever is cached.
    pub fn no_cache(mut self) -> Self {
        self.settings.no_cache = Some(Vec::new());
        self
    }

    /// Runs the steps of these stages again, whatever is cached.
    pub fn no_cache_stages<S: Into<String>>(mut self, stages: impl IntoIterator<Item = S>) -> Self {
        self.settings.no_cache = Some(stages.into_iter().map(Into::into).collect());
        self
    }

    /// Asks registries for newer base images although the engine has some.
    pub fn pull(mut self) -> Self {
        self.settings.pull = true;
        self
    }

    /// Sets the network of `RUN` steps: `default`, `none` or `host`.
    pub fn network(mut self, mode: impl Into<String>) -> Self {
        self.settings.network = Some(mode.into());
        self
    }

    /// Adds a name to `/etc/hosts` of `RUN` steps.
    pub fn add_host(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.settings.hosts.push((name.into(), address.into()));
        self
    }

    /// Attaches a software bill of materials to the image. Needs the containerd image store.
    pub fn sbom(mut self) -> Self {
        self.settings.attestations.insert("sbom".into(), String::new());
        self
    }

    /// Attaches a record of how the image was built: `mode` is `min` or `max`. Needs the containerd image store.
    pub fn provenance(mut self, mode: impl Into<String>) -> Self {
        self.settings.attestations.insert("provenance".into(), format!("mode={}", mode.into()));
        self
    }

    /// Sends every file of the context again.
    ///
    /// BuildKit keeps the files of a directory for the next build and takes a file for unchanged if its size, its mode and its time of
    /// modification are the same. Where a tool writes other contents with the same size and time, the build uses the old ones, with
    /// every client. This is the way around it.
    pub fn resend(mut self) -> Self {
        self.settings.resend = true;
        self
    }

    /// Builds, and returns once the result is there.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] has the step that failed, its exit code and last output, and the lines of the Dockerfile.
    pub async fn build(self) -> Result<Built, Error> {
        self.progress().await?.finish().await
    }

    /// Starts the build and returns what happens as a stream.
    ///
    /// # Errors
    ///
    /// Fails if the build cannot be started. What goes wrong later is an item of the stream.
    pub async fn progress(self) -> Result<BuildStream, Error> {
        let route = Box::pin(route::start(self.docker, self.settings)).await?;
        Ok(BuildStream::new(route))
    }
}
