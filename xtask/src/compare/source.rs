//! Where a version to be compared comes from: `spec/`, a file, or the web.

use std::path::Path;

use anyhow::{Context, Result};
use api_compare::model::Api;
use codegen::distill;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use serde_json::Value;

use crate::exit::bad_call;
use crate::{files, heavy, package};

/// A version to be compared.
pub(super) struct Source {
    /// What it was called by.
    pub(super) label: String,
    /// The document, with the facts that only its prose states.
    pub(super) document: Value,
    /// The origin of the document.
    pub(super) origin: Origin,
}

impl Source {
    /// Reads the version that is called `name`: a number, a file, or an address.
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

    /// The version as the comparison sees it.
    pub(super) fn api(&self) -> Result<Api> {
        let label = &self.label;
        Api::read(label, &self.document).with_context(|| format!("{label} cannot be compared"))
    }

    /// The number of the version: the name, or what the document says of itself.
    pub(super) fn version(&self) -> Result<ApiVersion> {
        self.label.parse().or_else(|_| {
            let said =
                self.document.pointer("/info/version").and_then(Value::as_str).unwrap_or_default();
            said.parse().with_context(|| format!("{} at /info/version", self.label))
        })
    }
}
