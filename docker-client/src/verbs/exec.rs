//! Runs commands in running containers, as `docker exec` does.

use std::fmt;
use std::path::Path;

use docker_api::operations::{ContainerExec, ExecStart};
use docker_api::types::{ExecConfig, ExecInspectResponse, ExecStartConfig};
use docker_api::{Error, Request, Target};

use super::attach::{Attached, attach_exec, refuse_input, start_config};
use super::exit::{Exit, exec_code};
use super::terminal::TerminalSize;
use crate::docker::Docker;
use crate::sealed::Sealed;
use crate::stream::Collected;
use crate::text;

impl Docker {
    /// Prepares a command to run in the running container `id`, as `docker exec` does.
    ///
    /// ```no_run
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// let output = docker.exec("web").cmd(["nginx", "-t"]).output().await?;
    /// assert_eq!(output.code, 0, "{}", String::from_utf8_lossy(&output.stderr));
    /// # Ok(())
    /// # }
    /// ```
    pub fn exec(&self, id: impl Into<String>) -> Exec {
        Exec {
            docker: self.clone(),
            id: id.into(),
            config: Box::default(),
            input: None,
            invalid: None,
        }
    }
}

/// A command to run in a running container.
///
/// [`Docker::exec`] creates it. [`output`](Self::output) runs it to its end, [`start`](Self::start) attaches to it, and
/// [`detach`](Self::detach) runs it in the background.
#[must_use = "nothing runs until `output`, `start` or `detach` is called"]
pub struct Exec {
    docker: Docker,
    id: String,
    config: Box<ExecConfig>,
    input: Option<Vec<u8>>,
    /// The error of the first setting that is invalid.
    invalid: Option<String>,
}

