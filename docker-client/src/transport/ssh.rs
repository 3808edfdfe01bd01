//! Connections through ssh: each is a process `ssh HOST docker system dial-stdio` of its own.
//!
//! The ssh of the system is used, so that its configuration, agent, known hosts and control sockets all hold. It is given
//! one end of a pair of sockets as its input and output, which can be closed in one direction as any socket can. A thread
//! reads what it writes to its standard error, and reaps it.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::io::Read;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as BlockingStream;
use std::pin::Pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use crate::config::SshHost;

/// How much is kept of what ssh says: its end, which says why it failed.
const MESSAGE_LIMIT: usize = 8 * 1024;

/// How long ssh may take to end by itself once its connection is dropped, if it had got through.
const GRACE: Duration = Duration::from_secs(1);

/// How long ssh may take from the end of its output to its own.
const PATIENCE: Duration = Duration::from_millis(200);

/// The pauses between looks at whether ssh has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// A connection through ssh.
pub(crate) struct SshStream {
    stream: UnixStream,
    /// Whether anything came. If not, the end of the stream is a failure of ssh.
    heard: bool,
    report: oneshot::Receiver<String>,
    /// How long the report is waited for.
    patience: Option<Pin<Box<Sleep>>>,
    process: Process,
}

/// The process of a connection. Dropping it ends the process.
struct Process {
    /// Our end of the standard error of ssh.
    errors: BlockingStream,
    stage: Arc<Stage>,
}

/// What is known about a connection, for the thread that follows its process.
#[derive(Default)]
struct Stage {
    /// Whether ssh has got through to the engine.
    connected: AtomicBool,
    /// Whether the connection has ended, so that the process is to end.
    ended: AtomicBool,
}

/// The thread that follows the process.
struct Follower {
    child: Child,
    errors: BlockingStream,
    stage: Arc<Stage>,
}

/// Why ssh did not connect.
#[derive(Debug)]
pub(super) struct SshFailure(String);

impl std::fmt::Display for SshFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SshFailure {}

impl SshStream {
    /// Starts ssh. Whether it gets through shows with the first bytes.
    pub(super) fn open(host: &SshHost, path: Option<&OsStr>) -> io::Result<Self> {
        let (ours, theirs) = BlockingStream::pair()?;
        let (errors, their_errors) = BlockingStream::pair()?;
        let mut command = Command::new("ssh");
        if let Some(path) = path {
            command.env("PATH", path);
        }
        command.args(arguments(host));
        command.stdin(Stdio::from(OwnedFd::from(theirs.try_clone()?)));
        command.stdout(Stdio::from(OwnedFd::from(theirs)));
        command.stderr(Stdio::from(OwnedFd::from(their_errors)));
        let child = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), SshFailure(format!("cannot run ssh: {error}")))
        })?;
        // The command holds the other ends; while it does, neither end of a stream would be seen.
        drop(command);
        let (send, report) = oneshot::channel();
        let stage = Arc::<Stage>::default();
        let process = Process { errors: errors.try_clone()?, stage: stage.clone() };
        let follower = Follower { child, errors, stage };
        std::thread::Builder::new().name("ssh".to_owned()).spawn(move || follower.run(send))?;
        ours.set_nonblocking(true)?;
        Ok(Self {
            stream: UnixStream::from_std(ours)?,
            heard: false,
            report,
            patience: None,
            process,
        })
    }

    /// The two directions, once the connection carries raw bytes.
    pub(super) fn into_split(self) -> (SshReader, SshWriter) {
        let (reader, writer) = self.stream.into_split();
        let process = Arc::new(self.process);
        (
            SshHalf { half: reader, _process: process.clone() },
            SshHalf { half: writer, _process: process },
        )
    }

    /// Notes that ssh has got through: it is then given time to end by itself.
    fn hear(&mut self) {
        self.heard = true;
        self.process.stage.connected.store(true, Ordering::Relaxed);
    }
}

/// One direction of a connection. The process ends when both are dropped.
pub(crate) struct SshHalf<H> {
    half: H,
    _process: Arc<Process>,
}

/// The direction that comes from the engine.
pub(crate) type SshReader = SshHalf<tokio::net::unix::OwnedReadHalf>;

/// The direction that goes to the engine.
pub(crate) type SshWriter = SshHalf<tokio::net::unix::OwnedWriteHalf>;

