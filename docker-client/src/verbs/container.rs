//! A handle to one container.

use docker_api::operations::{
    ContainerAttach, ContainerDelete, ContainerInspect, ContainerKill, ContainerLogs,
    ContainerRestart, ContainerStart, ContainerStop,
};
use docker_api::{Error, Request};

use super::copy::{CopyFrom, CopyTo};
use super::exec::Exec;
use super::exit::container_code;
use crate::docker::Docker;

impl Docker {
    /// Returns a handle to the container with this id or name. Nothing is sent.
    ///
    /// ```no_run
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// let web = docker.container("web");
    /// web.restart().t(5).send().await?;
    /// web.wait_healthy().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn container(&self, id: impl Into<String>) -> Container {
        Container { docker: self.clone(), id: id.into() }
    }
}

/// A handle to one container: the operations on it, without repeating its id.
///
/// Dropping the handle does not change the container.
#[derive(Debug, Clone)]
pub struct Container {
    docker: Docker,
    id: String,
}

impl Container {
    /// Returns the id of the container, or the name that the handle was created with.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Attaches to the container: see [`AttachExt::attach`](crate::AttachExt::attach).
    pub fn attach(&self) -> ContainerAttach {
        self.docker.container_attach(&self.id)
    }

    /// Copies the file or directory `source` out of the container: see [`Docker::copy_from`].
    pub fn copy_from(&self, source: impl Into<String>) -> CopyFrom {
        self.docker.copy_from(&self.id, source)
    }

    /// Copies to the path `target` in the container: see [`Docker::copy_to`].
    pub fn copy_to(&self, target: impl Into<String>) -> CopyTo {
        self.docker.copy_to(&self.id, target)
    }

    /// Runs a command in the container: see [`Docker::exec`].
    pub fn exec(&self) -> Exec {
        self.docker.exec(&self.id)
    }

    /// Inspects the container.
    pub fn inspect(&self) -> ContainerInspect {
        self.docker.container_inspect(&self.id)
    }

    /// Kills the container, or sends it another signal.
    pub fn kill(&self) -> ContainerKill {
        self.docker.container_kill(&self.id)
    }

    /// Reads the logs of the container: see [`LogsExt::stream`](crate::LogsExt::stream).
    pub fn logs(&self) -> ContainerLogs {
        self.docker.container_logs(&self.id)
    }

    /// Removes the container. A running container is removed only with `force(true)`.
    pub fn remove(&self) -> ContainerDelete {
        self.docker.container_delete(&self.id)
    }

    /// Stops the container and starts it again.
    pub fn restart(&self) -> ContainerRestart {
        self.docker.container_restart(&self.id)
    }

    /// Starts the container.
    pub fn start(&self) -> ContainerStart {
        self.docker.container_start(&self.id)
    }

    /// Stops the container.
    pub fn stop(&self) -> ContainerStop {
        self.docker.container_stop(&self.id)
    }

    /// Waits until the container is not running, and returns the exit code of its last run.
    ///
    /// Returns at once if the container is not running. For a container that was never started, dockerd returns 0, and
    /// podman returns -1 or 0 by chance, so the code has no meaning. See `docs/engines.md`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InStream`] if the engine cannot determine the code, and an error if there is no such container
    /// or the connection breaks.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops waiting; the container keeps running.
    pub async fn wait(&self) -> Result<i64, Error> {
        Box::pin(async {
            let wait = Request::from(self.docker.container_wait(&self.id));
            container_code(wait.stream().await?).await
        })
        .await
    }

    /// Waits until the container is healthy: see [`Docker::wait_healthy`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Docker::wait_healthy`].
    pub async fn wait_healthy(&self) -> Result<(), Error> {
        self.docker.wait_healthy(&self.id).await
    }
}
