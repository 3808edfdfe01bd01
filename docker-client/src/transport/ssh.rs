//! Connections through ssh: each is a process `ssh HOST docker system dial-stdio`.
//!
//! The ssh command of the system is used, so that its configuration, agent, known hosts and control sockets apply. Its
//! standard input and output are one end of a pair of sockets, which can be closed in one direction. A thread reads its
//! standard error and reaps the process.

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

use super::forward::forward_async_write;

/// How many bytes of the standard error of ssh are kept. The last ones contain the reason of a failure.
const MESSAGE_LIMIT: usize = 8 * 1024;

/// How long ssh may take to exit once its connection is dropped, if it had reached the engine.
const GRACE: Duration = Duration::from_secs(1);

/// How long ssh may take to exit after the end of its output.
const EXIT_TIMEOUT: Duration = Duration::from_millis(200);

/// The interval at which the thread checks whether ssh has exited.
const INTERVAL: Duration = Duration::from_millis(10);

/// A connection through ssh.
pub(crate) struct SshStream {
    stream: UnixStream,
    /// Whether anything was received. If not, the end of the stream is a failure of ssh.
    received: bool,
    report: oneshot::Receiver<String>,
    /// Ends the wait for the report.
    timeout: Option<Pin<Box<Sleep>>>,
    process: Process,
}

/// The process of a connection. Dropping it ends the process.
struct Process {
    /// Our end of the standard error of ssh.
    errors: BlockingStream,
    stage: Arc<Stage>,
}

/// The state of a connection, for the thread that watches its process.
#[derive(Default)]
struct Stage {
    /// Whether ssh has reached the engine.
    connected: AtomicBool,
    /// Whether the connection has ended, so that the process should exit.
    ended: AtomicBool,
}

/// The thread that watches the process.
struct Watcher {
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
    /// Starts ssh. Only the first bytes show whether it has reached the engine.
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
        // After the start of ssh, nothing may fail that would leave the process behind.
        let process_errors = errors.try_clone()?;
        ours.set_nonblocking(true)?;
        let stream = UnixStream::from_std(ours)?;
        let child = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), SshFailure(format!("cannot run ssh: {error}")))
        })?;
        // The command holds the other ends. Until it is dropped, no end of a stream would be visible.
        drop(command);
        let (send, report) = oneshot::channel();
        let stage = Arc::<Stage>::default();
        let process = Process { errors: process_errors, stage: stage.clone() };
        let watcher = Watcher { child, errors, stage };
        std::thread::Builder::new().name("ssh".to_owned()).spawn(move || watcher.run(send))?;
        Ok(Self { stream, received: false, report, timeout: None, process })
    }

    /// Splits the connection into its two directions, once it carries raw bytes.
    pub(super) fn into_split(self) -> (SshReader, SshWriter) {
        let (reader, writer) = self.stream.into_split();
        let process = Arc::new(self.process);
        (
            SshHalf { half: reader, _process: process.clone() },
            SshHalf { half: writer, _process: process },
        )
    }

    /// Notes that ssh has reached the engine. It is then given time to exit by itself.
    fn note_received(&mut self) {
        self.received = true;
        self.process.stage.connected.store(true, Ordering::Relaxed);
    }
}

/// One direction of a connection. The process ends when both are dropped.
pub(crate) struct SshHalf<H> {
    half: H,
    _process: Arc<Process>,
}

/// The half that reads from the engine.
pub(crate) type SshReader = SshHalf<tokio::net::unix::OwnedReadHalf>;

/// The half that writes to the engine.
pub(crate) type SshWriter = SshHalf<tokio::net::unix::OwnedWriteHalf>;

impl Process {
    /// Notes that the connection has ended, and stops reading the standard error: a control master that outlives ssh
    /// keeps it open, so that its end might never come. What was written before can still be read.
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

impl Watcher {
    /// Reads the standard error of ssh to its end, reaps the process, and reports.
    fn run(mut self, report: oneshot::Sender<String>) {
        let message = self.read_errors();
        let status = self.reap();
        let message = String::from_utf8_lossy(&message).trim().replace("\r\n", "\n");
        let _ = report.send(match (status, message.is_empty()) {
            (_, false) => message,
            (Ok(status), true) => format!("ssh exited with {status}"),
            (Err(error), true) => error.to_string(),
        });
    }

    /// Reads the standard error to its end and returns the last bytes of it.
    fn read_errors(&mut self) -> Vec<u8> {
        let mut last = VecDeque::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = self.errors.read(&mut buffer) {
            last.extend(&buffer[..count]);
            let surplus = last.len().saturating_sub(MESSAGE_LIMIT);
            last.drain(..surplus);
        }
        last.into()
    }

    /// Waits for ssh to exit. Once its connection has ended, ssh is killed: at once if it has not reached the engine,
    /// or else if it does not exit in time.
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
            let grace = if connected { GRACE } else { INTERVAL };
            if ended.is_some_and(|ended| ended.elapsed() >= grace) {
                self.child.kill()?;
                return self.child.wait();
            }
            std::thread::sleep(INTERVAL);
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
        // The remote shell interprets the arguments that follow the name.
        arguments.push(format!("--host=unix://{}", quoted(socket)));
    }
    arguments.extend(["system", "dial-stdio"].map(str::to_owned));
    arguments
}

/// Quotes a string so that a POSIX shell takes it for one word.
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
            // A socket ends in this way if its other end was closed with unread data.
            Err(error) if !self.received && error.kind() == io::ErrorKind::ConnectionReset => {}
            result => result?,
        }
        if buf.filled().len() > before {
            self.note_received();
        } else if !self.received && buf.remaining() > 0 {
            let report = match Pin::new(&mut self.report).poll(cx) {
                Poll::Ready(report) => report,
                Poll::Pending => {
                    // ssh has written its message, but a control master may keep the standard error open.
                    let timeout = self.timeout.get_or_insert_with(|| Box::pin(sleep(EXIT_TIMEOUT)));
                    ready!(timeout.as_mut().poll(cx));
                    self.process.end();
                    ready!(Pin::new(&mut self.report).poll(cx))
                }
            };
            let report = report.unwrap_or_else(|_| "ssh exited".to_owned());
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
            // ssh has exited; the next read returns the reason.
            Err(error) if !self.received && error.kind() == io::ErrorKind::BrokenPipe => {
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
    forward_async_write!(half);
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
