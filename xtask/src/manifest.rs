//! The manifest of the generated crate: its version, and its form outside of the workspace.

use std::path::Path;

use anyhow::{Context, Result};
use codegen::versions::ApiVersion;
use toml::{Table, Value};

use crate::files;

/// Returns the version of the crate for an API version: `0.52.PATCH` for 1.52, so that cargo treats two API versions as
/// incompatible.
pub fn crate_version(version: ApiVersion, patch: u64) -> String {
    format!("0.{}.{patch}", version.minor)
}

/// The API version of a generated crate, from its manifest.
pub fn api_version(manifest: &Path) -> Result<ApiVersion> {
    let (minor, _) = numbers(manifest)?;
    Ok(ApiVersion::new(1, minor))
}

/// The third number that the crate's version has: kept while the API version stays.
pub fn patch(manifest: &Path, version: ApiVersion) -> Result<u64> {
    let (minor, patch) = numbers(manifest)?;
    Ok(if minor == version.minor { patch } else { 0 })
}

fn numbers(manifest: &Path) -> Result<(u32, u64)> {
    let text = files::read(manifest)?;
    let table: Table = text.parse().with_context(|| manifest.display().to_string())?;
    let version =
        table.get("package").and_then(|package| package.get("version")).and_then(Value::as_str);
    let mut numbers = version.unwrap_or_default().split('.').skip(1);
    match (numbers.next().map(str::parse), numbers.next().map(str::parse)) {
        (Some(Ok(minor)), Some(Ok(patch))) => Ok((minor, patch)),
        _ => anyhow::bail!(
            "{}: expected package.version to be \"0.<API minor>.<patch>\", found {version:?}",
            manifest.display()
        ),
    }
}

/// The manifest's text with another version and no other change.
pub fn with_version(text: &str, version: ApiVersion, patch: u64) -> Result<String> {
    let line = text
        .lines()
        .find(|line| line.starts_with("version = \""))
        .context("no line `version = \"…\"` in [package]")?;
    Ok(text.replacen(line, &format!("version = \"{}\"", crate_version(version, patch)), 1))
}

/// The manifest of a separate crate: what it inherits from the workspace in `root` is written out, and what it depends on
/// there is named by its path.
pub fn standalone(member: &str, root: &Path, name: &str, version: ApiVersion) -> Result<String> {
    let member: Table = member.parse()?;
    let path = root.join("Cargo.toml");
    let workspace: Table =
        files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let inherited = |path: &[&str]| {
        path.iter().try_fold(workspace.get("workspace")?, |table, key| table.get(*key))
    };
    let mut package = Table::new();
    package.insert("name".into(), name.into());
    package.insert("version".into(), crate_version(version, 0).into());
    for key in ["description", "edition", "rust-version", "license"] {
        let own = member.get("package").and_then(|package| package.get(key));
        let value = match own {
            Some(Value::String(_)) => own,
            _ => inherited(&["package", key]),
        };
        if let Some(value) = value {
            package.insert(key.into(), value.clone());
        }
    }
    let own = member.get("package").and_then(Value::as_table);
    // Under another name, it may be in one program with others.
    if let Some(own) = own.filter(|own| own.get("name").and_then(Value::as_str) == Some(name))
        && let Some(links) = own.get("links")
    {
        package.insert("links".into(), links.clone());
    }
    let mut manifest = Table::new();
    manifest.insert("package".into(), package.into());
    let written = |entries: &Table| -> Result<Table> {
        let mut written = Table::new();
        for (dependency, entry) in entries {
            let entry = match entry {
                Value::Table(own) if own.contains_key("workspace") => {
                    let shared = inherited(&["dependencies", dependency]).with_context(|| {
                        format!("the workspace has no dependency `{dependency}`")
                    })?;
                    merge(shared, own, root)
                }
                other => other.clone(),
            };
            written.insert(dependency.clone(), entry);
        }
        Ok(written)
    };
    for section in ["features", "dependencies", "dev-dependencies"] {
        if let Some(Value::Table(entries)) = member.get(section) {
            manifest.insert(section.into(), written(entries)?.into());
        }
    }
    // Dependencies of some systems alone.
    if let Some(Value::Table(targets)) = member.get("target") {
        let mut all = Table::new();
        for (target, sections) in targets {
            let mut own = Table::new();
            for (section, entries) in sections.as_table().into_iter().flatten() {
                if let Value::Table(entries) = entries {
                    own.insert(section.clone(), written(entries)?.into());
                }
            }
            all.insert(target.clone(), own.into());
        }
        manifest.insert("target".into(), all.into());
    }
    // Which features examples need.
    if let Some(examples) = member.get("example") {
        manifest.insert("example".into(), examples.clone());
    }
    // Otherwise, cargo would treat a crate below the directory of a workspace as a member.
    manifest.insert("workspace".into(), Table::new().into());
    Ok(toml::to_string(&manifest)?)
}

/// A dependency of the workspace in `root`, with the features that a member adds.
fn merge(shared: &Value, own: &Table, root: &Path) -> Value {
    let mut entry = match shared {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    if let Some(Value::String(path)) = entry.get_mut("path") {
        *path = root.join(&*path).display().to_string();
    }
    for (key, value) in own {
        match (entry.get_mut(key), value) {
            _ if key == "workspace" => {}
            (Some(Value::Array(features)), Value::Array(more)) => {
                features.extend(more.iter().cloned())
            }
            _ => {
                entry.insert(key.clone(), value.clone());
            }
        }
    }
    entry.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MEMBER: &str = r#"
[package]
name = "docker-api"
version = "0.52.3"
edition.workspace = true

[dependencies]
bytes.workspace = true
docker-core.workspace = true
tokio = { workspace = true, features = ["io-util"] }

[[example]]
name = "bars"
required-features = ["terminal"]
"#;

    #[test]
    fn a_crate_of_its_own_inherits_nothing() {
        let workspace = r#"
[workspace.package]
edition = "2024"
[workspace.dependencies]
bytes = "1"
docker-core = { path = "docker-core", version = "0.1" }
tokio = { version = "1", features = ["net"] }
"#;
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.toml"), workspace).unwrap();
        let text =
            standalone(MEMBER, root.path(), "docker-api-141", ApiVersion::new(1, 41)).unwrap();
        let manifest: Table = text.parse().unwrap();
        assert_eq!(manifest["package"]["version"].as_str(), Some("0.41.0"));
        assert_eq!(manifest["package"]["edition"].as_str(), Some("2024"));
        assert_eq!(manifest["dependencies"]["bytes"]["version"].as_str(), Some("1"));
        let core = root.path().join("docker-core").display().to_string();
        assert_eq!(manifest["dependencies"]["docker-core"]["path"].as_str(), Some(&*core));
        let features = manifest["dependencies"]["tokio"]["features"].as_array().unwrap();
        assert_eq!(features.len(), 2, "{features:?}");
        assert_eq!(manifest["example"][0]["required-features"][0].as_str(), Some("terminal"));
        assert!(!text.contains("workspace = true"), "{text}");
    }

    #[test]
    fn the_patch_is_kept_while_the_api_version_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("Cargo.toml");
        fs::write(&path, MEMBER).unwrap();
        assert_eq!(patch(&path, ApiVersion::new(1, 52)).unwrap(), 3);
        assert_eq!(patch(&path, ApiVersion::new(1, 41)).unwrap(), 0);
        let text = with_version(MEMBER, ApiVersion::new(1, 41), 0).unwrap();
        assert!(text.contains("version = \"0.41.0\""), "{text}");
    }
}
