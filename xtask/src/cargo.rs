//! Runs cargo.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that runs this program, or the one on the search path.
#[must_use]
pub fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command to its end, with its output where this program's is.
///
/// # Errors
///
/// The command cannot be started, or does not end with exit code 0.
pub fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        let name = program.rsplit('/').next().unwrap_or_default();
        let first = command.get_args().next().unwrap_or_default().display();
        bail!("`{name} {first} …` ended with {status}");
    }
    Ok(())
}
