//! Builds the package `xtask-heavy` when one of its commands is called, and runs it.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::exit::{self, bad_call};
use crate::{cargo, workspace};

/// The package and its program.
const PACKAGE: &str = "xtask-heavy";

/// The commands of `xtask-heavy`, and the line of `--help` about each.
pub const COMMANDS: [(&str, &str); 6] = [
    (
        "bench",
        "Measures docker-client, bollard, pooled hyper and plain sockets, and writes docs/performance.md",
    ),
    (
        "coverage",
        "Calls every operation on every engine, and writes the results to docs/coverage.md and docs/podman.md",
    ),
    ("fetch", "Downloads the engine's swagger and writes its facts to spec/v1.NN.json"),
    ("test", "Runs the checks and tests that a change has to pass"),
    (
        "truth",
        "Compares the generated types with the responses of real engines, and writes docs/truth.md",
    ),
    (
        "verify",
        "Checks that API versions generate and compile without a warning: docker-api, and docker-client with all features",
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
    let run = |mut command: Command| command.args(arguments).status().context(PACKAGE);
    let status = match command().and_then(run) {
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
    let mut download = command()?;
    download.args(["download", address]).stderr(std::process::Stdio::inherit());
    let output = download.output().context(PACKAGE)?;
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        Some(2) => Err(bad_call(format!("`{address}` is not a valid address"))),
        _ => bail!("cannot download {address}"),
    }
}

/// Builds the package and returns its program.
///
/// It is built as a part of the whole workspace and together with a test, so that its dependencies have the features that
/// they have in the tests of the workspace, and are compiled only once.
fn command() -> Result<Command> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let target = program.ancestors().nth(2).context("this program is not in a target directory")?;
    let mut build = cargo::command();
    build.args(["build", "--quiet", "--workspace", "--exclude", "bench", "--all-features"]);
    build.args(["--bin", PACKAGE, "--test", "fetch", "--target-dir"]).arg(target);
    build.arg("--manifest-path").arg(workspace::root().join("Cargo.toml"));
    cargo::succeed(&mut build)?;
    let program = target.join("debug").join(PACKAGE);
    Ok(Command::new(program.with_extension(std::env::consts::EXE_EXTENSION)))
}
