//! The commands of `cargo xtask` that need engines, the network or much time. `cargo xtask` runs them by their names.

mod bench;
mod coverage;
mod download;
mod downloader;
mod fetch;
mod rustc_timer;
mod rustdoc;
mod scratch;
mod start;
mod test;
mod truth;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The workspace's commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Args),
    Coverage(coverage::Args),
    #[command(hide = true)]
    Download(download::Args),
    Fetch(fetch::Args),
    Test(test::Args),
    Truth(truth::Args),
    Verify(verify::Args),
}

fn main() -> ExitCode {
    if let Some(code) = rustc_timer::intercept().or_else(rustdoc::intercept) {
        return code;
    }
    xtask::exit::report(match Cli::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Download(args) => download::run(&args),
        Command::Fetch(args) => fetch::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Truth(args) => truth::run(&args),
        Command::Verify(args) => verify::run(&args),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_of_cargo_xtask_lists_every_command_here() {
        let program = Cli::command();
        let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
        let here: Vec<(String, String)> = shown
            .map(|command| {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                (command.get_name().to_owned(), about)
            })
            .collect();
        let listed =
            xtask::heavy::COMMANDS.map(|(name, about)| (name.to_owned(), about.to_owned()));
        assert_eq!(here, listed);
    }
}
