//! The workspace's commands: `cargo xtask <command>`. This file only dispatches; each command is a module.

mod exit;
mod fetch;
mod files;
mod spec;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The workspace's commands.
///
/// Exit code 0: done. 1: a failure was found. 2: the command was called wrongly.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Fetch(fetch::Args),
    Test(test::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Fetch(args) => fetch::run(&args),
        Command::Test(args) => test::run(&args),
    };
    exit::report(result)
}
