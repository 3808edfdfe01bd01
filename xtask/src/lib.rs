//! The commands of the workspace: `cargo xtask COMMAND`.
//!
//! The commands here depend on the generator alone, so that the first `cargo xtask generate` on a new machine compiles
//! little. The commands that need engines, the network or a web client are in the package `xtask-heavy`; [`heavy`] runs
//! them under the same names.

pub mod cargo;
mod compare;
pub mod exit;
pub mod files;
mod fixups;
mod generate;
pub mod generator;
pub mod heavy;
mod history;
pub mod manifest;
mod names;
pub mod package;
pub mod pages;
pub mod progress;
pub mod spec;
mod versions;
pub mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// The workspace's commands.
///
/// A command that writes files has `--check`: it then writes nothing, and fails if a file is stale.
///
/// Exit code 0: success. 1: the command failed, or found something wrong. 2: wrong usage.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compare(compare::Args),
    Fixups(fixups::Args),
    Generate(generate::Args),
    History(history::Args),
    Names(names::Args),
    Versions(versions::Args),
}

/// Runs the command that the program's arguments name.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = heavy::run(&arguments) {
        return code;
    }
    let matches = heavy::listed(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    exit::report(match cli.command {
        Command::Compare(args) => compare::run(&args),
        Command::Fixups(args) => fixups::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::History(args) => history::run(&args),
        Command::Names(args) => names::run(&args),
        Command::Versions(args) => versions::run(&args),
    })
}
