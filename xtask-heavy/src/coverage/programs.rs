//! The tests of operations as a program per API version, with the crates that are generated for that version, and the tests
//! of what the newest version adds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use codegen::versions::ApiVersion;

use crate::scratch::{self, Scratch};
use crate::start;
use xtask::{files, manifest};

/// What was built.
pub(super) struct Programs {
    /// The tests of operations.
    pub(super) operations: BTreeMap<ApiVersion, PathBuf>,
    /// The workspace with all crates.
    workspace: PathBuf,
}

/// The package with the tests of what the newest version adds.
const NEWEST: &str = "newest";

/// Generates and builds the program of each version, and the crates of the newest version for [`Programs::newest`].
pub(super) fn build(root: &Path, versions: &[ApiVersion], newest: ApiVersion) -> Result<Programs> {
    let mut scratch = Scratch::new(root, "coverage");
    let workspace = scratch.directory().to_owned();
    let all: Vec<ApiVersion> = versions.iter().copied().chain([newest]).collect();
    scratch.generate(&all, |scratch, version, output, _| {
        scratch.add_api(version, output.files)?;
        scratch.add_client(version, false)?;
        if versions.contains(&version) {
            let name = program(version);
            let manifest = member(root, &name, version, "bin", "operations")?;
            scratch.member(&name, [("Cargo.toml".into(), manifest)]);
        }
        if version == newest {
            let manifest = member(root, NEWEST, version, "test", NEWEST)?;
            // A package needs a target that is no test.
            let lib = "//! Nothing; the tests are in the workspace's `tests`.\n".to_owned();
            let files = [("Cargo.toml".into(), manifest), ("src/lib.rs".into(), lib)];
            scratch.member(NEWEST, files);
        }
        Ok(())
    })?;
    let directory = scratch.build()?;
    let path = |&version: &ApiVersion| (version, directory.join(program(version)));
    Ok(Programs { operations: versions.iter().map(path).collect(), workspace })
}

impl Programs {
    /// Runs the tests of what the newest version adds, and returns what they printed. They need no engine.
    pub(super) fn newest(&self) -> Result<String> {
        let mut command = scratch::cargo(&self.workspace);
        command.args(["test", "--quiet", "--package", NEWEST, "--test", NEWEST]);
        start::without_settings(&mut command);
        let output = command.output().context("cannot start cargo")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("the tests of the newest API version failed:\n{printed}{errors}");
        }
        Ok(printed)
    }
}

fn program(version: ApiVersion) -> String {
    format!("operations-{}", version.minor)
}

/// The manifest of the package of a program, or of a test, whose source is in the directory `source` of the tests: what the
/// tests depend on, with the crates of this version in place of the workspace's.
fn member(
    root: &Path,
    name: &str,
    version: ApiVersion,
    kind: &str,
    source: &str,
) -> Result<String> {
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
    let main = home.join("tests").join(source).join("main.rs");
    program.insert("path".into(), main.display().to_string().into());
    for kind in ["bin", "test"] {
        table.remove(kind);
    }
    table.insert(kind.into(), vec![toml::Value::from(program)].into());
    Ok(toml::to_string(&table)?)
}

fn of(key: &str, value: String) -> toml::Value {
    toml::Table::from_iter([(key.to_owned(), value.into())]).into()
}
