//! What becomes of the result of a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::session::Destination;

/// What becomes of the result of a build. Without an output the result is an image of the engine.
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
    /// An image of the engine, with the tags of the build.
    pub fn image() -> Self {
        Self::new(Kind::Image)
    }

    /// The files of the result, in a directory of this machine.
    ///
    /// The directory is created if it does not exist. Files of it that the result does not have stay. Owners are not kept: the files
    /// belong to the user who builds.
    pub fn local(directory: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Local(directory.into()))
    }

    /// The files of the result, in a tar archive of this machine.
    pub fn tar(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Tar(file.into()))
    }

    /// An archive in the layout of the Open Container Initiative. The engine must use the containerd image store.
    pub fn oci(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Oci(file.into()))
    }

    /// An archive that `docker load` reads. The engine must use the containerd image store.
    pub fn docker(file: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Docker(file.into()))
    }

    /// Sets an attribute of BuildKit's exporter, such as `compression` to `zstd`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attrs.insert(name.into(), value.into());
        self
    }

    fn new(kind: Kind) -> Self {
        Self { kind, attrs: BTreeMap::new() }
    }

    /// The name of BuildKit's exporter. The engine's own one for images is `moby`.
    pub(crate) fn exporter(&self) -> &'static str {
        match self.kind {
            Kind::Image => "moby",
            Kind::Local(_) => "local",
            Kind::Tar(_) => "tar",
            Kind::Oci(_) => "oci",
            Kind::Docker(_) => "docker",
        }
    }

    /// Where the engine sends the output, if it does.
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

/// Where a build cache comes from or goes to, beyond the engine's own.
#[derive(Debug, Clone)]
pub struct Cache {
    pub(crate) kind: &'static str,
    pub(crate) attrs: BTreeMap<String, String>,
}

impl Cache {
    /// The cache of an image in a registry. To write it there, the engine must use the containerd image store.
    pub fn registry(reference: impl Into<String>) -> Self {
        let attrs = BTreeMap::from([("ref".to_owned(), reference.into())]);
        Self { kind: "registry", attrs }
    }

    /// The cache is written into the image that is built, for builds that name it as their cache later.
    pub fn inline() -> Self {
        Self { kind: "inline", attrs: BTreeMap::new() }
    }

    /// Sets an attribute, such as `mode` to `max`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attrs.insert(name.into(), value.into());
        self
    }
}
