//! The tests of operations as a program per API version, with the crates that are generated for that version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use codegen::versions::ApiVersion;

use crate::scratch::{self, Scratch};
use xtask::{files, manifest};

/// Generates and builds the program of each version.
pub(super) fn build(root: &Path, versions: &[ApiVersion]) -> Result<BTreeMap<ApiVersion, PathBuf>> {
    let mut scratch = Scratch::new(root, "coverage");
    scratch.generate(versions, |scratch, version, output, _| {
        scratch.add_api(version, output.files)?;
        scratch.add_client(version, false)?;
        let name = program(version);
        let manifest = member(root, &name, version)?;
        scratch.member(&name, [("Cargo.toml".into(), manifest)]);
        Ok(())
    })?;
    let directory = scratch.build()?;
    Ok(versions.iter().map(|&version| (version, directory.join(program(version)))).collect())
}

fn program(version: ApiVersion) -> String {
    format!("operations-{}", version.minor)
}

/// The manifest of the program: what the tests depend on, with the crates of this version in place of the workspace's.
fn member(root: &Path, name: &str, version: ApiVersion) -> Result<String> {
    let home = root.join("tests");
    let own = files::read(&home.join("Cargo.toml"))?;
    let text = manifest::standalone(&own, root, name, version)?;
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
    // The operations are called without BuildKit, which would bring a second docker-client along.
    entries.remove("docker-buildkit");
    entries.insert("engines".into(), of("path", root.join("engines").display().to_string()));
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
