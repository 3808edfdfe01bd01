//! Runs commands in new containers, as `docker run` does.

mod settings;

use std::fmt;
use std::ops::Deref;

use docker_api::operations::ContainerCreate;
use docker_api::types::{ContainerCreateBody, HostConfig};
use docker_api::{Error, Request};

use super::attach::{AttachExt, Attached, refuse_input};
use super::auth::AuthExt;
use super::container::Container;
use super::exit::Exit;
use super::terminal::TerminalSize;
use crate::docker::Docker;
use crate::registry::{ImageReference, RegistryAuth, is_image_id};
use crate::stream::{Collected, ProgressExt};

impl Docker {
    /// Prepares a command to run in a new container of `image`, as `docker run` does.
    ///
    /// The image is pulled if it is missing, unless it is given by its id, which cannot be pulled. Starting the
    /// container fails with [`Error::InvalidRequest`] if `image` is neither a valid
    /// [`ImageReference`](crate::registry::ImageReference) nor an id.
    ///
    /// ```no_run
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// let output = docker.run("busybox").cmd(["echo", "hello"]).remove(true).output().await?;
    /// assert_eq!((output.code, &output.stdout[..]), (0, &b"hello\n"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn run(&self, image: impl Into<String>) -> Run {
        let config = ContainerCreateBody { image: Some(image.into()), ..Default::default() };
        Run {
            docker: self.clone(),
            config: Box::new(config),
            name: None,
            platform: None,
            auth: None,
            input: None,
            remove: false,
            invalid: None,
        }
    }
}

/// A command to run in a new container.
///
/// [`Docker::run`] creates it. [`output`](Self::output) runs it to its end, [`start`](Self::start) attaches to it, and
/// [`detach`](Self::detach) runs it in the background.
#[must_use = "nothing runs until `output`, `start` or `detach` is called"]
pub struct Run {
    docker: Docker,
    config: Box<ContainerCreateBody>,
    name: Option<String>,
    platform: Option<String>,
    auth: Option<Box<RegistryAuth>>,
    input: Option<Vec<u8>>,
    remove: bool,
    /// The error of the first setting that is invalid.
    invalid: Option<String>,
}

