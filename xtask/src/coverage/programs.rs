//! The tests of operations as a program per API version, with the crates that are generated for that version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use codegen::versions::ApiVersion;

use crate::scratch::{self, Scratch};
use crate::{manifest, package, verify};

/// Generates and builds the program of each version.
pub(super) fn build(root: &Path, versions: &[ApiVersion]) -> Result<BTreeMap<ApiVersion, PathBuf>> {
    let mut scratch = Scratch::new(root, "coverage");
    let folder = scratch.folder().to_owned();
    let common = package::Common::read(root)?;
    let mut programs = BTreeMap::new();
    let progress = verify::progress("generating", versions.len());
    for &version in versions {
        progress.set_message(version.to_string());
        progress.inc(1);
        if programs.contains_key(&version) {
            continue;
        }
        let output = common.generate(version, &package::document(root, version)?)?;
        scratch.add_api(version, output.files)?;
        scratch.add_client(version)?;
        let name = format!("operations-{}", version.minor);
        scratch.member(&name, [("Cargo.toml".into(), member(root, &name, version)?)]);
        programs.insert(version, folder.join("target/debug").join(name));
    }
    progress.finish_and_clear();
    scratch.write("debug = false\nincremental = false")?;
    let mut cargo = scratch::cargo(&folder);
    cargo.args(["build", "--bins", "--quiet"]).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("the tests of operations do not compile with every API version's crate");
    }
    Ok(programs)
}

/// The manifest of the program: what the tests depend on, with the crates of this version in place of the workspace's.
fn member(root: &Path, name: &str, version: ApiVersion) -> Result<String> {
    let home = root.join("tests");
    let own = package::read(&home.join("Cargo.toml"))?;
    let inherited = package::read(&root.join("Cargo.toml"))?;
    let text = manifest::standalone(&own, &inherited, name, version)?;
    let mut table: toml::Table = text.parse()?;
    table.remove("workspace");
    let mut entries = toml::Table::new();
    for section in ["dependencies", "dev-dependencies"] {
        if let Some(toml::Value::Table(more)) = table.remove(section) {
            entries.extend(more);
        }
    }
    scratch::point(&mut entries, "docker-api", &scratch::api(version));
    scratch::point(&mut entries, "docker-client", &scratch::client(version));
    entries.insert("tests".into(), of("path", home.display().to_string()));
    table.insert("dependencies".into(), entries.into());
    let mut program = toml::Table::new();
    program.insert("name".into(), name.into());
    let main = home.join("tests/operations/main.rs");
    program.insert("path".into(), main.display().to_string().into());
    table.insert("bin".into(), vec![toml::Value::from(program)].into());
    Ok(toml::to_string(&table)?)
}

fn of(key: &str, value: String) -> toml::Value {
    toml::Table::from_iter([(key.to_owned(), value.into())]).into()
}
