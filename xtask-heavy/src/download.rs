//! `download`: writes a document from the web to standard output, for `cargo xtask compare` with an address.

use std::io::Write as _;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use reqwest::Url;
use xtask::exit::bad_call;

use crate::downloader::{Advice, Downloader};

const ADVICE: Advice = Advice {
    failed: "a file on this machine, or a version in spec/, can be compared without a network",
    absent: "is the address that of the document itself?",
};

/// Writes the document at an address to standard output.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document's address, http or https.
    address: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let address = &args.address;
    let url: Url = address.parse().map_err(|error| bad_call(format!("{address}: {error}")))?;
    let downloader = Downloader::new(url.scheme() == "https", ADVICE)?;
    let document = downloader.get(&url, &ProgressBar::hidden())?;
    std::io::stdout().write_all(&document).context("cannot write to standard output")
}
