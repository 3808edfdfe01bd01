//! The terminal of an attached container or exec.

use docker_api::operations::ContainerResize;
use docker_api::{Client, Error, Operation, Request};

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
    /// The operation that resizes it.
    resize: &'static Operation,
}

impl Terminal {
    /// Returns the terminal of the container or exec that `request` attaches to.
    pub(super) fn of(request: &Request) -> Self {
        let process = request.operation().process;
        Self {
            client: request.client().clone().into(),
            id: request.path_value("id").unwrap_or_default().to_owned(),
            resize: process
                .and_then(|process| process.resize)
                .unwrap_or(&ContainerResize::OPERATION),
        }
    }

    /// Resizes the terminal (`POST /containers/{id}/resize` or `POST /exec/{id}/resize`).
    ///
    /// # Errors
    ///
    /// Returns an error if the container or the exec is not running, or has no terminal.
    pub async fn resize(&self, size: TerminalSize) -> Result<(), Error> {
        let mut request = self.client.request(self.resize).path("id", &*self.id);
        request.query("h", size.rows);
        request.query("w", size.columns);
        request.discard().await?;
        Ok(())
    }
}
