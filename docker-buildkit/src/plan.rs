//! Turns the settings of a build into the request to BuildKit and the resources of the session.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use docker_client::CredentialProvider;
use sha2::{Digest as _, Sha256};

use crate::context::{Context, Source};
use crate::error::Error;
use crate::files::{Tree, check_regular};
use crate::output::Kind;
use crate::proto::control::{CacheOptions, TypedAttributes};
use crate::secret::agent_socket;
use crate::session::{Archive, Resources, random_id};
use crate::settings::{Dockerfile, Settings};
use crate::tar_context;

/// The names by which BuildKit requests the directories of a build.
const CONTEXT: &str = "context";
const DOCKERFILE: &str = "dockerfile";

/// The request of a build, and the resources of its session.
pub(crate) struct Plan {
    pub(crate) resources: Resources,
    /// Settings of the Dockerfile frontend.
    pub(crate) frontend: BTreeMap<String, String>,
    pub(crate) exporters: Vec<TypedAttributes>,
    pub(crate) cache: CacheOptions,
    pub(crate) entitlements: Vec<String>,
    /// The key under which the engine keeps files for the next build.
    pub(crate) shared_key: String,
}

impl Plan {
    /// Checks the settings, and reads secrets and archives that can be read only once. It blocks.
    pub(crate) fn new(
        settings: &Settings,
        credentials: Option<Arc<dyn CredentialProvider>>,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            resources: Resources { credentials, ..Resources::default() },
            frontend: BTreeMap::new(),
            exporters: Vec::new(),
            cache: cache(settings),
            entitlements: Vec::new(),
            shared_key: shared_key(settings)?,
        };
        plan.set_context(settings)?;
        plan.set_named_contexts(settings)?;
        plan.set_options(settings)?;
        plan.set_outputs(settings);
        for (id, secret) in &settings.secrets {
            plan.resources.secrets.insert(id.clone(), secret.resolve(id)?);
        }
        for (id, socket) in &settings.agents {
            let socket = match socket {
                Some(socket) => socket.clone(),
                None => agent_socket()?,
            };
            plan.resources.agents.insert(id.clone(), socket);
        }
        Ok(plan)
    }

    fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.frontend.insert(name.into(), value.into());
    }

    fn set_context(&mut self, settings: &Settings) -> Result<(), Error> {
        let mut local = true;
        match &settings.context.0 {
            Source::Directory(path) => {
                check_directory(path)?;
                self.resources.trees.insert(CONTEXT.into(), Tree::Directory(path.clone()));
            }
            Source::Memory(files) => {
                self.resources.trees.insert(CONTEXT.into(), Tree::memory(files.clone()));
            }
            Source::Empty => {
                self.resources.trees.insert(CONTEXT.into(), Tree::memory(Vec::new()));
            }
            Source::Archive(archive) => {
                let spooled = archive.clone().spool()?;
                let id = random_id()?;
                let name = match &settings.dockerfile {
                    Dockerfile::Inside(name) => name.clone(),
                    _ => String::new(),
                };
                let archive = Archive::new(move |out| tar_context::write(&spooled, &name, out));
                self.resources.archives.insert(id.clone(), archive);
                self.set(CONTEXT, format!("http://buildkit-session/{id}"));
                local = false;
            }
            Source::Address(address) => {
                self.set(CONTEXT, address);
                local = false;
            }
            Source::Image(_) => {
                return Err(Error::invalid(
                    "an image can only be a named context: use `Build::context`",
                ));
            }
        }
        self.set_dockerfile(settings, local)
    }

    fn set_dockerfile(&mut self, settings: &Settings, local: bool) -> Result<(), Error> {
        let (tree, name) = match (&settings.dockerfile, &settings.context.0) {
            (Dockerfile::Text(text), _) => {
                let file = crate::files::MemoryFile {
                    path: "Dockerfile".into(),
                    permissions: 0o644,
                    data: text.clone(),
                };
                (Some(Tree::memory(vec![file])), "Dockerfile".to_owned())
            }
            (Dockerfile::Path(path), _) => {
                let (directory, name) = split(path)?;
                (Some(Tree::Directory(directory)), name)
            }
            (Dockerfile::Inside(path), Source::Directory(root)) => {
                let (directory, name) = split(&root.join(path))?;
                check_ignore_files(&directory, &name)?;
                (Some(Tree::Directory(directory)), name)
            }
            (Dockerfile::Inside(path), Source::Memory(files)) => {
                if !files.iter().any(|file| file.path == *path) {
                    return Err(Error::invalid(format!(
                        "the files in memory do not include the Dockerfile `{path}`"
                    )));
                }
                (Some(Tree::memory(files.clone())), path.clone())
            }
            (Dockerfile::Inside(_), Source::Empty) => {
                return Err(Error::invalid(
                    "an empty context has no Dockerfile: set its contents with `dockerfile_text`",
                ));
            }
            (Dockerfile::Inside(path), _) => (None, path.clone()),
        };
        if let Some(tree) = tree {
            self.resources.trees.insert(DOCKERFILE.into(), tree);
            if !local {
                self.set("dockerfilekey", DOCKERFILE);
            }
        }
        self.set("filename", name);
        Ok(())
    }

    fn set_named_contexts(&mut self, settings: &Settings) -> Result<(), Error> {
        for (name, Context(source)) in &settings.contexts {
            if matches!(name.as_str(), CONTEXT | DOCKERFILE | "") {
                return Err(Error::invalid(format!(
                    "a named context cannot have the name {name:?}"
                )));
            }
            let value = match source {
                Source::Image(reference) => format!("docker-image://{reference}"),
                Source::Address(address) => address.clone(),
                Source::Directory(path) => {
                    check_directory(path)?;
                    self.resources.trees.insert(name.clone(), Tree::Directory(path.clone()));
                    format!("local:{name}")
                }
                Source::Memory(files) => {
                    self.resources.trees.insert(name.clone(), Tree::memory(files.clone()));
                    format!("local:{name}")
                }
                Source::Archive(_) | Source::Empty => {
                    return Err(Error::invalid(format!(
                        "the named context `{name}` must be a directory, files in memory, an image or a URL"
                    )));
                }
            };
            self.set(format!("context:{name}"), value);
        }
        Ok(())
    }

    fn set_options(&mut self, settings: &Settings) -> Result<(), Error> {
        for (name, value) in &settings.build_args {
            self.set(format!("build-arg:{name}"), value);
        }
        for (name, value) in &settings.labels {
            self.set(format!("label:{name}"), value);
        }
        for (name, value) in &settings.attestations {
            self.set(format!("attest:{name}"), value);
        }
        if let Some(target) = &settings.target {
            self.set("target", target);
        }
        if !settings.platforms.is_empty() {
            self.set("platform", settings.platforms.join(","));
        }
        if let Some(stages) = &settings.no_cache {
            self.set("no-cache", stages.join(","));
        }
        if settings.pull {
            self.set("image-resolve-mode", "pull");
        }
        if let Some(network) = &settings.network {
            match network.as_str() {
                "default" => {}
                "none" | "host" => self.set("force-network-mode", network),
                _ => {
                    return Err(Error::invalid(format!(
                        "network `{network}`: expected `default`, `none` or `host`"
                    )));
                }
            }
            if network == "host" {
                self.entitlements.push("network.host".into());
            }
        }
        if !settings.hosts.is_empty() {
            let hosts: Vec<String> =
                settings.hosts.iter().map(|(name, address)| format!("{name}={address}")).collect();
            self.set("add-hosts", hosts.join(","));
        }
        Ok(())
    }

    fn set_outputs(&mut self, settings: &Settings) {
        for output in settings.outputs() {
            let mut attrs = output.attrs.clone();
            if matches!(output.kind, Kind::Image | Kind::Oci(_) | Kind::Docker(_))
                && !settings.tags.is_empty()
            {
                attrs.entry("name".into()).or_insert_with(|| settings.tags.join(","));
            }
            self.exporters.push(TypedAttributes { kind: output.exporter().into(), attrs });
            self.resources.destinations.push(output.destination());
        }
    }
}

