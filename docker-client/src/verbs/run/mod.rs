//! Runs a command in a container of its own, without losing any of its output, or in the background.

mod settings;

use std::fmt;

use docker_api::operations::ContainerCreate;
use docker_api::types::{ContainerCreateBody, ContainerWaitResponse, HostConfig};
use docker_api::{ByteStream, Error, Request, Target};

use super::attach::{AttachExt, Attached, refuse_input};
use crate::docker::Docker;
use crate::registry::{ImageReference, RegistryAuth, is_image_id};
use crate::stream::{Collected, ProgressExt};

impl Docker {
    /// Prepares a command to be run in a new container of `image`, as `docker run` does.
    ///
    /// The image is pulled if it is missing, unless it is given by its ID, which no registry knows.
    ///
    /// Starting it fails with [`Error::InvalidRequest`] if `image` is neither a valid [`ImageReference`] nor an ID.
    pub fn run(&self, image: impl Into<String>) -> Run {
        let config = ContainerCreateBody { image: Some(image.into()), ..Default::default() };
        Run {
            docker: self.clone(),
            config,
            name: None,
            platform: None,
            auth: None,
            input: None,
            remove: false,
            invalid: None,
        }
    }
}

/// A container to be run.
#[must_use = "nothing runs until it is started"]
pub struct Run {
    docker: Docker,
    config: ContainerCreateBody,
    name: Option<String>,
    platform: Option<String>,
    auth: Option<RegistryAuth>,
    input: Option<Vec<u8>>,
    remove: bool,
    /// The first text that could not be read.
    invalid: Option<String>,
}

