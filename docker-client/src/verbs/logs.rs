//! Logs of containers, services and tasks.

use docker_api::operations::{ContainerLogs, ServiceLogs, TaskLogs};
use docker_api::{Error, Request};

use crate::stream::{Chunks, Framing, OutputStream};

/// Reads logs as a stream of output.
pub trait LogsExt: Sized {
    /// Sends the request, and returns the output as it comes.
    ///
    /// Both standard output and standard error are asked for, unless the call chose between them. With `follow(true)`
    /// the stream ends when the container does; without, at the end of what there is. A container that has a
    /// terminal yields [`Output::Terminal`](crate::Output::Terminal).
    ///
    /// Dropping the future or the stream ends the request.
    ///
    /// # Errors
    ///
    /// Those of [`Request::stream`]. Below API 1.42 the container is inspected first.
    fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send;
}

impl LogsExt for ContainerLogs {
    fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send {
        open(self.into())
    }
}

impl LogsExt for ServiceLogs {
    fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send {
        open(self.into())
    }
}

impl LogsExt for TaskLogs {
    fn stream(self) -> impl Future<Output = Result<OutputStream, Error>> + Send {
        open(self.into())
    }
}

async fn open(mut request: Request) -> Result<OutputStream, Error> {
    choose_both(&mut request);
    let framing = Framing::of(&request).await?;
    let reply = request.stream().await?;
    let terminal = framing.is_terminal(reply.headers()).await?;
    let target = reply.target().clone();
    Ok(OutputStream::new(target, Chunks::Body(reply.into_inner()), terminal))
}

/// Asks for standard output and standard error where the call chose neither; the engine refuses a call without.
pub(crate) fn choose_both(request: &mut Request) {
    if request.query_value("stdout").is_none() && request.query_value("stderr").is_none() {
        request.query("stdout", true);
        request.query("stderr", true);
    }
}