fn cache(settings: &Settings) -> CacheOptions {
    let typed = |caches: &[crate::output::Cache]| {
        let entry = |cache: &crate::output::Cache| TypedAttributes {
            kind: cache.kind.into(),
            attrs: cache.attrs.clone(),
        };
        caches.iter().map(entry).collect()
    };
    CacheOptions { exports: typed(&settings.cache_to), imports: typed(&settings.cache_from) }
}

fn check_directory(path: &Path) -> Result<(), Error> {
    let fault = |source| Error::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(fault)?.is_dir() {
        return Ok(());
    }
    Err(fault(std::io::Error::from(std::io::ErrorKind::NotADirectory)))
}

/// Returns the directory and the name of a Dockerfile, which must be a regular file.
fn split(path: &Path) -> Result<(PathBuf, String), Error> {
    let fault = |source| Error::File { path: path.to_owned(), source };
    check_regular(path).map_err(fault)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Error::invalid(format!("the name of the Dockerfile {} is not valid UTF-8", path.display()))
    })?;
    Ok((directory, name.to_owned()))
}

/// Refuses ignore files that are not regular files: BuildKit would open a named pipe and wait.
fn check_ignore_files(directory: &Path, dockerfile: &str) -> Result<(), Error> {
    for name in [".dockerignore".to_owned(), format!("{dockerfile}.dockerignore")] {
        let path = directory.join(name);
        match check_regular(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::File { path, source }),
        }
    }
    Ok(())
}

