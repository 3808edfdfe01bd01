//! The fake engine as a child process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Certificates;

/// A running fake engine. It ends when this value is dropped, or when this process ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    port: u16,
    certificates: Certificates,
    directory: TempDir,
}

impl Process {
    /// Starts the executable `fake-engine` in the directory of the current one.
    pub fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let certificates = Certificates::make(directory.path())?;
        let program = executable("fake-engine")?;
        let mut child = Command::new(&program)
            .arg(directory.path().join("docker.sock"))
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let mut line = String::new();
        let output = child.stdout.take().context("no output of the fake engine")?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context("the fake engine did not start")?;
        Ok(Self { child, port, certificates, directory })
    }

    /// Returns the path of its unix socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("docker.sock")
    }

    /// Returns its port for TLS on `localhost`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns a directory that exists as long as the engine does.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the certificates for TLS.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns the processor time that it has used.
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

/// Returns the path of an executable of this package: in the directory of the current one or, for a benchmark, in the parent directory.
fn executable(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|directory| directory.join(name))
        .find(|path| Path::is_file(path))
        .with_context(|| {
            format!("{name} is not beside {}: build all binaries of this package", own.display())
        })
}
