//! The files of a generated crate outside of the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use codegen::polish::words::Words;
use codegen::versions::ApiVersion;
pub use codegen::versions::OLDEST_SUPPORTED;
use serde_json::Value;

use crate::{exit::bad_call, files, manifest, spec::Spec};

/// The files beside the generated ones: the manifest and the build script.
pub fn beside(root: &Path, name: &str, version: ApiVersion) -> Result<Vec<(PathBuf, String)>> {
    let home = root.join("docker-api");
    let member = files::read(&home.join("Cargo.toml"))?;
    let manifest = manifest::standalone(&member, root, name, version)
        .context("cannot write the manifest of the separate crate")?;
    let script = "build.rs";
    let text = files::read(&home.join(script))?;
    Ok(vec![("Cargo.toml".into(), manifest), (script.into(), text)])
}

/// The API versions whose documents are in `spec/`, oldest first.
pub fn versions(root: &Path) -> Result<Vec<ApiVersion>> {
    let mut versions: Vec<ApiVersion> = files::below(&root.join("spec"))?
        .iter()
        .filter_map(|path| {
            path.file_name()?.to_str()?.strip_prefix('v')?.strip_suffix(".json")?.parse().ok()
        })
        .collect();
    versions.sort_unstable();
    Ok(versions)
}

/// The newest API version that `spec/versions.toml` pins.
///
/// # Errors
///
/// The file cannot be read, or pins no version.
pub fn newest(root: &Path) -> Result<ApiVersion> {
    let known = Spec::of(root).pins()?.known();
    known.last().copied().context("spec/versions.toml pins no version")
}

/// Our own words about the API, from the files of `spec/docs`.
pub fn words(root: &Path) -> Result<Words> {
    let home = root.join("spec/docs");
    let mut texts = Vec::new();
    for path in files::below(&home)? {
        let name = path.strip_prefix(&home).unwrap_or(&path).display().to_string();
        texts.push((name, files::read(&path)?));
    }
    Ok(Words::read(texts.iter().map(|(name, text)| (&**name, &**text)))?)
}

/// The distilled document of an API version.
pub fn document(root: &Path, version: ApiVersion) -> Result<Value> {
    let known = versions(root)?;
    if !known.contains(&version) {
        return Err(unknown(version, &known));
    }
    let path = root.join(format!("spec/v{version}.json"));
    serde_json::from_str(&files::read(&path)?).with_context(|| path.display().to_string())
}

/// The error for a version that is not among those in `spec/`.
pub fn unknown(version: ApiVersion, known: &[ApiVersion]) -> anyhow::Error {
    let list: Vec<String> = known.iter().map(ToString::to_string).collect();
    bad_call(format!("no API version {version} in spec/; there are {}", list.join(", ")))
}
