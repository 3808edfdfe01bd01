//! A workspace in the target directory with the crates of several API versions, for cargo to build at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use codegen::generate::Output;
use codegen::versions::ApiVersion;

use xtask::generator::Generator;
use xtask::{files, manifest, package};

/// The files of the workspace, until they are written.
pub(crate) struct Scratch<'a> {
    root: &'a Path,
    directory: PathBuf,
    files: BTreeMap<PathBuf, String>,
    members: Vec<String>,
}

/// The name that docker-api has here for an API version.
pub(crate) fn api(version: ApiVersion) -> String {
    format!("docker-api-{}", version.minor)
}

/// The name that docker-client has here on the docker-api of an API version.
pub(crate) fn client(version: ApiVersion) -> String {
    format!("docker-client-{}", version.minor)
}

impl<'a> Scratch<'a> {
    /// An empty workspace below the target directory of the workspace in `root`.
    pub(crate) fn new(root: &'a Path, name: &str) -> Self {
        let directory = root.join("target").join(name);
        Self { root, directory, files: BTreeMap::new(), members: Vec::new() }
    }

    /// The workspace's directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds a package.
    pub(crate) fn member(
        &mut self,
        name: &str,
        files: impl IntoIterator<Item = (PathBuf, String)>,
    ) {
        let home = self.directory.join(name);
        self.members.push(format!("\"{name}\""));
        self.files.extend(files.into_iter().map(|(path, text)| (home.join(path), text)));
    }

    /// Generates the versions and passes each to `add`, with the time that it took.
    pub(crate) fn generate(
        &mut self,
        versions: &[ApiVersion],
        mut add: impl FnMut(&mut Self, ApiVersion, Output, Duration) -> Result<()>,
    ) -> Result<()> {
        let generator = Generator::read(self.root)?;
        let versions: BTreeSet<ApiVersion> = versions.iter().copied().collect();
        generator.each(versions, |version, output, time| add(self, version, output, time))
    }

    /// Adds the docker-api of a version, with these generated files.
    pub(crate) fn add_api(
        &mut self,
        version: ApiVersion,
        generated: impl IntoIterator<Item = (String, String)>,
    ) -> Result<()> {
        let name = api(version);
        let mut files = package::beside(self.root, &name, version)?;
        for (path, text) in &mut files {
            if path == Path::new("Cargo.toml") {
                *text = member(text, "docker_api")?;
            }
        }
        let below = Path::new("src");
        files.extend(generated.into_iter().map(|(path, text)| (below.join(path), text)));
        self.member(&name, files);
        Ok(())
    }

    /// Adds docker-client on the docker-api of this version, with its examples where `examples` is set.
    pub(crate) fn add_client(&mut self, version: ApiVersion, examples: bool) -> Result<()> {
        let home = self.root.join("docker-client");
        let own = files::read(&home.join("Cargo.toml"))?;
        let text = manifest::standalone(&own, self.root, &client(version), version)?;
        let mut table: toml::Table = member(&text, "docker_client")?.parse()?;
        for section in ["dependencies", "dev-dependencies"] {
            if let Some(entries) = table.get_mut(section).and_then(toml::Value::as_table_mut) {
                point(entries, "docker-api", &api(version));
            }
        }
        if !examples {
            table.remove("example");
        }
        let mut files = vec![(PathBuf::from("Cargo.toml"), toml::to_string(&table)?)];
        let parts: &[&str] = if examples { &["src", "examples"] } else { &["src"] };
        for part in parts {
            for path in files::below(&home.join(part))? {
                let below = path.strip_prefix(&home).unwrap_or(&path).to_path_buf();
                files.push((below, files::read(&path)?));
            }
        }
        self.member(&client(version), files);
        Ok(())
    }

    /// Makes the directory hold what was added, and nothing else beside cargo's output.
    pub(crate) fn write(mut self, profile: &str) -> Result<()> {
        let members = self.members.join(", ");
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[profile.dev]\n{profile}\n"
        );
        self.files.insert(self.directory.join("Cargo.toml"), manifest);
        let lock = files::read(&self.root.join("Cargo.lock"))?;
        self.files.insert(self.directory.join("Cargo.lock"), lock);
        self.remove_others()?;
        for (path, text) in &self.files {
            files::write_if_changed(path, text)?;
        }
        Ok(())
    }

    /// Writes it, and builds the programs of its packages into the directory that is returned.
    pub(crate) fn build(self) -> Result<PathBuf> {
        let directory = self.directory.clone();
        self.write("debug = false\nincremental = false")?;
        let mut command = cargo(&directory);
        command.args(["build", "--bins", "--quiet"]);
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        if !command.status().context("cannot start cargo")?.success() {
            bail!("the programs in {} do not compile", directory.display());
        }
        Ok(directory.join("target/debug"))
    }

    fn remove_others(&self) -> Result<()> {
        if !self.directory.is_dir() {
            return Ok(());
        }
        let target = self.directory.join("target");
        let context = || self.directory.display().to_string();
        for entry in fs::read_dir(&self.directory).with_context(context)? {
            let path = entry?.path();
            if path != target && path.is_dir() {
                for file in files::below(&path)? {
                    if !self.files.contains_key(&file) {
                        fs::remove_file(&file).with_context(|| file.display().to_string())?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Makes a dependency that is in these entries the member of this name.
pub(crate) fn point(entries: &mut toml::Table, dependency: &str, member: &str) {
    if let Some(entry) = entries.get_mut(dependency).and_then(toml::Value::as_table_mut) {
        entry.remove("version");
        entry.insert("path".into(), format!("../{member}").into());
        entry.insert("package".into(), member.into());
    }
}

/// A standalone manifest as a member of the scratch workspace, with the name that programs use.
fn member(text: &str, lib: &str) -> Result<String> {
    let mut table: toml::Table = text.parse()?;
    table.remove("workspace");
    table.insert("lib".into(), toml::Table::from_iter([("name".to_owned(), lib.into())]).into());
    Ok(toml::to_string(&table)?)
}

/// A cargo in the directory of a scratch workspace.
pub(crate) fn cargo(directory: &Path) -> Command {
    let mut command = xtask::cargo::command();
    // The variables of the cargo that runs this command are about this workspace.
    command
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", directory.join("target"))
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