/// Returns the key under which the engine keeps the files of this directory on this machine.
///
/// With a new key, the engine starts with an empty directory and requests every file.
fn shared_key(settings: &Settings) -> Result<String, Error> {
    let Source::Directory(path) = &settings.context.0 else { return random_id() };
    if settings.resend {
        return random_id();
    }
    let full =
        fs::canonicalize(path).map_err(|source| Error::File { path: path.clone(), source })?;
    let mut hash = Sha256::new();
    // Machines that build the same path on one engine must not share files, which the engine distinguishes by size and time.
    for file in ["/etc/machine-id", "/proc/sys/kernel/hostname"] {
        hash.update(fs::read(file).unwrap_or_default());
    }
    for variable in ["COMPUTERNAME", "HOSTNAME", "USER", "USERNAME"] {
        hash.update(env::var_os(variable).unwrap_or_default().as_encoded_bytes());
        hash.update([0]);
    }
    hash.update(full.as_os_str().as_encoded_bytes());
    let digest = hex::encode(&hash.finalize()[..8]);
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned());
    // The key is sent in a header.
    let name: String =
        name.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(format!("{name}:{digest}"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn named_pipes_that_would_be_read_are_refused_by_name() {
        // Plans the build of a directory in which `name` is a named pipe that nobody writes to.
        let with_pipe = |name: &str| {
            let directory = tempfile::tempdir().unwrap();
            if name != "Dockerfile" {
                fs::write(directory.path().join("Dockerfile"), "FROM scratch").unwrap();
            }
            let pipe = directory.path().join(name);
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
            Plan::new(&Settings::new(Context::dir(directory.path())), None)
        };
        for name in ["Dockerfile", ".dockerignore", "Dockerfile.dockerignore"] {
            match with_pipe(name).err().unwrap() {
                Error::File { path, source } => {
                    assert_eq!(path.file_name().unwrap(), name);
                    assert!(source.to_string().contains("a regular file is required"), "{source}");
                }
                other => panic!("{other}"),
            }
        }
        assert!(with_pipe("data").is_ok(), "a named pipe among the files is sent as one");
        let pipe = tempfile::tempdir().unwrap().keep().join("context.tar");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let planned = Plan::new(&Settings::new(Context::tar(&pipe)), None);
        assert!(matches!(planned, Err(Error::File { path, .. }) if path == pipe));
        fs::remove_dir_all(pipe.parent().unwrap()).unwrap();
    }
}
