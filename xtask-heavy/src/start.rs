//! Helpers of the commands that start engines.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow};
use engines::error::{Error, chain};
use engines::setup::Running;

/// Returns what was started, or the reason why this machine can have no engine as the inner error; any other failure is the
/// outer error.
pub(crate) fn available<T>(started: engines::error::Result<T>) -> Result<Result<T, String>> {
    match started {
        Ok(started) => Ok(Ok(started)),
        Err(Error::Unavailable(reason)) => Ok(Err(format!("no engine: {reason}"))),
        Err(error) => Err(anyhow!("{}", chain(&error))),
    }
}

/// Removes the user's own Docker settings from the environment of a program: tests name their engines.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DOCKER_") {
            command.env_remove(name);
        }
    }
}

/// Copies the logs of the engines to the directory after a test has failed. Returns a line with the path of each, or with
/// the reason why it could not be copied, so that the output of the tests is still printed.
pub(crate) fn keep_logs(running: &Running, directory: &Path) -> String {
    match running.keep_logs(directory) {
        Ok(logs) => {
            let line =
                |log: &std::path::PathBuf| format!("    an engine's log is in {}\n", log.display());
            logs.iter().map(line).collect()
        }
        Err(error) => format!("    the engines' logs are lost: {}\n", chain(&error)),
    }
}
