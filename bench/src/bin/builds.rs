//! Builds a small program with one client, and writes the measurements as JSON to standard output.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use anyhow::{Context, Result};
use bench::clients::ClientKind;
use bench::program;
use clap::Parser;

/// Builds a small program with a client and its default features.
#[derive(Parser)]
struct Args {
    /// The client: docker-client or bollard.
    client: String,
    /// The workspace whose lock file has the versions of the crates.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    workspace: PathBuf,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let kind = [ClientKind::Docker, ClientKind::Bollard]
        .into_iter()
        .find(|kind| kind.to_string() == args.client);
    let kind = kind.with_context(|| format!("no client {:?}", args.client))?;
    println!("{}", serde_json::to_string_pretty(&program::build(kind, &args.workspace)?)?);
    Ok(())
}
