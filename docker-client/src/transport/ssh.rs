//! Connections through ssh: each is a process `ssh HOST docker system dial-stdio` of its own.
//!
//! The ssh of the system is used, so that its configuration, agent, known hosts and control sockets all hold. It is given
//! one end of a pair of sockets as its input and output, which can be closed in one direction as any socket can.

use std::ffi::OsStr;
use std::io;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as BlockingStream;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use crate::config::SshHost;

/// How much is kept of what ssh says.
const MESSAGE_LIMIT: u64 = 8 * 1024;

/// A connection through ssh.
pub(crate) struct SshStream {
    stream: UnixStream,
    /// Whether anything came. If not, the end of the stream is a failure of ssh.
    heard: bool,
    report: oneshot::Receiver<String>,
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
        let mut child = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), SshFailure(format!("cannot run ssh: {error}")))
        })?;
        // The command holds the other ends; while it does, neither end of a stream would be seen.
        drop(command);
        let (send, report) = oneshot::channel();
        std::thread::Builder::new().name("ssh".to_owned()).spawn(move || {
            let status = child.wait();
            // A control master that outlives this ssh holds the other end, so there may be no end to wait for.
            let _ = errors.set_nonblocking(true);
            let mut said = Vec::new();
            let _ = (&errors).take(MESSAGE_LIMIT).read_to_end(&mut said);
            let said = String::from_utf8_lossy(&said).trim().replace("\r\n", "\n");
            let _ = send.send(match (status, said.is_empty()) {
                (_, false) => said,
                (Ok(status), true) => format!("ssh ended with {status}"),
                (Err(error), true) => error.to_string(),
            });
        })?;
        ours.set_nonblocking(true)?;
        Ok(Self { stream: UnixStream::from_std(ours)?, heard: false, report })
    }

    /// The two directions, once the connection carries raw bytes.
    pub(super) fn into_split(
        self,
    ) -> (tokio::net::unix::OwnedReadHalf, tokio::net::unix::OwnedWriteHalf) {
        self.stream.into_split()
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
            self.heard = true;
        } else if !self.heard && buf.remaining() > 0 {
            let report = ready!(Pin::new(&mut self.report).poll(cx));
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
