//! The settings of a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;

use crate::context::Context;
use crate::output::{Cache, Output};
use crate::secret::Secret;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) context: Context,
    pub(crate) dockerfile: Dockerfile,
    pub(crate) tags: Vec<String>,
    pub(crate) build_args: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) target: Option<String>,
    pub(crate) platforms: Vec<String>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// The sockets of SSH agents by id. `None` means the one of `SSH_AUTH_SOCK`.
    pub(crate) agents: BTreeMap<String, Option<PathBuf>>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) cache_from: Vec<Cache>,
    pub(crate) cache_to: Vec<Cache>,
    pub(crate) contexts: BTreeMap<String, Context>,
    pub(crate) no_cache: Option<Vec<String>>,
    pub(crate) pull: bool,
    pub(crate) push: bool,
    pub(crate) network: Option<String>,
    pub(crate) hosts: Vec<(String, String)>,
    pub(crate) attestations: BTreeMap<String, String>,
    pub(crate) resend: bool,
}

/// Where the Dockerfile is.
#[derive(Debug, Clone)]
pub(crate) enum Dockerfile {
    /// At this path in the context.
    Inside(String),
    /// A file on this machine.
    Path(PathBuf),
    /// In memory.
    Text(Bytes),
}

impl Settings {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            context,
            dockerfile: Dockerfile::Inside("Dockerfile".to_owned()),
            tags: Vec::new(),
            build_args: BTreeMap::new(),
            labels: BTreeMap::new(),
            target: None,
            platforms: Vec::new(),
            secrets: BTreeMap::new(),
            agents: BTreeMap::new(),
            outputs: Vec::new(),
            cache_from: Vec::new(),
            cache_to: Vec::new(),
            contexts: BTreeMap::new(),
            no_cache: None,
            pull: false,
            push: false,
            network: None,
            hosts: Vec::new(),
            attestations: BTreeMap::new(),
            resend: false,
        }
    }

    /// Returns the outputs of the build: an image, unless others are set.
    pub(crate) fn outputs(&self) -> Vec<Output> {
        if self.outputs.is_empty() { vec![Output::image()] } else { self.outputs.clone() }
    }
}
