//! The terminal of an attached container or exec.

use docker_api::operations::ExecStart;
use docker_api::{Client, Error, Request};

/// The terminal of an attached container or exec: tells it its size. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Terminal {
    client: Client,
    id: String,
    is_exec: bool,
}

impl Terminal {
    /// The terminal of what `request` attaches to.
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            client: request.client().clone().into(),
            id: request.path_value("id").unwrap_or_default().to_owned(),
            is_exec: *request.operation() == ExecStart::OPERATION,
        }
    }

    /// Tells the program how many rows and columns of characters its terminal has.
    ///
    /// # Errors
    ///
    /// Those of [`container_resize`](Client::container_resize) and [`exec_resize`](Client::exec_resize): above all where the
    /// program does not run.
    pub async fn resize(&self, rows: u16, columns: u16) -> Result<(), Error> {
        let (rows, columns) = (rows.into(), columns.into());
        if self.is_exec {
            self.client.exec_resize(&self.id, rows, columns).send().await?;
        } else {
            self.client.container_resize(&self.id, rows, columns).send().await?;
        }
        Ok(())
    }
}
