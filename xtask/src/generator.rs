//! Generates API versions from `spec/`: one, or many at a time.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use codegen::correct::Corrected;
use codegen::generate::{self, Input, Output};
use codegen::polish::words::Words;
use codegen::since::Since;
use codegen::{parallel, versions::ApiVersion};

use crate::package;
use crate::progress::Progress;

/// What all API versions are generated with: our own words, and since when there is a thing.
#[derive(Debug)]
pub struct Generator {
    words: Words,
    since: Since,
    /// The documents of `spec/`, oldest version first.
    documents: Vec<Corrected>,
}

impl Generator {
    /// Reads `spec/`.
    pub fn read(root: &Path) -> Result<Self> {
        let words = package::words(root)?;
        let mut documents = Vec::new();
        for version in package::versions(root)? {
            documents.push((version, package::document(root, version)?));
        }
        let documents = Corrected::all(&documents)?;
        Ok(Self { words, since: Since::read(&documents), documents })
    }

    /// Generates an API version from its document.
    pub fn one(&self, corrected: &Corrected) -> Result<Output> {
        generate::generate(Input {
            corrected,
            words: self.words.clone(),
            since: self.since.clone(),
            command: "cargo xtask generate",
        })
        .with_context(|| format!("cannot generate API {}", corrected.version))
    }

    /// The API versions in `spec/`, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = ApiVersion> {
        self.documents.iter().map(|document| document.version)
    }

    /// The document of an API version in `spec/`.
    ///
    /// # Errors
    ///
    /// Returned if `spec/` does not have the version.
    pub fn document(&self, version: ApiVersion) -> Result<&Corrected> {
        let found = self.documents.iter().find(|document| document.version == version);
        found.ok_or_else(|| package::unknown(version, &self.versions().collect::<Vec<_>>()))
    }

    /// Generates versions that are in `spec/`, with a progress bar on a terminal, and passes each to `take` with the time
    /// that it took, in order of completion.
    pub fn each(
        &self,
        versions: impl IntoIterator<Item = ApiVersion>,
        mut take: impl FnMut(ApiVersion, Output, Duration) -> Result<()>,
    ) -> Result<()> {
        let mut documents = Vec::new();
        for version in versions {
            documents.push(self.document(version)?);
        }
        let mut progress = Progress::new("generating", documents.len());
        let generated = |document: &&Corrected| {
            let begun = Instant::now();
            self.one(document).map(|output| (document.version, output, begun.elapsed()))
        };
        parallel::each(&documents, generated, |generated| {
            let (version, output, time) = generated?;
            progress.step(&version.to_string());
            take(version, output, time)
        })?;
        Ok(())
    }
}