/// Shows the image and the name: variables of the environment and the input may be secrets.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Run");
        shown.field("image", &self.config.image).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Run {
    /// The command and its arguments; those of the image unless set.
    pub fn cmd<S: Into<String>>(mut self, cmd: impl IntoIterator<Item = S>) -> Self {
        self.config.cmd = cmd.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.config.env.push(format!("{}={}", name.as_ref(), value.as_ref()));
        self
    }

    /// The name of the container; the engine makes one up unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The platform to run, and pull, the image for: `linux/arm64`.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// The credentials to pull the image with.
    pub fn auth(mut self, auth: RegistryAuth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// What the command reads from its standard input, which then ends; for [`output`](Self::output) alone. Without it the
    /// input is empty.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self.interactive()
    }

    /// Keeps standard input open, for [`start`](Self::start).
    pub fn interactive(mut self) -> Self {
        self.config.open_stdin = Some(true);
        self.config.stdin_once = Some(true);
        self.config.attach_stdin = Some(true);
        self
    }

    /// Gives it a terminal, whose output is one stream ([`Output::Terminal`](crate::Output::Terminal)).
    ///
    /// With [`interactive`](Self::interactive), and a terminal of one's own in raw mode, it is `docker run -it`.
    /// [`Attached::terminal`] tells the terminal its size.
    pub fn tty(mut self) -> Self {
        self.config.tty = Some(true);
        self
    }

    /// Has the engine remove the container, and its anonymous volumes, when it exits or if it cannot be started.
    pub fn remove(mut self, remove: bool) -> Self {
        self.remove = remove;
        self
    }

    /// Changes anything else of the container's configuration.
    pub fn configure(mut self, change: impl FnOnce(&mut ContainerCreateBody)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs it to its end and collects all output in memory.
    ///
    /// An exit code other than 0 is data and no error. Dropping the future stops to wait, not the container.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start), and those of the streams of output and exit code.
    pub async fn output(mut self) -> Result<RunOutput, Error> {
        let input = self.input.take();
        let Running { id, warnings, attached, exit } = self.start().await?;
        let Collected { stdout, stderr } = attached.exchange(input).await?;
        Ok(RunOutput { id, warnings, code: exit.code().await?, stdout, stderr })
    }

    /// Creates the container, attaches to it, waits for its exit, and only then starts it: in this order not a byte of
    /// output and no exit code is lost, however short-lived the command is.
    ///
    /// # Errors
    ///
    /// Where the image cannot be pulled, or the engine refuses one of the steps. A container that was created and is not
    /// to be removed is left behind, as by `docker run`. [`Error::InvalidRequest`] where there is [`input`](Self::input):
    /// it is for the caller to write to what is attached.
    pub async fn start(mut self) -> Result<Running, Error> {
        refuse_input(self.input.as_deref(), &ContainerCreate::OPERATION)?;
        self.config.attach_stdout = Some(true);
        self.config.attach_stderr = Some(true);
        self.remove_on_exit();
        let (id, warnings) = self.create_or_pull().await?;
        let (attached, exit) = self.or_remove(&id, self.launch(&id).await).await?;
        Ok(Running { id, warnings, attached, exit })
    }

    /// Creates the container and starts it in the background, as `docker run --detach` does. It goes on until its command
    /// ends or somebody stops it; its output is in its [logs](crate::LogsExt::stream).
    ///
    /// Dropping the future may leave a container that was created, started or not.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start), and [`Error::InvalidRequest`] where there is [`input`](Self::input), which nobody
    /// would write.
    pub async fn detach(mut self) -> Result<Detached, Error> {
        refuse_input(self.input.as_deref(), &ContainerCreate::OPERATION)?;
        // Standard input stays open, if it is, for those who attach later.
        self.config.attach_stdin = None;
        self.config.stdin_once = None;
        self.remove_on_exit();
        let (id, warnings) = self.create_or_pull().await?;
        let started = self.docker.container_start(&id).send().await;
        self.or_remove(&id, started).await?;
        Ok(Detached { id, warnings })
    }

    fn remove_on_exit(&mut self) {
        if self.remove {
            self.config.host_config.get_or_insert_with(HostConfig::default).auto_remove =
                Some(true);
        }
    }

    async fn create_or_pull(&self) -> Result<(String, Vec<String>), Error> {
        match self.create().await {
            Err(error) if is_missing_image(&error) && !is_image_id(self.image()) => {
                self.pull().await?;
                self.create().await
            }
            created => created,
        }
    }

    /// Removes the container that did not start, if it is to be removed.
    async fn or_remove<T>(&self, id: &str, started: Result<T, Error>) -> Result<T, Error> {
        if started.is_err() && self.remove {
            // The engine may have removed it by itself.
            let removed = self.docker.container_delete(id).v(true).force(true).send().await;
            tracing::debug!(container = id, removed = removed.is_ok(), "failed to start");
        }
        started
    }

    async fn create(&self) -> Result<(String, Vec<String>), Error> {
        if let Some(message) = self.invalid.clone() {
            return Err(Error::invalid_request(&ContainerCreate::OPERATION, message));
        }
        if let Some(image) = &self.config.image
            && !is_image_id(image)
            && let Err(message) = ImageReference::parse(image)
        {
            return Err(Error::invalid_request(&ContainerCreate::OPERATION, message));
        }
        let mut create = self.docker.container_create(&self.config);
        if let Some(name) = &self.name {
            create = create.name(name);
        }
        if let Some(platform) = &self.platform {
            docker_api::since!(1.41, {
                create = create.platform(platform);
            } else {
                let message = format!("the platform {platform} needs docker-api 0.41 or later");
                return Err(Error::invalid_request(docker_api::Request::from(create).target(), message));
            });
        }
        let created = create.send().await?;
        let ignored: Vec<String> = created.ignored().iter().map(ToString::to_string).collect();
        let created = created.into_inner();
        Ok((created.id, [created.warnings, ignored].concat()))
    }

    fn image(&self) -> &str {
        self.config.image.as_deref().unwrap_or_default()
    }

    async fn pull(&self) -> Result<(), Error> {
        let mut pull = self.docker.pull(self.image());
        if let Some(platform) = &self.platform {
            pull = pull.platform(platform);
        }
        if let Some(auth) = &self.auth {
            pull = pull.x_registry_auth(auth);
        }
        pull.finish().await.map(drop)
    }

    async fn launch(&self, id: &str) -> Result<(Attached, Exit), Error> {
        let interactive = self.config.attach_stdin.unwrap_or_default();
        let attached = self.docker.container_attach(id).stdin(interactive).attach().await?;
        // The engine answers with the head at once, and with the body when it happens. Podman tells the code 0 to whoever
        // waits for the removal, so that the code is asked for apart.
        let wait = async |condition: &str| {
            let wait = Request::from(self.docker.container_wait(id).condition(condition));
            wait.stream().await
        };
        let removed = match self.remove {
            true => Some(wait("removed").await?.into_inner()),
            false => None,
        };
        let reply = wait("next-exit").await?;
        let exit = Exit { target: reply.target().clone(), body: reply.into_inner(), removed };
        self.docker.container_start(id).send().await?;
        Ok((attached, exit))
    }
}

/// Whether a container was not created for want of its image.
fn is_missing_image(error: &Error) -> bool {
    match error {
        Error::Engine { message, .. } if error.is_not_found() => {
            message.to_ascii_lowercase().contains("image")
        }
        _ => false,
    }
}

/// A container that was started.
#[derive(Debug)]
#[non_exhaustive]
pub struct Running {
    /// The id of the container.
    pub id: String,
    /// What the engine warned of when the container was created, and what of the configuration it is too old to know.
    pub warnings: Vec<String>,
    /// Its input and output.
    pub attached: Attached,
    /// Its exit.
    pub exit: Exit,
}

/// A container that was started in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detached {
    /// The id of the container.
    pub id: String,
    /// What the engine warned of when the container was created, and what of the configuration it is too old to know.
    pub warnings: Vec<String>,
}

/// The exit of a container that is awaited.
#[derive(Debug)]
pub struct Exit {
    target: Target,
    body: ByteStream,
    /// Ends when the container is removed, if it is to be.
    removed: Option<ByteStream>,
}

impl Exit {
    /// Waits for the exit; the exit code of the command, which is 128 and the number of the signal for one that was killed.
    /// A container that is to be removed on its exit is gone when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::InStream`] where the engine could not tell the code, and those of the connection.
    pub async fn code(self) -> Result<i64, Error> {
        let target = self.target;
        let text = self.body.collect().await?;
        let exit = serde_json::from_slice::<ContainerWaitResponse>(&text)
            .map_err(|error| Error::decode(target.clone(), "the exit code", error))?;
        match exit.error.and_then(|error| error.message).filter(|message| !message.is_empty()) {
            Some(message) => Err(Error::in_stream(target, None, message)),
            None => {
                if let Some(removed) = self.removed {
                    // The code is known, whatever comes of the removal.
                    let _ = removed.collect().await;
                }
                Ok(exit.status_code)
            }
        }
    }
}

/// What a container did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunOutput {
    /// The id of the container.
    pub id: String,
    /// What the engine warned of when the container was created, and what of the configuration it is too old to know.
    pub warnings: Vec<String>,
    /// The exit code of the command.
    pub code: i64,
    /// Standard output; all output, where there is a terminal.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}
