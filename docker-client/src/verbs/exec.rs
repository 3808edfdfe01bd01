//! Runs a command in a container that runs already.

use std::fmt;
use std::time::Duration;

use docker_api::operations::{ContainerExec, ExecStart};
use docker_api::types::{ExecConfig, ExecStartConfig};
use docker_api::{Error, Request};

use super::attach::{AttachExt, Attached, refuse_input, start_config};
use crate::docker::Docker;
use crate::stream::Collected;

/// The pauses between looks at an exec whose output has ended but which the engine still calls running.
const PAUSE: Duration = Duration::from_millis(10);

/// How often is looked before it is given up.
const LOOKS: u32 = 500;

impl Docker {
    /// Prepares a command to be run in the container `id`, as `docker exec` does.
    pub fn exec(&self, id: impl Into<String>) -> Exec {
        Exec { docker: self.clone(), id: id.into(), config: ExecConfig::default(), input: None }
    }
}

/// A command to be run in a running container.
#[must_use = "nothing runs until it is started"]
pub struct Exec {
    docker: Docker,
    id: String,
    config: ExecConfig,
    input: Option<Vec<u8>>,
}

/// Shows the container: variables of the environment and the input may be secrets.
impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Exec {
    /// The command and its arguments.
    pub fn cmd<S: Into<String>>(mut self, cmd: impl IntoIterator<Item = S>) -> Self {
        self.config.cmd = cmd.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.config.env.push(format!("{}={}", name.as_ref(), value.as_ref()));
        self
    }

    /// What the command reads from its standard input, which then ends; for [`output`](Self::output) alone.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self.interactive()
    }

    /// Keeps standard input open, for [`start`](Self::start).
    pub fn interactive(mut self) -> Self {
        self.config.attach_stdin = Some(true);
        self
    }

    /// Gives it a terminal, whose output is one stream ([`Output::Terminal`](crate::Output::Terminal)).
    pub fn tty(mut self) -> Self {
        self.config.tty = Some(true);
        self
    }

    /// Changes anything else: the user, the working directory, privileges.
    pub fn configure(mut self, change: impl FnOnce(&mut ExecConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs it to its end and collects all output in memory.
    ///
    /// An exit code other than 0 is data and no error. Dropping the future stops to wait, not the command.
    ///
    /// # Errors
    ///
    /// Where the engine refuses to create or start it, and those of the stream of output. A command that does not exist
    /// is no error of the engine: its exit code is 126 or 127, and the output says why.
    pub async fn output(mut self) -> Result<ExecOutput, Error> {
        let input = self.input.take();
        let docker = self.docker.clone();
        let (id, attached) = self.start().await?;
        let Collected { stdout, stderr } = attached.exchange(input).await?;
        Ok(ExecOutput { code: exit_code(&docker, &id).await?, stdout, stderr })
    }

    /// Creates it, starts it and attaches to it; returns its id, for [`exec_inspect`](docker_api::Client::exec_inspect).
    ///
    /// # Errors
    ///
    /// Where the engine refuses one of the steps; [`Error::InvalidRequest`] where there is [`input`](Self::input): it is for
    /// the caller to write to what is attached.
    pub async fn start(mut self) -> Result<(String, Attached), Error> {
        refuse_input(self.input.as_deref(), &ContainerExec::OPERATION)?;
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
        let attached = self.docker.exec_start(&id, body).attach().await?;
        Ok((id, attached))
    }

    /// Creates it and starts it in the background, as `docker exec --detach` does; returns its id, by which
    /// [`exec_inspect`](docker_api::Client::exec_inspect) tells whether it still runs, and its exit code. The engine keeps
    /// none of its output.
    ///
    /// Dropping the future may leave a command that was started.
    ///
    /// # Errors
    ///
    /// Where the engine refuses one of the steps, which it does where the command does not exist; and
    /// [`Error::InvalidRequest`] where there is [`input`](Self::input), which nobody would write.
    pub async fn detach(self) -> Result<String, Error> {
        refuse_input(self.input.as_deref(), &ContainerExec::OPERATION)?;
        let id = self.create().await?;
        let body = ExecStartConfig { tty: self.config.tty, ..ExecStartConfig::default() };
        self.docker.exec_start(&id, body).detach().await?;
        Ok(id)
    }

    async fn create(&self) -> Result<String, Error> {
        Ok(self.docker.container_exec(&self.id, &self.config).send().await?.into_inner().id)
    }
}

/// Starts an exec in the background.
pub trait DetachExt: Sized {
    /// Starts it without attaching to it, whatever the body of the call says of that. Done when it runs.
    ///
    /// # Errors
    ///
    /// Those of [`Request::discard`].
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

/// The exit code of an exec whose output has ended. The engine may take a moment to notice the exit.
async fn exit_code(docker: &Docker, id: &str) -> Result<Option<i64>, Error> {
    for _ in 0..LOOKS {
        let exec = docker.exec_inspect(id).send().await?;
        if exec.running != Some(true) {
            return Ok(exec.exit_code);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(None)
}

/// What a command in a container did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecOutput {
    /// The exit code; `None` where the command had closed its output but not exited after 5 seconds.
    pub code: Option<i64>,
    /// Standard output; all output, where there is a terminal.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}
