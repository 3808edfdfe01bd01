//! `cargo xtask fetch`: the engine's swagger, distilled into `spec/`.

use anyhow::Result;

/// Downloads the engine's swagger and writes its distilled form to `spec/`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(_args: &Args) -> Result<()> {
    Err(crate::exit::bad_call("not there yet"))
}
