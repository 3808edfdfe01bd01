//! Logs of containers, services and tasks.

use docker_api::operations::{ContainerLogs, ServiceLogs, TaskLogs};
use docker_api::{Error, Request};

use crate::sealed::Sealed;
use crate::stream::{Chunks, Framing, OutputStream};

/// Reads logs as a stream of output.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait LogsExt: Sized + Sealed {
    /// Sends the request and returns the output as it arrives.
    ///
    /// Requests both standard output and standard error unless the call selects one of them. With `follow(true)`, the
    /// stream ends when the container exits; without it, the stream ends after the output so far. The output of a
    /// container with a terminal arrives as [`Output::Terminal`](crate::Output::Terminal).
    ///
    /// With `timestamps(true)`, a long line has several timestamps, on dockerd one in each part of 16 KiB.
    /// [`lines`](OutputStream::lines) keeps the first. See `docs/engines.md`.
    ///
    /// Below API 1.42, the container, service or task is inspected first, to find out whether it has a terminal.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::stream`], for example if there is no such container.
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the stream cancels the request.
    fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send;
}

macro_rules! logs {
    ($($operation:ty),*) => {
        $(
            impl Sealed for $operation {}

            impl LogsExt for $operation {
                fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send {
                    open(self.into())
                }
            }
        )*
    };
}

logs!(ContainerLogs, ServiceLogs, TaskLogs);

async fn open(mut request: Request) -> Result<OutputStream, Error> {
    select_both(&mut request);
    let timestamps = matches!(request.query_value("timestamps"), Some("true" | "1"));
    let framing = Framing::of(&mut request).await?;
    let response = request.stream().await?;
    let terminal = framing.terminal(response.headers()).await?;
    let target = response.target().clone();
    let output = OutputStream::new(target, Chunks::Body(response.into_inner()), terminal);
    Ok(output.with_timestamps(timestamps))
}

/// Selects standard output and standard error unless the call selects one; the engine rejects a call that selects none.
pub(super) fn select_both(request: &mut Request) {
    if request.query_value("stdout").is_none() && request.query_value("stderr").is_none() {
        request.query("stdout", true);
        request.query("stderr", true);
    }
}
