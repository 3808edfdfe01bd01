//! The outputs and caches of a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::session::Destination;

/// The form and the place of the result of a build. By default, the result is an image on the engine.
#[derive(Debug, Clone)]
pub struct Output {
    pub(crate) kind: Kind,
    pub(crate) attrs: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Local(PathBuf),
    Tar(PathBuf),
    Oci(PathBuf),
    Docker(PathBuf),
}

impl Output {
    /// Creates an image on the engine, with the tags of the build.
    pub fn image() -> Self {
        Self::new(Kind::Image)
    }

    /// Writes the files of the result to a directory on this machine.
    ///
    /// The directory is created if it does not exist. Existing files that are not in the result are kept, and others
    /// are replaced; symbolic links in it are never followed. The files belong to the current user. A result with
    /// devices, named pipes or sockets is an error.
    pub fn local(directory: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Local(directory.into()))
    }

    /// Writes the files of the result to a tar archive on this machine. A temporary file is written first, so that a
    /// failed build does not leave a partial archive.
    pub fn tar(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Tar(file.into()))
    }

    /// Writes an image in the OCI layout to a tar archive on this machine. Requires the containerd image store.
    pub fn oci(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Oci(file.into()))
    }

    /// Writes an image for `docker load` to a tar archive on this machine. Requires the containerd image store.
    pub fn docker(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Docker(file.into()))
    }

    /// Sets an attribute of the BuildKit exporter, such as `compression` to `zstd`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attrs.insert(name.into(), value.into());
        self
    }

    fn new(kind: Kind) -> Self {
        Self { kind, attrs: BTreeMap::new() }
    }

    /// Returns the name of the BuildKit exporter. Docker's own exporter for images is `moby`.
    pub(crate) fn exporter(&self) -> &'static str {
        match self.kind {
            Kind::Image => "moby",
            Kind::Local(_) => "local",
            Kind::Tar(_) => "tar",
            Kind::Oci(_) => "oci",
            Kind::Docker(_) => "docker",
        }
    }

    /// Returns the place on this machine, if the output has one.
    pub(crate) fn destination(&self) -> Option<Destination> {
        match &self.kind {
            Kind::Image => None,
            Kind::Local(path) => Some(Destination::Directory(path.clone())),
            Kind::Tar(path) | Kind::Oci(path) | Kind::Docker(path) => {
                Some(Destination::File(path.clone()))
            }
        }
    }
}

/// A build cache outside of the engine, to read from or to export to.
#[derive(Debug, Clone)]
pub struct Cache {
    pub(crate) kind: &'static str,
    pub(crate) attrs: BTreeMap<String, String>,
}

impl Cache {
    /// A cache in a registry. Exporting to it requires the containerd image store.
    pub fn registry(reference: impl Into<String>) -> Self {
        let attrs = BTreeMap::from([("ref".to_owned(), reference.into())]);
        Self { kind: "registry", attrs }
    }

    /// A cache that is exported as a part of the image. Later builds read it with [`Cache::registry`] and the name of
    /// the image.
    pub fn inline() -> Self {
        Self { kind: "inline", attrs: BTreeMap::new() }
    }

    /// Sets an attribute of the cache, such as `mode` to `max`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attrs.insert(name.into(), value.into());
        self
    }
}
