//! The exit of a container or an exec that was started.

use std::fmt;
use std::time::Duration;

use docker_api::types::ContainerWaitResponse;
use docker_api::{ByteStream, Client, Error, JsonStream, StreamingResponse};
use serde::Deserialize as _;
use serde_json::Value;

/// The first pause between two inspections of an exec; each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause between two inspections of an exec.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The exit of a container or an exec, which can be awaited.
#[must_use = "nothing waits for the exit until `code` is called"]
pub struct Exit(Source);

enum Source {
    Container {
        /// The response to a request that waits for the exit.
        exit: StreamingResponse<ByteStream>,
        /// The response to a request that waits for the removal, if the container is removed on exit.
        removal: Option<ByteStream>,
    },
    Exec {
        client: Client,
        id: String,
    },
}

impl Exit {
    /// Creates the exit of a container from the responses of requests that wait for its exit and its removal.
    pub(super) fn of_container(
        exit: StreamingResponse<ByteStream>,
        removal: Option<ByteStream>,
    ) -> Self {
        Self(Source::Container { exit, removal })
    }

    /// Creates the exit of an exec.
    pub(super) fn of_exec(client: Client, id: String) -> Self {
        Self(Source::Exec { client, id })
    }

    /// Waits for the exit and returns the exit code.
    ///
    /// The code of a command that was killed by a signal is 128 plus the number of the signal. A container that is
    /// removed on exit no longer exists when this returns. An exec is inspected at intervals of up to 500 ms, because
    /// the engine does not report its exit otherwise.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InStream`] if the engine cannot determine the code, and an error if the connection breaks.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops waiting; the command keeps running.
    pub async fn code(self) -> Result<i64, Error> {
        match self.0 {
            Source::Container { exit, removal } => {
                let code = container_code(exit).await?;
                if let Some(removal) = removal {
                    // The code is known even if the removal fails.
                    let _ = removal.collect().await;
                }
                Ok(code)
            }
            Source::Exec { client, id } => exec_code(&client, &id).await,
        }
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exit").finish_non_exhaustive()
    }
}

/// Reads the exit code of a container from the response to a request that waits for it.
pub(super) async fn container_code(response: StreamingResponse<ByteStream>) -> Result<i64, Error> {
    let target = response.target().clone();
    let mut values = JsonStream::<Value>::new(target.clone(), response.into_inner());
    let Some(found) = values.next().await.transpose()? else {
        return Err(Error::truncated(target, "the exit code"));
    };
    // The connection is reused if the body has been read to its end.
    while let Some(Ok(_)) = values.next().await {}
    let exit = ContainerWaitResponse::deserialize(&found)
        .map_err(|error| Error::decode(target.clone(), "the exit code", error))?;
    match exit.error.and_then(|error| error.message).filter(|message| !message.is_empty()) {
        Some(message) => Err(Error::in_stream(target, None, message)),
        None if found["StatusCode"].is_i64() => Ok(exit.status_code),
        None => Err(Error::in_stream(target, None, "the engine reports no exit code")),
    }
}

/// Inspects an exec until it has exited. The engine may report the exit only some time after the end of the output.
pub(super) async fn exec_code(client: &Client, id: &str) -> Result<i64, Error> {
    let mut pause = FIRST_PAUSE;
    loop {
        let exec = client.exec_inspect(id).send().await?;
        if exec.running != Some(true) {
            let missing =
                || Error::in_stream(exec.target().clone(), None, "the engine reports no exit code");
            return exec.exit_code.ok_or_else(missing);
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}
