//! Attaching to containers and execs.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use docker_api::operations::{ContainerAttach, ExecStart};
use docker_api::types::ExecStartConfig;
use docker_api::{
    Error, Request, StreamingResponse, Target, Upgraded, UpgradedReader, UpgradedWriter,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::logs::select_both;
use super::terminal::Terminal;
use crate::sealed::Sealed;
use crate::stream::{Chunks, Collected, ExecSettings, Framing, OutputStream};

/// Attaches to a container, or starts an exec and attaches to it.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait AttachExt: Sized + Sealed {
    /// Sends the request and takes over the connection.
    ///
    /// - For a container, requests the output from now on (`stream(true)`) of both standard output and standard error,
    ///   unless the call selects something else. Input is connected only with `stdin(true)`. Below API 1.42, the
    ///   container is inspected first, to find out whether it has a terminal.
    /// - For an exited container, the call waits for the next run and returns its output. See `docs/engines.md`.
    /// - An exec is inspected first, to find out whether it has a terminal and whether its input is attached.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::upgrade`], for example if there is no such container. Without input, a response
    /// with status 200 is no error: a proxy that cannot upgrade connections passes the output on as the body of such a
    /// response.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves a container unchanged, but an exec may already have been started.
    fn attach(self) -> impl Future<Output = Result<Attached, Error>> + Send;
}

impl Sealed for ContainerAttach {}

impl AttachExt for ContainerAttach {
    async fn attach(self) -> Result<Attached, Error> {
        let mut request = Request::from(self);
        select_stream(&mut request);
        select_both(&mut request);
        let framing = Framing::of(&mut request).await?;
        let input = selects_input(&request);
        Box::pin(attach_to(request, framing, input)).await
    }
}

impl Sealed for ExecStart {}

impl AttachExt for ExecStart {
    async fn attach(self) -> Result<Attached, Error> {
        let mut request = Request::from(self);
        let mut config = start_config(&request);
        let exec = ExecSettings::inspect(&request).await?;
        config.tty = config.tty.or(Some(exec.terminal));
        request.json(&config);
        Box::pin(attach_exec(request, exec.input)).await
    }
}

/// Starts an exec and attaches to it. `input` is whether its input is attached.
pub(super) async fn attach_exec(mut request: Request, input: bool) -> Result<Attached, Error> {
    let mut config = start_config(&request);
    config.detach = Some(false);
    request.json(&config);
    // The framing of the output depends on the configuration of the start, not on that of the exec.
    let framing = Framing::Known(config.tty.unwrap_or_default());
    attach_to(request, framing, input).await
}

/// Takes over the connection of a request. `input` is whether the engine reads its input.
async fn attach_to(request: Request, framing: Framing, input: bool) -> Result<Attached, Error> {
    match input {
        true => Attached::open(request, Request::upgrade, framing, true).await,
        false => Attached::open(request, Request::upgrade_to_read, framing, false).await,
    }
}

/// Returns whether a request attaches standard input.
pub(super) fn selects_input(request: &Request) -> bool {
    request.query_value("stdin").is_some_and(|stdin| stdin == "true" || stdin == "1")
}

/// Returns the body of a request that starts an exec.
pub(super) fn start_config(request: &Request) -> ExecStartConfig {
    serde_json::from_slice(request.body_bytes().unwrap_or_default()).unwrap_or_default()
}

/// Selects the output from now on, unless the call selects that or earlier output.
pub(super) fn select_stream(request: &mut Request) {
    if request.query_value("stream").is_none() && request.query_value("logs").is_none() {
        request.query("stream", true);
    }
}

/// Returns an error if `input` is set although the caller writes the input itself.
pub(super) fn refuse_input(input: Option<&[u8]>, target: impl Into<Target>) -> Result<(), Error> {
    match input {
        None => Ok(()),
        Some(_) => Err(Error::invalid_request(
            target,
            "`input` is only written by `output`: to write to the attached input, call \
             `interactive(true)` and `start`",
        )),
    }
}

