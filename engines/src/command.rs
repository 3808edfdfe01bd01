//! Runs a program to its end.

use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Runs a program without input and returns its standard output.
///
/// # Errors
///
/// [`Error::Command`] with all that the program wrote, where it cannot be started or ends with an error.
pub(crate) fn run(step: &str, command: &mut Command) -> Result<String> {
    let failed = |command: &Command, outcome: String, output: String| Error::Command {
        step: step.to_owned(),
        command: line(command),
        outcome,
        output,
    };
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        failed(command, format!("could not be started: {error}"), String::new())
    })?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(failed(
            command,
            format!("ended with {}", output.status),
            format!("{stdout}{stderr}"),
        ));
    }
    Ok(stdout.into_owned())
}

/// The command line, as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
