//! The files of `spec/`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use codegen::distill::unread::UnreadList;
use codegen::versions::{ApiVersion, Pins};

use crate::files;

/// The directory `spec/` of a workspace.
#[derive(Debug)]
pub struct Spec {
    directory: PathBuf,
}

impl Spec {
    /// The directory of the workspace at `root`.
    pub fn of(root: &Path) -> Self {
        Self { directory: root.join("spec") }
    }

    /// The file of the pins.
    pub fn pins_path(&self) -> PathBuf {
        self.directory.join("versions.toml")
    }

    /// The list of the places that the rules of the distillation could not read.
    pub fn unread_path(&self) -> PathBuf {
        self.directory.join("unread.json")
    }

    /// The distilled document of a version.
    pub fn document_path(&self, version: ApiVersion) -> PathBuf {
        self.directory.join(format!("v{version}.json"))
    }

    /// The pins of all versions.
    pub fn pins(&self) -> Result<Pins> {
        let path = self.pins_path();
        Ok(Pins::read(&files::read(&path)?, &path.display().to_string())?)
    }

    /// The places that the rules could not read. Empty if there is no list.
    pub fn unread(&self) -> Result<UnreadList> {
        let path = self.unread_path();
        if !path.exists() {
            return Ok(UnreadList::default());
        }
        Ok(UnreadList::read(&files::read(&path)?, &path.display().to_string())?)
    }
}
