//! The workspace's commands: `cargo xtask <command>`. This file only dispatches; each command is a module.

mod bench;
mod compare;
mod coverage;
mod exit;
mod fetch;
mod files;
mod fixups;
mod generate;
mod generator;
mod history;
mod manifest;
mod package;
mod progress;
mod rustc_timer;
mod scratch;
mod spec;
mod start;
mod test;
mod truth;
mod verify;
mod versions;
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
    Bench(bench::Args),
    Compare(compare::Args),
    Coverage(coverage::Args),
    Fetch(fetch::Args),
    Fixups(fixups::Args),
    Generate(generate::Args),
    History(history::Args),
    Test(test::Args),
    Truth(truth::Args),
    Verify(verify::Args),
    Versions(versions::Args),
}

fn main() -> ExitCode {
    if let Some(code) = rustc_timer::intercept() {
        return code;
    }
    let result = match Cli::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Fetch(args) => fetch::run(&args),
        Command::Fixups(args) => fixups::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::History(args) => history::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Truth(args) => truth::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Versions(args) => versions::run(&args),
    };
    exit::report(result)
}