/// Shows the container only, because environment variables and the input may be secrets.
impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Exec {
    /// Sets the command and its arguments.
    pub fn cmd<S: Into<String>>(mut self, cmd: impl IntoIterator<Item = S>) -> Self {
        self.config.cmd = cmd.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.config.env.push(format!("{}={}", name.as_ref(), value.as_ref()));
        self
    }

    /// Sets the environment variables of a file with one `NAME=value` per line: see [`text::env_file`].
    ///
    /// The file is read when this is called. If it cannot be read, starting the command returns
    /// [`Error::InvalidRequest`].
    pub fn env_file(mut self, path: impl AsRef<Path>) -> Self {
        match text::read_env_file(path.as_ref()) {
            Ok(variables) => self.config.env.extend(variables),
            Err(message) => drop(self.invalid.get_or_insert(message)),
        }
        self
    }

    /// Sets the data that [`output`](Self::output) writes to the standard input of the command before closing it.
    /// Without it, the input is empty.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self.interactive(true)
    }

    /// Sets whether standard input is attached, so that the caller of [`start`](Self::start) can write it.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.config.attach_stdin = Some(interactive);
        self
    }

    /// Sets whether the command runs in a terminal. The output of a terminal is a single stream
    /// ([`Output::Terminal`](crate::Output::Terminal)).
    pub fn tty(mut self, tty: bool) -> Self {
        self.config.tty = Some(tty);
        self
    }

    /// Sets the initial size of the terminal. Engines below API 1.42 ignore it.
    #[allow(unused_mut, unused_variables)]
    pub fn tty_size(mut self, size: TerminalSize) -> Self {
        docker_api::since!(1.42, {
            self.config.console_size = vec![size.rows.into(), size.columns.into()];
        });
        self
    }

    /// Changes any other part of the configuration, such as the user or the working directory.
    pub fn configure(mut self, change: impl FnOnce(&mut ExecConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs the command to its end and collects its output in memory.
    ///
    /// An exit code other than 0 is not an error.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine refuses to create or start the command, or the connection breaks. A command that
    /// does not exist is not an error: its exit code is 126 or 127 and the output contains the reason.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops waiting; the command keeps running.
    pub async fn output(mut self) -> Result<ExecOutput, Error> {
        let input = self.input.take();
        // Boxed: the future of a call stays small although it contains those of all steps.
        Box::pin(async {
            let RunningExec { id, attached, exit } = self.attach().await?;
            let Collected { stdout, stderr } = attached.exchange(input).await?;
            Ok(ExecOutput { id, code: exit.code().await?, stdout, stderr })
        })
        .await
    }

    /// Creates the command, starts it and attaches to it.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine refuses one of the steps, and [`Error::InvalidRequest`] if a setting is invalid
    /// or [`input`](Self::input) is set, because the caller writes to the attached input.
    ///
    /// # Cancellation
    ///
    /// Dropping the future does not stop a command that was already started.
    pub async fn start(self) -> Result<RunningExec, Error> {
        refuse_input(self.input.as_deref(), self.target())?;
        Box::pin(self.attach()).await
    }

    async fn attach(mut self) -> Result<RunningExec, Error> {
        self.config.attach_stdout = Some(true);
        self.config.attach_stderr = Some(true);
        let id = self.create().await?;
        #[allow(unused_mut)]
        let mut body = ExecStartConfig {
            detach: Some(false),
            tty: Some(self.config.tty.unwrap_or_default()),
            ..ExecStartConfig::default()
        };
        docker_api::since!(1.42, {
            body.console_size = self.config.console_size;
        });
        let request = Request::from(self.docker.exec_start(&id, body));
        let attached = attach_exec(request, self.config.attach_stdin == Some(true)).await?;
        let exit = Exit::of_exec((*self.docker).clone(), id.clone());
        Ok(RunningExec { id, attached, exit })
    }

    /// Creates the command and starts it in the background, as `docker exec --detach` does.
    ///
    /// The engine does not keep its output.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine refuses one of the steps, for example because the command does not exist, and
    /// [`Error::InvalidRequest`] if a setting is invalid or [`input`](Self::input) is set, because nothing would write
    /// it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future does not stop a command that was already started.
    pub async fn detach(self) -> Result<DetachedExec, Error> {
        refuse_input(self.input.as_deref(), self.target())?;
        Box::pin(async {
            let id = self.create().await?;
            let body = ExecStartConfig { tty: self.config.tty, ..ExecStartConfig::default() };
            self.docker.exec_start(&id, body).detach().await?;
            Ok(DetachedExec { id, docker: self.docker })
        })
        .await
    }

    /// The operation and the container, for errors.
    fn target(&self) -> Target {
        Target::new(&ContainerExec::OPERATION, [("id", self.id.as_str())])
    }

    async fn create(&self) -> Result<String, Error> {
        if let Some(message) = self.invalid.clone() {
            return Err(Error::invalid_request(self.target(), message));
        }
        Ok(self.docker.container_exec(&self.id, &*self.config).send().await?.into_inner().id)
    }
}

/// Starts an exec in the background.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait DetachExt: Sized + Sealed {
    /// Starts the exec without attaching to it, even if the body of the call requests it. Returns when it has started.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::discard`].
    fn detach(self) -> impl Future<Output = Result<(), Error>> + Send;
}

impl DetachExt for ExecStart {
    async fn detach(self) -> Result<(), Error> {
        let mut request = Request::from(self);
        let mut config = start_config(&request);
        config.detach = Some(true);
        request.json(&config);
        request.discard().await?;
        Ok(())
    }
}

/// A command that was started in a container and is attached.
#[derive(Debug)]
#[must_use = "the connection closes when this is dropped"]
#[non_exhaustive]
pub struct RunningExec {
    /// The id of the exec.
    pub id: String,
    /// The input and output of the command.
    pub attached: Attached,
    /// The exit of the command.
    pub exit: Exit,
}

/// A command that was started in a container in the background.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DetachedExec {
    /// The id of the exec.
    pub id: String,
    docker: Docker,
}

impl DetachedExec {
    /// Inspects the command (`GET /exec/{id}/json`).
    ///
    /// # Errors
    ///
    /// Returns an error if the exec no longer exists.
    pub async fn inspect(&self) -> Result<ExecInspectResponse, Error> {
        Ok(self.docker.exec_inspect(&self.id).send().await?.into_inner())
    }

    /// Waits for the exit of the command and returns its exit code, as [`Exit::code`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if the exec no longer exists, or the connection breaks.
    pub async fn wait(&self) -> Result<i64, Error> {
        Box::pin(exec_code(&self.docker, &self.id)).await
    }
}

/// The result of a command that ran in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecOutput {
    /// The id of the exec.
    pub id: String,
    /// The exit code of the command.
    pub code: i64,
    /// Standard output; with a terminal, all output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}