impl Process {
    /// Says that the connection has ended, and ends the reading of the standard error: a control master that outlives ssh
    /// keeps it open, so that there may be no end to wait for. What was written before can still be read.
    fn end(&self) {
        self.stage.ended.store(true, Ordering::Relaxed);
        let _ = self.errors.shutdown(Shutdown::Both);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Follower {
    /// Reads what ssh says until it says no more, reaps it, and reports.
    fn run(mut self, report: oneshot::Sender<String>) {
        let said = self.listen();
        let status = self.reap();
        let said = String::from_utf8_lossy(&said).trim().replace("\r\n", "\n");
        let _ = report.send(match (status, said.is_empty()) {
            (_, false) => said,
            (Ok(status), true) => format!("ssh ended with {status}"),
            (Err(error), true) => error.to_string(),
        });
    }

    /// Reads as fast as ssh writes, and returns the end of it.
    fn listen(&mut self) -> Vec<u8> {
        let mut said = VecDeque::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = self.errors.read(&mut buffer) {
            said.extend(&buffer[..count]);
            let surplus = said.len().saturating_sub(MESSAGE_LIMIT);
            said.drain(..surplus);
        }
        said.into()
    }

    /// Waits for ssh to end. Once its connection has ended, it is killed: at once if it has not got through, or else if it
    /// does not end by itself.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let mut ended = None;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if ended.is_none() && self.stage.ended.load(Ordering::Relaxed) {
                ended = Some(Instant::now());
            }
            let connected = self.stage.connected.load(Ordering::Relaxed);
            let grace = if connected { GRACE } else { PAUSE };
            if ended.is_some_and(|ended| ended.elapsed() >= grace) {
                self.child.kill()?;
                return self.child.wait();
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn arguments(host: &SshHost) -> Vec<String> {
    let mut arguments = Vec::new();
    if let Some(user) = &host.user {
        arguments.extend(["-l".to_owned(), user.clone()]);
    }
    if let Some(port) = host.port {
        arguments.extend(["-p".to_owned(), port.to_string()]);
    }
    arguments.extend(["-o", "ConnectTimeout=30", "-T", "--"].map(str::to_owned));
    arguments.push(host.name.clone());
    arguments.push("docker".to_owned());
    if let Some(socket) = &host.socket {
        // What ssh is given after the name goes through a shell on the far side.
        arguments.push(format!("--host=unix://{}", quoted(socket)));
    }
    arguments.extend(["system", "dial-stdio"].map(str::to_owned));
    arguments
}

/// A text that a POSIX shell takes for one word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl AsyncRead for SshStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match ready!(Pin::new(&mut self.stream).poll_read(cx, buf)) {
            // So a socket ends whose other end was closed with something in it that was not read.
            Err(error) if !self.heard && error.kind() == io::ErrorKind::ConnectionReset => {}
            result => result?,
        }
        if buf.filled().len() > before {
            self.hear();
        } else if !self.heard && buf.remaining() > 0 {
            let report = match Pin::new(&mut self.report).poll(cx) {
                Poll::Ready(report) => report,
                Poll::Pending => {
                    // What it has to say is said, but a control master may keep the standard error open.
                    let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
                    ready!(patience.as_mut().poll(cx));
                    self.process.end();
                    ready!(Pin::new(&mut self.report).poll(cx))
                }
            };
            let report = report.unwrap_or_else(|_| "ssh ended".to_owned());
            return Poll::Ready(Err(io::Error::other(SshFailure(report))));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SshStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(Pin::new(&mut self.stream).poll_write(cx, buf)) {
            // That ssh has gone is the effect; the cause comes with the next read.
            Err(error) if !self.heard && error.kind() == io::ErrorKind::BrokenPipe => {
                Poll::Ready(Ok(buf.len()))
            }
            result => Poll::Ready(result),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<H: AsyncRead + Unpin> AsyncRead for SshHalf<H> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_read(cx, buf)
    }
}

impl<H: AsyncWrite + Unpin> AsyncWrite for SshHalf<H> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.half).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.half).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Host;

    #[test]
    fn ssh_is_called_as_the_command_line_calls_it() {
        let call = |text: &str| match text.parse().unwrap() {
            Host::Ssh(host) => arguments(&host).join(" "),
            other => panic!("{other}"),
        };
        let tail = "docker system dial-stdio";
        assert_eq!(call("ssh://engine"), format!("-o ConnectTimeout=30 -T -- engine {tail}"));
        assert_eq!(
            call("ssh://me@[::1]:2222/run/it's.sock"),
            r"-l me -p 2222 -o ConnectTimeout=30 -T -- ::1 docker --host=unix://'/run/it'\''s.sock' system dial-stdio"
        );
    }
}