/// Shows the image and the name only, because environment variables and the input may be secrets.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Run");
        shown.field("image", &self.config.image).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Run {
    /// Sets the command and its arguments. Without it, the command of the image runs.
    pub fn cmd<S: Into<String>>(mut self, cmd: impl IntoIterator<Item = S>) -> Self {
        self.config.cmd = cmd.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.config.env.push(format!("{}={}", name.as_ref(), value.as_ref()));
        self
    }

    /// Sets the name of the container. Without it, the engine generates one.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the platform of the image, such as `linux/arm64`.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Sets the credentials for pulling the image.
    pub fn auth(mut self, auth: impl Into<RegistryAuth>) -> Self {
        self.auth = Some(Box::new(auth.into()));
        self
    }

    /// Sets the data that [`output`](Self::output) writes to the standard input of the command before closing it.
    /// Without it, the input is empty.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self.interactive(true)
    }

    /// Sets whether standard input is open and attached, so that the caller of [`start`](Self::start) can write it.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.config.open_stdin = Some(interactive);
        self.config.stdin_once = Some(interactive);
        self.config.attach_stdin = Some(interactive);
        self
    }

    /// Sets whether the command runs in a terminal. The output of a terminal is a single stream
    /// ([`Output::Terminal`](crate::Output::Terminal)).
    ///
    /// Together with [`interactive`](Self::interactive), and with the program's own terminal in raw mode, this is
    /// `docker run -it`. [`Attached::terminal`] resizes the terminal.
    pub fn tty(mut self, tty: bool) -> Self {
        self.config.tty = Some(tty);
        self
    }

    /// Sets the initial size of the terminal. Engines below API 1.42 ignore it.
    pub fn tty_size(mut self, size: TerminalSize) -> Self {
        let host = self.config.host_config.get_or_insert_with(HostConfig::default);
        host.console_size = vec![size.rows.into(), size.columns.into()];
        self
    }

    /// Sets whether the engine removes the container and its anonymous volumes when it exits. A container that cannot
    /// be started is removed, too.
    pub fn remove(mut self, remove: bool) -> Self {
        self.remove = remove;
        self
    }

    /// Changes any other part of the configuration.
    pub fn configure(mut self, change: impl FnOnce(&mut ContainerCreateBody)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs the container to its end and collects its output in memory.
    ///
    /// An exit code other than 0 is not an error.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`start`](Self::start), and an error if the connection breaks.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops waiting; the container keeps running.
    pub async fn output(mut self) -> Result<RunOutput, Error> {
        let input = self.input.take();
        // Boxed: the future of a call stays small although it contains those of all steps.
        Box::pin(async {
            let Running { container, warnings, attached, exit } = self.attach().await?;
            let Collected { stdout, stderr } = attached.exchange(input).await?;
            let code = exit.code().await?;
            Ok(RunOutput { id: container.id().to_owned(), warnings, code, stdout, stderr })
        })
        .await
    }

    /// Creates the container, attaches to it, starts waiting for its exit, and then starts it.
    ///
    /// This order ensures that neither output nor the exit code is lost, even if the command exits at once.
    ///
    /// # Errors
    ///
    /// Returns an error if the image cannot be pulled or the engine refuses one of the steps. A container that was
    /// created remains unless [`remove`](Self::remove) is set, as with `docker run`. Returns [`Error::InvalidRequest`]
    /// if a setting is invalid or [`input`](Self::input) is set, because the caller writes to the attached input.
    ///
    /// # Cancellation
    ///
    /// Dropping the future may leave a container that was created, and possibly started.
    pub async fn start(self) -> Result<Running, Error> {
        refuse_input(self.input.as_deref(), &ContainerCreate::OPERATION)?;
        Box::pin(self.attach()).await
    }

    /// Creates the container and starts it in the background, as `docker run --detach` does.
    ///
    /// It runs until its command exits or it is stopped. Its output is in its [logs](crate::LogsExt::stream).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`start`](Self::start), and [`Error::InvalidRequest`] if [`input`](Self::input) is set,
    /// because nothing would write it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future may leave a container that was created, and possibly started.
    pub async fn detach(mut self) -> Result<Detached, Error> {
        refuse_input(self.input.as_deref(), &ContainerCreate::OPERATION)?;
        Box::pin(async {
            // If standard input is open, it stays open for those who attach later.
            self.config.attach_stdin = None;
            self.config.stdin_once = None;
            let (container, warnings) = self.create_or_pull().await?;
            let started = container.start().send().await;
            self.or_remove(&container, started).await?;
            Ok(Detached { container, warnings })
        })
        .await
    }

    async fn attach(mut self) -> Result<Running, Error> {
        self.config.attach_stdout = Some(true);
        self.config.attach_stderr = Some(true);
        let (container, warnings) = self.create_or_pull().await?;
        let launched = self.launch(&container).await;
        let (attached, exit) = self.or_remove(&container, launched).await?;
        Ok(Running { container, warnings, attached, exit })
    }

    async fn create_or_pull(&mut self) -> Result<(Container, Vec<String>), Error> {
        if self.remove {
            let host = self.config.host_config.get_or_insert_with(HostConfig::default);
            host.auto_remove = Some(true);
        }
        match self.create().await {
            Err(error) if is_missing_image(&error) && !is_image_id(self.image()) => {
                self.pull().await?;
                self.create().await
            }
            created => created,
        }
    }

    /// Removes a container that could not be started, if `remove` is set.
    async fn or_remove<T>(
        &self,
        container: &Container,
        started: Result<T, Error>,
    ) -> Result<T, Error> {
        if started.is_err() && self.remove {
            // The engine may already have removed it.
            let removed = container.remove().v(true).force(true).send().await;
            tracing::debug!(
                container = container.id(),
                removed = removed.is_ok(),
                "failed to start"
            );
        }
        started
    }

    async fn create(&self) -> Result<(Container, Vec<String>), Error> {
        if let Some(message) = self.invalid.clone() {
            return Err(Error::invalid_request(&ContainerCreate::OPERATION, message));
        }
        if let Some(image) = &self.config.image
            && !is_image_id(image)
            && let Err(message) = ImageReference::parse(image)
        {
            return Err(Error::invalid_request(&ContainerCreate::OPERATION, message));
        }
        let mut create = self.docker.container_create(&*self.config);
        if let Some(name) = &self.name {
            create = create.name(name);
        }
        if let Some(platform) = &self.platform {
            docker_api::since!(1.41, {
                create = create.platform(platform);
            } else {
                let message = format!("the platform {platform} requires docker-api 0.41 or later");
                return Err(Error::invalid_request(docker_api::Request::from(create).target(), message));
            });
        }
        let created = create.send().await?;
        let ignored: Vec<String> = created.ignored().iter().map(ToString::to_string).collect();
        let created = created.into_inner();
        Ok((self.docker.container(created.id), [created.warnings, ignored].concat()))
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
            pull = pull.auth(&**auth);
        }
        pull.finish().await.map(drop)
    }

    /// Attaches to the container, starts waiting for its exit, and starts it.
    async fn launch(&self, container: &Container) -> Result<(Attached, Exit), Error> {
        let interactive = self.config.attach_stdin.unwrap_or_default();
        let attached = container.attach().stdin(interactive).attach().await?;
        // The engine sends the head of the response at once, and the body later. Podman reports code 0 to a request that
        // waits for the removal, so another request waits for the code.
        let wait = async |condition: &str| {
            let wait = self.docker.container_wait(container.id()).condition(condition);
            Request::from(wait).stream().await
        };
        let removal = match self.remove {
            true => Some(wait("removed").await?.into_inner()),
            false => None,
        };
        let exit = Exit::of_container(wait("next-exit").await?, removal);
        container.start().send().await?;
        Ok((attached, exit))
    }
}

/// Returns whether a container could not be created because its image is missing.
fn is_missing_image(error: &Error) -> bool {
    match error {
        Error::Engine { message, .. } if error.is_not_found() => {
            message.to_ascii_lowercase().contains("image")
        }
        _ => false,
    }
}

/// A container that was started and is attached. It dereferences to the handle of the container.
#[derive(Debug)]
#[must_use = "the connection closes when this is dropped"]
#[non_exhaustive]
pub struct Running {
    /// The handle of the container.
    pub container: Container,
    /// The warnings of the engine about the configuration, and the fields that are too new for the engine.
    pub warnings: Vec<String>,
    /// The input and output of the container.
    pub attached: Attached,
    /// The exit of the container.
    pub exit: Exit,
}

impl Deref for Running {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}

/// A container that was started in the background. It dereferences to the handle of the container.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Detached {
    /// The handle of the container.
    pub container: Container,
    /// The warnings of the engine about the configuration, and the fields that are too new for the engine.
    pub warnings: Vec<String>,
}

impl Deref for Detached {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}

/// The result of a container that ran to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunOutput {
    /// The id of the container.
    pub id: String,
    /// The warnings of the engine about the configuration, and the fields that are too new for the engine.
    pub warnings: Vec<String>,
    /// The exit code of the command.
    pub code: i64,
    /// Standard output; with a terminal, all output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}