/// An attached container or exec.
///
/// Its fields can be moved out and used independently: one task can write the input while another one reads the output.
#[derive(Debug)]
#[must_use = "the connection closes when this is dropped"]
#[non_exhaustive]
pub struct Attached {
    /// Standard input. Close or drop it if the command reads its input to the end.
    pub input: Input,
    /// Standard output and standard error.
    pub output: OutputStream,
    /// A handle that resizes the terminal. Resizing fails if there is no terminal.
    pub terminal: Terminal,
}

impl Attached {
    /// Sends `request` with `upgrade` and takes over the connection. `attached` is whether the engine reads the input.
    pub(super) async fn open<F: Future<Output = Result<StreamingResponse<Upgraded>, Error>>>(
        request: Request,
        upgrade: impl FnOnce(Request) -> F,
        framing: Framing,
        attached: bool,
    ) -> Result<Self, Error> {
        let terminal = Terminal::of(&request);
        let response = upgrade(request).await?;
        let raw = framing.terminal(response.headers()).await?;
        let target = response.target().clone();
        let (reader, writer) = response.into_inner().into_split();
        let kept = SharedWriter::default();
        let reader = Box::new(Reader { reader, _kept: kept.clone() });
        Ok(Self {
            input: Input { writer: Some(writer), attached, kept },
            output: OutputStream::new(target.clone(), Chunks::upgraded(target, reader), raw),
            terminal,
        })
    }

    /// Writes all input while reading all output, and returns when the output ends, even if input is left.
    pub(super) async fn exchange(self, input: Option<Vec<u8>>) -> Result<Collected, Error> {
        let Self { input: mut stdin, output, .. } = self;
        let mut write = pin!(async move {
            if let Some(input) = input {
                // A command may exit before it has read all of its input.
                let _ = stdin.write_all(&input).await;
            }
            let _ = stdin.close().await;
        });
        let mut written = false;
        let mut collect = pin!(output.collect());
        poll_fn(|cx| {
            written = written || write.as_mut().poll(cx).is_ready();
            collect.as_mut().poll(cx)
        })
        .await
    }
}

/// The input of an attached container or exec, as an [`AsyncWrite`].
///
/// `shutdown`, [`close`](Self::close) and dropping it end the input only; the output still arrives. Data that the
/// connection does not accept at once is sent while the output is read. A container receives input only if it was
/// created with `open_stdin`, and sees the end of its input only if it was created with `stdin_once`.
#[must_use = "the input ends when this is dropped"]
pub struct Input {
    /// `None` only while this is dropped.
    writer: Option<UpgradedWriter>,
    /// Whether the engine reads the input. If not, this direction of the connection is not shut down, because some
    /// proxies close both directions then.
    attached: bool,
    kept: SharedWriter,
}

/// The writer of a dropped [`Input`] that must not be shut down, kept until the output is dropped.
type SharedWriter = Arc<Mutex<Option<UpgradedWriter>>>;

/// The reader, which keeps the writer open.
struct Reader {
    reader: UpgradedReader,
    _kept: SharedWriter,
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl Input {
    /// Closes the input. Data that was already written is sent first.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection is broken.
    pub async fn close(mut self) -> io::Result<()> {
        self.shutdown().await
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // Shutting down is a system call or takes a few bytes. If the connection accepts no data, the reader completes it.
        let _ = Pin::new(&mut *self).poll_shutdown(&mut Context::from_waker(Waker::noop()));
        // Dropping the writer of a socket would shut down its direction.
        if !self.attached {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = self.writer.take();
        }
    }
}

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(writer) = &mut self.writer else { return Poll::Ready(Ok(0)) };
        Pin::new(writer).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(writer) = &mut self.writer else { return Poll::Ready(Ok(())) };
        Pin::new(writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match &mut this.writer {
            Some(writer) if this.attached => Pin::new(writer).poll_shutdown(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}
