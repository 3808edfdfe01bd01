//! `--rust`: generates the crate from each version, to compare the crates.

use anyhow::{Context, Result};
use codegen::generate::{self, Input, since::Since};
use codegen::polish::words::Words;

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
        let output = generate::generate(Input {
            version: source.version()?,
            document: &source.document,
            origin: source.origin,
            words: words.clone(),
            since: Since::default(),
            command: "cargo xtask compare",
        });
        let output = output.with_context(|| format!("cannot generate from {}", source.label))?;
        progress.step(&source.label);
        crates.push(Crate { label: &source.label, surface: Surface::read(&output.files)? });
    }
    Ok(crates)
}
