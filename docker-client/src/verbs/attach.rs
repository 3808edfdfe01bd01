//! Attached containers and execs: input that goes in, output that comes out.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use docker_api::operations::{ContainerAttach, ExecStart};
use docker_api::types::ExecStartConfig;
use docker_api::{Error, Operation, Request, Response, Upgraded, UpgradedWriter};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::logs::choose_both;
use super::terminal::Terminal;
use crate::stream::{Chunks, Collected, Framing, OutputStream, exec_terminal};

/// Attaches to a container, or starts an exec and attaches to it.
pub trait AttachExt: Sized {
    /// Sends the request and takes over the connection.
    ///
    /// For a container, what comes from now on is asked for (`stream(true)`) of both standard output and standard error,
    /// unless the call chose otherwise; input only with `stdin(true)`. For an exec whose body does not say whether there is
    /// a terminal, what it was created with is looked up.
    ///
    /// Dropping the future leaves a container as it is; an exec may have been started all the same.
    ///
    /// # Errors
    ///
    /// Those of [`Request::upgrade`]. Below API 1.42 the container is inspected first.
    fn attach(self) -> impl Future<Output = Result<Attached, Error>> + Send;
}

impl AttachExt for ContainerAttach {
    async fn attach(self) -> Result<Attached, Error> {
        let mut request = Request::from(self);
        choose_stream(&mut request);
        choose_both(&mut request);
        let framing = Framing::of(&request).await?;
        Attached::open(request, Request::upgrade, framing).await
    }
}

impl AttachExt for ExecStart {
    async fn attach(self) -> Result<Attached, Error> {
        let mut request = Request::from(self);
        let mut config = start_config(&request);
        // What the start says of the terminal decides how output comes, not what the exec was created with.
        let terminal = match config.tty {
            Some(terminal) => terminal,
            None => exec_terminal(&request).await?,
        };
        config.tty = Some(terminal);
        config.detach = Some(false);
        request.json(&config);
        Attached::open(request, Request::upgrade, Framing::Known(terminal)).await
    }
}

/// What the body of the start of an exec says.
pub(crate) fn start_config(request: &Request) -> ExecStartConfig {
    serde_json::from_slice(request.body_bytes().unwrap_or_default()).unwrap_or_default()
}

/// Asks for what comes from now on where the call chose neither that nor what came before.
pub(crate) fn choose_stream(request: &mut Request) {
    if request.query_value("stream").is_none() && request.query_value("logs").is_none() {
        request.query("stream", true);
    }
}

/// Refuses the input of a run or an exec where nothing would write it.
pub(crate) fn refuse_input(
    input: Option<&[u8]>,
    operation: &'static Operation,
) -> Result<(), Error> {
    match input {
        None => Ok(()),
        Some(_) => Err(Error::invalid_request(
            operation,
            "only `output` writes `input`; to write it yourself, call `interactive` and \
                      `start`, which attaches",
        )),
    }
}

/// An attached container or exec. Its two directions are independent; take them apart as the fields that they are.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attached {
    /// What goes to standard input. Close it, or drop it, where the program waits for the end of its input.
    pub input: Input,
    /// What comes from standard output and standard error.
    pub output: OutputStream,
    /// The size of the terminal, where there is one.
    pub terminal: Terminal,
}

impl Attached {
    /// Sends `request` by `upgrade`, and takes over the connection.
    pub(crate) async fn open<F: Future<Output = Result<Response<Upgraded>, Error>>>(
        request: Request,
        upgrade: impl FnOnce(Request) -> F,
        framing: Framing,
    ) -> Result<Self, Error> {
        let terminal = Terminal::of(&request);
        let reply = upgrade(request).await?;
        let raw = framing.is_terminal(reply.headers()).await?;
        let target = reply.target().clone();
        let (reader, writer) = reply.into_inner().into_split();
        Ok(Self {
            input: Input(writer),
            output: OutputStream::new(target.clone(), Chunks::upgraded(target, reader), raw),
            terminal,
        })
    }

    /// Writes all input while it reads all output. Done when the output ends, whether or not the input was read.
    pub(crate) async fn exchange(self, input: Option<Vec<u8>>) -> Result<Collected, Error> {
        let Self { input: mut stdin, output, .. } = self;
        let mut feed = pin!(async move {
            if let Some(input) = input {
                // A command may exit without having read all of its input.
                let _ = stdin.write_all(&input).await;
            }
            let _ = stdin.close().await;
        });
        let mut fed = false;
        let mut collect = pin!(output.collect());
        poll_fn(|cx| {
            fed = fed || feed.as_mut().poll(cx).is_ready();
            collect.as_mut().poll(cx)
        })
        .await
    }
}

/// The input of an attached container or exec, as an [`AsyncWrite`].
///
/// `shutdown`, [`close`](Self::close) and dropping it end the input alone: the output still comes. What the connection does
/// not take at once goes out while the output is read. The container has to have been created with `open_stdin`, and with
/// `stdin_once` to see the end of its input.
pub struct Input(UpgradedWriter);

impl Input {
    /// Ends the input, after what was written.
    ///
    /// # Errors
    ///
    /// Where the connection is broken.
    pub async fn close(mut self) -> io::Result<()> {
        self.shutdown().await
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // The half close is a system call, or a few bytes. Where the connection is clogged, the reader sees to it.
        let _ = Pin::new(self).poll_shutdown(&mut Context::from_waker(Waker::noop()));
    }
}

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}
