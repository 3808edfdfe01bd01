//! Runs the commands of the package `xtask-heavy`, which cargo builds when one of them is called.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::exit::{self, bad_call};
use crate::workspace;

/// The commands of `xtask-heavy` and what `--help` says of each.
pub const COMMANDS: [(&str, &str); 6] = [
    (
        "bench",
        "Measures docker-client beside bollard, pooled hyper and plain sockets, and writes docs/performance.md",
    ),
    ("coverage", "Calls every operation on every engine, and writes down what was answered"),
    ("fetch", "Downloads the engine's swagger and writes its facts to `spec/v1.NN.json`"),
    ("test", "Checks formatting, generated files, lints and documentation, and runs every test"),
    ("truth", "Compares the generated types with what engines send"),
    (
        "verify",
        "Generates API versions into a scratch folder and compiles each with warnings denied: docker-api and its \
         documentation, docker-client with all of its features, and its examples",
    ),
];

/// Adds the commands to the help of the program.
pub(crate) fn listed(program: clap::Command) -> clap::Command {
    COMMANDS.iter().fold(program, |program, (name, about)| {
        program.subcommand(clap::Command::new(name).about(about))
    })
}

/// Runs the command that the arguments name, or prints its help; `None` if it is not one of [`COMMANDS`].
pub(crate) fn run(arguments: &[OsString]) -> Option<ExitCode> {
    let known = |name: &OsStr| COMMANDS.iter().any(|(command, _)| name == *command);
    let arguments: Vec<&OsStr> = match arguments {
        [name, ..] if known(name) => arguments.iter().map(OsString::as_os_str).collect(),
        [help, name] if help == "help" && known(name) => vec![name, "--help".as_ref()],
        _ => return None,
    };
    let status = match cargo().args(arguments).status().context("cannot start cargo") {
        Ok(status) => status,
        Err(error) => return Some(exit::report(Err(error))),
    };
    // A program that a signal ended has no exit code.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The document at an address on the web.
///
/// # Errors
///
/// The address is not valid, or the document cannot be downloaded; the reason has been printed to standard error.
pub(crate) fn download(address: &str) -> Result<Vec<u8>> {
    let mut download = cargo();
    download.args(["download", address]).stderr(std::process::Stdio::inherit());
    let output = download.output().context("cannot start cargo")?;
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        Some(2) => Err(bad_call(format!("`{address}` is not a valid address"))),
        _ => bail!("cannot download {address}"),
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let manifest = workspace::root().join("Cargo.toml");
    cargo.args(["run", "--quiet", "--package", "xtask-heavy", "--manifest-path"]).arg(manifest);
    cargo.arg("--");
    cargo
}
