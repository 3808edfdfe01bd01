//! Programs that end when the process that started them ends.
//!
//! Each has a directory of its own under the machine's temporary directory, with a short name, because a unix socket's path
//! has at most 107 bytes. `guard.sh` guards the program: it ends the program and removes the directory when the
//! starter stops it or ends.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command;
use crate::error::{Error, Result};
use crate::network::Network;

const PREFIX: &str = "docker-tests-";
const GUARD: &str = include_str!("guard.sh");
/// The kernel takes a moment to tear down an engine's mounts and processes.
const STOP: Duration = Duration::from_secs(30);

/// The directory of a program that has not been started yet.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
}

/// A running program. Dropping it ends the program and waits until it has ended.
#[derive(Debug)]
pub(crate) struct GuardedProcess {
    guard: Child,
    directory: PathBuf,
}

impl Directory {
    /// Makes a new directory.
    pub(crate) fn new() -> Result<Self> {
        let parent = parent();
        let made = tempfile::Builder::new().prefix(PREFIX).rand_bytes(6).tempdir_in(&parent);
        let path = made
            .map_err(|source| Error::File {
                step: "making a directory".to_owned(),
                path: parent,
                source,
            })?
            .keep();
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into the directory and returns its path.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::write(&path, contents).map_err(|source| Error::File {
            step: "writing a file".to_owned(),
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    /// The control group under which the program in this directory keeps its own; the guard removes it.
    pub(crate) fn cgroup(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Starts the program in this directory; `command`'s program, arguments and environment are used.
    pub(crate) fn start(self, network: &Network, command: &Command) -> Result<GuardedProcess> {
        let mut guard = network.command("sh");
        guard.args(["-c", GUARD, "guard.sh"]).arg(&self.path).arg(self.cgroup());
        guard.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C at the terminal reaches the starter alone; the guard then ends the program in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut guard, 0);
        let guard = guard.spawn().map_err(|error| Error::Command {
            step: "starting a program".to_owned(),
            command: command::line(command),
            outcome: format!("could not be started: {error}"),
            output: String::new(),
        })?;
        Ok(GuardedProcess { guard, directory: self.path })
    }
}

impl GuardedProcess {
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the program wrote so far; what is not valid UTF-8 is replaced.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.join("log")).unwrap_or_default())
            .into_owned()
    }

    /// Calls `ready` until it returns a value, or until the timeout has passed.
    pub(crate) async fn wait_until<T, F>(&self, what: &str, mut ready: F) -> Result<T>
    where
        F: AsyncFnMut() -> Result<T, String>,
    {
        const LIMIT: Duration = Duration::from_secs(60);
        let begun = Instant::now();
        loop {
            let state = match ready().await {
                Ok(value) => return Ok(value),
                Err(state) => state,
            };
            if begun.elapsed() > LIMIT {
                let log = self.log();
                let skip = log.lines().count().saturating_sub(20);
                let log = log.lines().skip(skip).collect::<Vec<_>>().join("\n");
                return Err(Error::NotReady { what: what.to_owned(), waited: LIMIT, state, log });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn stop(&mut self) {
        drop(self.guard.stdin.take());
        let begun = Instant::now();
        while let Ok(None) = self.guard.try_wait() {
            if begun.elapsed() > STOP {
                // The kernel kills the program when its guard ends.
                let _ = self.guard.kill();
                let _ = self.guard.wait();
                let _ = fs::remove_dir_all(&self.directory);
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for GuardedProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Removes the directories of programs whose guard was killed, and returns how many there were.
///
/// # Errors
///
/// The temporary directory cannot be listed, or a directory cannot be removed.
pub(crate) fn remove_stale() -> Result<usize> {
    let parent = parent();
    let failed = |path: &Path, source| Error::File {
        step: "removing what an earlier run left".to_owned(),
        path: path.to_owned(),
        source,
    };
    let mut removed = 0;
    for entry in fs::read_dir(&parent).map_err(|source| failed(&parent, source))? {
        let directory = entry.map_err(|source| failed(&parent, source))?.path();
        let ours =
            directory.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if ours && is_stale(&directory.join("lock")) {
            match fs::remove_dir_all(&directory) {
                Ok(()) => removed += 1,
                // Another run removed it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&directory, error)),
            }
        }
    }
    Ok(removed)
}

/// Returns whether the lock is free. A guard that has just created the file may not hold the lock yet.
fn is_stale(lock: &Path) -> bool {
    let old = lock
        .metadata()
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > Duration::from_secs(60)));
    old && Command::new("flock")
        .args(["--nonblock".as_ref(), lock.as_os_str(), "true".as_ref()])
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The temporary directory, unless its path is too long for sockets in it.
fn parent() -> PathBuf {
    let temporary = std::env::temp_dir();
    if temporary.as_os_str().len() <= 40 { temporary } else { PathBuf::from("/tmp") }
}
