//! The fake engine as a child process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Certificates;

/// A running fake engine; it ends when this is dropped, or when this process ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    port: u16,
    certificates: Certificates,
    folder: TempDir,
}

impl Process {
    /// Starts one: the executable `fake-engine` that stands beside this one.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let certificates = Certificates::make(folder.path())?;
        let program = executable("fake-engine")?;
        let mut child = Command::new(&program)
            .arg(folder.path().join("docker.sock"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let mut line = String::new();
        let output = child.stdout.take().context("no output of the fake engine")?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context("the fake engine did not start")?;
        Ok(Self { child, port, certificates, folder })
    }

    /// The path of its unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// The port on `localhost` where it speaks TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A folder that lasts as long as it does.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a client needs for TLS.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// How long it has kept a processor busy.
    pub fn cpu(&self) -> Result<Duration> {
        // The first number of this file is the time of the main thread, which does all the work.
        let path = format!("/proc/{}/schedstat", self.child.id());
        let text = std::fs::read_to_string(&path).context(path)?;
        let nanoseconds = text.split(' ').next().unwrap_or_default().parse()?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The executable of this package that stands beside the one that runs, or one folder up from a benchmark.
fn executable(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| Path::is_file(path))
        .with_context(|| {
            format!("{name} is not beside {}: build all binaries of this package", own.display())
        })
}
