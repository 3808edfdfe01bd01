//! Copies files into containers and out of them, as `docker cp` does.

mod from;
mod stat;
mod to;

pub use self::from::{CopiedOut, CopyFrom};
pub use self::stat::{PathKind, PathStat};
pub use self::to::CopyTo;

use crate::docker::Docker;

impl Docker {
    /// Prepares a copy to the path `target` in a container, as `docker cp` does. The container need not be running.
    ///
    /// The data is sent as a tar archive (`PUT /containers/{id}/archive`). Everything that is copied belongs to root.
    ///
    /// ```no_run
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// docker.copy_to("web", "/etc/app.conf").bytes("threads = 4\n").await?;
    /// docker.copy_to("web", "/srv/site").path("./site").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn copy_to(&self, container: impl Into<String>, target: impl Into<String>) -> CopyTo {
        CopyTo::new(self.clone(), container.into(), target.into())
    }

    /// Prepares a copy of the file or directory `source` out of a container, as `docker cp` does. The container need
    /// not be running.
    ///
    /// The data is received as a tar archive (`GET /containers/{id}/archive`).
    ///
    /// ```no_run
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// let hosts = docker.copy_from("web", "/etc/hosts").bytes().await?;
    /// docker.copy_from("web", "/var/log/nginx").path("./logs").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn copy_from(&self, container: impl Into<String>, source: impl Into<String>) -> CopyFrom {
        CopyFrom::new(self.clone(), container.into(), source.into())
    }
}
