//! Packages the published crates and builds them from the packages' contents, outside of the workspace and with each
//! feature alone and all together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::scratch;
use xtask::cargo::succeed;
use xtask::files;

/// The crates that users depend on.
pub(super) const PUBLISHED: [&str; 6] = [
    "api-compare",
    "docker-api",
    "docker-buildkit",
    "docker-client",
    "docker-core",
    "swagger-reader",
];

/// The metadata that the registry or its readers need of a crate.
const METADATA: [&str; 6] =
    ["categories", "description", "documentation", "keywords", "license", "readme"];

/// Packages the crates with `package`, which is `cargo package`, and builds them in a workspace below `target`.
///
/// # Errors
///
/// A crate cannot be packaged, lacks metadata, or does not compile with one of its features.
pub(super) fn check(root: &Path, target: &Path, mut package: Command) -> Result<()> {
    for name in PUBLISHED {
        package.args(["--package", name]);
    }
    succeed(package.args(["--no-verify", "--allow-dirty", "--quiet", "--offline"]))?;
    let directory = target.join("packages");
    let mut members = Vec::new();
    for name in PUBLISHED {
        let (member, manifest) = unpack(target, &directory, name)?;
        members.push((name, member, manifest));
    }
    let found: Vec<(&str, &str)> =
        members.iter().map(|(name, member, _)| (*name, member.as_str())).collect();
    fs::write(directory.join("Cargo.toml"), workspace(&found))
        .context("cannot write the workspace of the packages")?;
    fs::write(directory.join("Cargo.lock"), lock(root)?)
        .context("cannot write the lock file of the packages")?;
    for (name, _, manifest) in &members {
        for features in features(manifest) {
            println!("    {name} {}", features.join(" "));
            let mut check = scratch::cargo(&directory);
            check.args(["check", "--lib", "--quiet", "--offline", "--package", name]);
            let output = check.args(&features).output().context("cannot start cargo")?;
            if !output.status.success() {
                bail!(
                    "{name} {}: it does not compile outside of the workspace\n{}",
                    features.join(" "),
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
    }
    Ok(())
}

/// Unpacks a package below `directory`; its directory there and its manifest.
fn unpack(target: &Path, directory: &Path, name: &str) -> Result<(String, Table)> {
    let archive = newest(&target.join("package"), name)?;
    let member = archive.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let place = directory.join(&member);
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| place.display().to_string())?;
    }
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let mut tar = Command::new("tar");
    succeed(tar.arg("-xzf").arg(&archive).arg("-C").arg(directory))?;
    let path = place.join("Cargo.toml");
    let manifest: Table =
        files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let missing = missing(&place, &manifest);
    if !missing.is_empty() {
        bail!("the package of {name} has no {}", missing.join(", "));
    }
    Ok((member, manifest))
}

/// The archive of the crate that was written last: an older version may be beside it.
fn newest(directory: &Path, name: &str) -> Result<PathBuf> {
    let archives = files::below(directory)?.into_iter().filter(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let version = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        path.parent() == Some(directory)
            && file.ends_with(".crate")
            && version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    });
    let written = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
    archives.max_by_key(written).with_context(|| format!("cargo wrote no package of {name}"))
}

/// The metadata and licence files that the package lacks.
fn missing(place: &Path, manifest: &Table) -> Vec<String> {
    let package = manifest.get("package").and_then(Value::as_table);
    let keys =
        METADATA.into_iter().filter(|key| !package.is_some_and(|table| table.contains_key(*key)));
    let licences = ["LICENSE-APACHE", "LICENSE-MIT"].into_iter();
    keys.chain(licences.filter(|file| !place.join(file).is_file())).map(str::to_owned).collect()
}

/// The flags of cargo for no feature, for each feature alone, and for all of them.
fn features(manifest: &Table) -> Vec<Vec<String>> {
    let named: BTreeSet<&str> = manifest
        .get("features")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(|features| features.keys().map(String::as_str))
        .filter(|name| *name != "default")
        .collect();
    let mut flags = vec![vec!["--no-default-features".to_owned()]];
    for name in &named {
        let alone = ["--no-default-features", "--features", *name];
        flags.push(alone.map(str::to_owned).to_vec());
    }
    if named.len() > 1 {
        flags.push(vec!["--all-features".to_owned()]);
    }
    flags
}

/// A workspace of the packages, which takes them in place of those of the registry.
fn workspace(members: &[(&str, &str)]) -> String {
    let list: Vec<String> = members.iter().map(|(_, member)| format!("\"{member}\"")).collect();
    let patches: Vec<String> = members
        .iter()
        .map(|(name, member)| format!("{name} = {{ path = \"{member}\" }}\n"))
        .collect();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{}",
        list.join(", "),
        patches.concat()
    )
}

/// The versions of the registry that the workspace in `root` is locked to.
fn lock(root: &Path) -> Result<String> {
    let path = root.join("Cargo.lock");
    let mut lock: Table =
        files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    if let Some(packages) = lock.get_mut("package").and_then(Value::as_array_mut) {
        packages.retain(|package| package.get("source").is_some());
    }
    Ok(toml::to_string(&lock)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_checked_alone_and_with_the_others() {
        let manifest: Table = "[features]\ndefault = []\ntls = []\ngzip = []".parse().unwrap();
        let flags: Vec<String> = features(&manifest).iter().map(|flags| flags.join(" ")).collect();
        assert_eq!(
            flags,
            [
                "--no-default-features",
                "--no-default-features --features gzip",
                "--no-default-features --features tls",
                "--all-features",
            ]
        );
        assert_eq!(features(&Table::new()).len(), 1);
    }

    #[test]
    fn a_package_without_metadata_or_licences_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let manifest: Table =
            "[package]\nkeywords = []\ncategories = []\nlicense = \"MIT\"\nreadme = \"README.md\"\ndescription = \"\""
                .parse()
                .unwrap();
        fs::write(directory.path().join("LICENSE-MIT"), "").unwrap();
        assert_eq!(missing(directory.path(), &manifest), ["documentation", "LICENSE-APACHE"]);
    }

    #[test]
    fn a_package_is_told_from_one_whose_name_begins_alike() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["docker-core-0.1.0.crate", "docker-core-more-0.2.0.crate"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let found = newest(directory.path(), "docker-core").unwrap();
        assert_eq!(found.file_name().unwrap(), "docker-core-0.1.0.crate");
        assert!(newest(directory.path(), "docker-api").is_err());
    }
}
