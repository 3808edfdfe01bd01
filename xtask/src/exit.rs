//! The exit code of a command, and how its error is printed with all causes.

use std::process::ExitCode;

/// Wrong usage: exit code 2, which clap uses for an unknown flag too.
#[derive(Debug)]
pub struct BadCall(String);

impl std::fmt::Display for BadCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadCall {}

/// An error that ends the command with exit code 2.
pub fn bad_call(message: impl Into<String>) -> anyhow::Error {
    BadCall(message.into()).into()
}

/// Prints an error and its causes to standard error, and turns the result into the exit code.
pub fn report(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("caused by: {cause}");
    }
    ExitCode::from(if error.is::<BadCall>() { 2 } else { 1 })
}
