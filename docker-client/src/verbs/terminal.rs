//! The terminal of an attached container or exec.

use docker_api::operations::ExecStart;
use docker_api::{Client, Error, Request};

/// The size of a terminal in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TerminalSize {
    /// The number of lines.
    pub rows: u16,
    /// The number of characters in a line.
    pub columns: u16,
}

/// The terminal of an attached container or exec, which can be resized.
///
/// Clones refer to the same terminal, so one task can resize it while others read and write.
#[derive(Debug, Clone)]
pub struct Terminal {
    client: Client,
    id: String,
    is_exec: bool,
}

impl Terminal {
    /// Returns the terminal of the container or exec that `request` attaches to.
    pub(super) fn of(request: &Request) -> Self {
        Self {
            client: request.client().clone().into(),
            id: request.path_value("id").unwrap_or_default().to_owned(),
            is_exec: *request.operation() == ExecStart::OPERATION,
        }
    }

    /// Resizes the terminal (`POST /containers/{id}/resize` or `POST /exec/{id}/resize`).
    ///
    /// # Errors
    ///
    /// Returns an error if the container or the exec is not running, or has no terminal.
    pub async fn resize(&self, size: TerminalSize) -> Result<(), Error> {
        let (rows, columns) = (size.rows.into(), size.columns.into());
        if self.is_exec {
            self.client.exec_resize(&self.id, rows, columns).send().await?;
        } else {
            self.client.container_resize(&self.id, rows, columns).send().await?;
        }
        Ok(())
    }
}
