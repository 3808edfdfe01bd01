//! Generates API versions from `spec/`: one, or many at a time.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use codegen::fixup::Origin;
use codegen::generate::{self, Input, Output, since::Since};
use codegen::polish::words::Words;
use codegen::{parallel, versions::ApiVersion};
use serde_json::Value;

use crate::package;
use crate::progress::Progress;

/// What all API versions are generated with: our own words, and since when there is a thing.
#[derive(Debug)]
pub struct Generator {
    words: Words,
    since: Since,
    documents: Vec<(ApiVersion, Value)>,
}

impl Generator {
    /// Reads `spec/`.
    pub fn read(root: &Path) -> Result<Self> {
        let words = package::words(root)?;
        let mut documents = Vec::new();
        for version in package::versions(root)? {
            documents.push((version, package::document(root, version)?));
        }
        Ok(Self { words, since: Since::read(&documents)?, documents })
    }

    /// Generates an API version from its document.
    pub fn one(&self, version: ApiVersion, document: &Value, origin: Origin) -> Result<Output> {
        generate::generate(Input {
            version,
            document,
            origin,
            words: self.words.clone(),
            since: self.since.clone(),
            command: "cargo xtask generate",
        })
        .with_context(|| format!("cannot generate API {version}"))
    }

    /// The API versions in `spec/`, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = ApiVersion> {
        self.documents.iter().map(|(version, _)| *version)
    }

    /// Generates versions that are in `spec/`, with a bar on a terminal, and hands each to `take` with the time that it
    /// took, in the order in which they are done.
    pub fn each(
        &self,
        versions: impl IntoIterator<Item = ApiVersion>,
        mut take: impl FnMut(ApiVersion, Output, Duration) -> Result<()>,
    ) -> Result<()> {
        let mut documents = Vec::new();
        for version in versions {
            let found = self.documents.iter().find(|(known, _)| *known == version);
            let known = || self.versions().collect::<Vec<_>>();
            documents.push(found.ok_or_else(|| package::unknown(version, &known()))?);
        }
        let mut progress = Progress::new("generating", documents.len());
        let generated = |(version, document): &&(ApiVersion, Value)| {
            let begun = Instant::now();
            self.one(*version, document, Origin::Pinned)
                .map(|output| (*version, output, begun.elapsed()))
        };
        parallel::each(&documents, generated, |generated| {
            let (version, output, time) = generated?;
            progress.step(&version.to_string());
            take(version, output, time)
        })?;
        Ok(())
    }
}
