//! A workspace in the target folder with the crates of several API versions side by side, for cargo to build at once.

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
    folder: PathBuf,
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
    /// An empty workspace below the target folder of the workspace in `root`.
    pub(crate) fn new(root: &'a Path, name: &str) -> Self {
        let folder = root.join("target").join(name);
        Self { root, folder, files: BTreeMap::new(), members: Vec::new() }
    }

    /// The workspace's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a package.
    pub(crate) fn member(
        &mut self,
        name: &str,
        files: impl IntoIterator<Item = (PathBuf, String)>,
    ) {
        let home = self.folder.join(name);
        self.members.push(format!("\"{name}\""));
        self.files.extend(files.into_iter().map(|(path, text)| (home.join(path), text)));
    }

    /// Generates the versions and adds the docker-api of each; `add` may add what goes beside it.
    pub(crate) fn generate(
        &mut self,
        versions: &[ApiVersion],
        mut add: impl FnMut(&mut Self, ApiVersion, &Output, Duration) -> Result<()>,
    ) -> Result<()> {
        let generator = Generator::read(self.root)?;
        let versions: BTreeSet<ApiVersion> = versions.iter().copied().collect();
        generator.each(versions, |version, output, time| {
            add(self, version, &output, time)?;
            self.add_api(version, output.files)
        })
    }

    /// Adds the docker-api of a version, with these generated files.
    fn add_api(
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

    /// Adds the sources of docker-client, on the docker-api of this version.
    pub(crate) fn add_client(&mut self, version: ApiVersion) -> Result<()> {
        let home = self.root.join("docker-client");
        let own = files::read(&home.join("Cargo.toml"))?;
        let text = manifest::standalone(&own, self.root, &client(version), version)?;
        let mut table: toml::Table = member(&text, "docker_client")?.parse()?;
        for section in ["dependencies", "dev-dependencies"] {
            if let Some(entries) = table.get_mut(section).and_then(toml::Value::as_table_mut) {
                point(entries, "docker-api", &api(version));
            }
        }
        let mut files = vec![(PathBuf::from("Cargo.toml"), toml::to_string(&table)?)];
        for part in ["src", "examples"] {
            for path in files::below(&home.join(part))? {
                let below = path.strip_prefix(&home).unwrap_or(&path).to_path_buf();
                files.push((below, files::read(&path)?));
            }
        }
        self.member(&client(version), files);
        Ok(())
    }

    /// Makes the folder hold what was added, and nothing else beside cargo's output.
    pub(crate) fn write(mut self, profile: &str) -> Result<()> {
        let members = self.members.join(", ");
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[profile.dev]\n{profile}\n"
        );
        self.files.insert(self.folder.join("Cargo.toml"), manifest);
        let lock = files::read(&self.root.join("Cargo.lock"))?;
        self.files.insert(self.folder.join("Cargo.lock"), lock);
        self.remove_others()?;
        for (path, text) in &self.files {
            files::write_if_changed(path, text)?;
        }
        Ok(())
    }

    /// Writes it, and builds the programs of its packages into the folder that is returned.
    pub(crate) fn build(self) -> Result<PathBuf> {
        let folder = self.folder.clone();
        self.write("debug = false\nincremental = false")?;
        let mut command = cargo(&folder);
        command.args(["build", "--bins", "--quiet"]);
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        if !command.status().context("cannot start cargo")?.success() {
            bail!("the programs in {} do not compile", folder.display());
        }
        Ok(folder.join("target/debug"))
    }

    fn remove_others(&self) -> Result<()> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        let target = self.folder.join("target");
        let context = || self.folder.display().to_string();
        for entry in fs::read_dir(&self.folder).with_context(context)? {
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

/// A cargo in the folder of a scratch workspace.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The variables of the cargo that runs this command are about this workspace.
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
