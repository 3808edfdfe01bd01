//! `--rust`: generates the crate from each version, to compare the crates.

use anyhow::{Context, Result};
use codegen::correct::Corrected;
use codegen::generate::{self, Input};
use codegen::polish::words::Words;
use codegen::since::Since;

use super::source::Source;
use super::surface::Surface;
use crate::progress::Progress;

/// The crate that is generated from a version.
pub(super) struct Crate<'a> {
    /// The name of the version in reports.
    pub(super) label: &'a str,
    /// The public items of the crate.
    pub(super) surface: Surface,
}

/// Generates the crate from each version, without documentation, which is not compared.
pub(super) fn generate(sources: &[Source]) -> Result<Vec<Crate<'_>>> {
    let words = Words::default();
    let mut progress = Progress::new("generating", sources.len());
    let mut crates = Vec::new();
    for source in sources {
        let version = source.version()?;
        let output =
            Corrected::of(&source.document, version, source.origin).and_then(|corrected| {
                generate::generate(Input {
                    corrected: &corrected,
                    words: words.clone(),
                    since: Since::default(),
                    command: "cargo xtask compare",
                })
            });
        let output = output.with_context(|| format!("cannot generate from {}", source.label))?;
        progress.step(&source.label);
        crates.push(Crate { label: &source.label, surface: Surface::read(&output.files)? });
    }
    Ok(crates)
}
