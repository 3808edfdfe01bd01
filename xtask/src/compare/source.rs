//! Where a version to be compared comes from: `spec/`, a file, or the web.

use std::path::Path;

use anyhow::{Context, Result};
use api_compare::model::Api;
use codegen::versions::ApiVersion;
use indicatif::ProgressBar;
use reqwest::Url;
use serde_json::Value;

use crate::exit::bad_call;
use crate::fetch::download::{Advice, Downloader};
use crate::package;

const ADVICE: Advice = Advice {
    failed: "a file on this machine, or a version in spec/, can be compared without a network",
    absent: "is the address that of the document itself?",
};

/// A version to be compared.
pub(super) struct Source {
    /// What it was called by.
    pub(super) label: String,
    /// The document.
    pub(super) document: Value,
}

impl Source {
    /// Reads the version that is called `name`: a number, a file, or an address.
    pub(super) fn read(root: &Path, name: &str) -> Result<Self> {
        let document = if let Ok(version) = name.parse::<ApiVersion>() {
            package::document(root, version)?
        } else if name.starts_with("http://") || name.starts_with("https://") {
            let url: Url = name.parse().map_err(|error| bad_call(format!("{name}: {error}")))?;
            let downloader = Downloader::new(url.scheme() == "https", ADVICE)?;
            let bytes = downloader.get(&url, &ProgressBar::hidden())?;
            let text = String::from_utf8(bytes).with_context(|| format!("{name} is no text"))?;
            swagger_reader::read(&text, name)?
        } else if Path::new(name).exists() {
            swagger_reader::read(&package::read(Path::new(name))?, name)?
        } else {
            return Err(bad_call(format!(
                "`{name}` is neither: expected an API version such as 1.52, or a Swagger 2.0 file or its http(s) address"
            )));
        };
        Ok(Self { label: name.to_owned(), document })
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
