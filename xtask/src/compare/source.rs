//! Reads a version to compare from `spec/`, a file or a URL.

use std::path::Path;

use anyhow::{Context, Result};
use api_compare::model::{Api, Extensions};
use codegen::distill;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use serde_json::Value;

use crate::exit::bad_call;
use crate::{files, heavy, package};

/// The vendor extensions in which distilled documents state what moby's documents state in prose.
pub(crate) const EXTENSIONS: Extensions<'static> = Extensions {
    filters: Some("x-filters"),
    unit: Some("x-unit"),
    platform: Some("x-platform"),
    deprecated: Some("x-deprecated"),
};

/// A version to compare.
pub(super) struct Source {
    /// Its name in reports, which is the one in the call.
    pub(super) label: String,
    /// The document, with the facts that only its prose states.
    pub(super) document: Value,
    /// The origin of the document.
    pub(super) origin: Origin,
}

impl Source {
    /// Reads the version `name`: a number, the path of a file, or a URL.
    pub(super) fn read(root: &Path, name: &str) -> Result<Self> {
        if let Ok(version) = name.parse::<ApiVersion>() {
            let document = package::document(root, version)?;
            return Ok(Self { label: name.to_owned(), document, origin: Origin::Pinned });
        }
        let text = if name.starts_with("http://") || name.starts_with("https://") {
            let bytes = heavy::download(name)?;
            String::from_utf8(bytes)
                .with_context(|| format!("{name}: the document is not valid UTF-8"))?
        } else if Path::new(name).exists() {
            files::read(Path::new(name))?
        } else {
            return Err(bad_call(format!(
                "`{name}` is neither: expected an API version such as 1.52, or a Swagger 2.0 file or its http(s) address"
            )));
        };
        // A version in spec/ is distilled; the same facts are taken from the prose of any other document.
        let document = distill::annotate(&swagger_reader::read(&text, name)?);
        let document = document.with_context(|| name.to_owned())?;
        Ok(Self { label: name.to_owned(), document, origin: Origin::Other })
    }

    /// Reads the document for the comparison.
    pub(super) fn api(&self) -> Result<Api> {
        let label = &self.label;
        Api::read_with(label, &self.document, &EXTENSIONS)
            .with_context(|| format!("{label} cannot be compared"))
    }

    /// Returns the number of the version: the name, or `info.version` of the document.
    pub(super) fn version(&self) -> Result<ApiVersion> {
        self.label.parse().or_else(|_| {
            let version =
                self.document.pointer("/info/version").and_then(Value::as_str).unwrap_or_default();
            version.parse().with_context(|| format!("{} at /info/version", self.label))
        })
    }
}
