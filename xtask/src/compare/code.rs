//! `--rust`: generates the crate from each version, to compare what is generated.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use codegen::generate::{self, Input, since::Since};
use codegen::polish::words::Words;

use super::source::Source;
use crate::progress::Progress;

/// The files that are generated from a version.
pub(super) struct Crate<'a> {
    /// What the version was called by.
    pub(super) label: &'a str,
    /// The files by their path.
    pub(super) files: BTreeMap<String, String>,
}

/// Generates the crate from each version, without words: the documentation is not compared.
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
        crates.push(Crate { label: &source.label, files: output.files });
    }
    Ok(crates)
}
