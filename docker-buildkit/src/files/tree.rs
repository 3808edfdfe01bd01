//! The trees that a build reads: directories, and files in memory.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use docker_client::archive::{Select, Walk};

use super::follow::follow;
use super::stat::{Describe, modified};
use super::{Fault, Selection, mode};
use crate::proto::files::Stat;

/// A file that exists in memory alone.
#[derive(Clone)]
pub(crate) struct MemoryFile {
    /// Relative, with `/`.
    pub(crate) path: String,
    pub(crate) permissions: u32,
    pub(crate) data: Bytes,
}

/// Where the files of a transfer come from.
#[derive(Clone)]
pub(crate) enum Tree {
    /// A directory of this machine.
    Directory(PathBuf),
    /// Files in memory, sorted by path.
    Memory(Arc<[MemoryFile]>),
}

/// The content of a file, with the size and the time that it has now.
pub(super) struct Opened {
    pub(super) content: Box<dyn Read>,
    /// Bytes.
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
}

impl Tree {
    /// Makes a tree of files in memory.
    pub(crate) fn memory(mut files: Vec<MemoryFile>) -> Self {
        files.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
        Self::Memory(files.into())
    }

    /// Returns the patterns of these paths and of what their links lead to.
    pub(crate) fn follow(&self, paths: &[String]) -> Vec<String> {
        match self {
            Self::Directory(root) => follow(root, paths),
            Self::Memory(_) => paths.to_vec(),
        }
    }

    /// Hands every selected entry to `each`, in the order of a transfer, until that asks to stop.
    pub(super) fn walk(
        &self,
        selection: &Selection,
        each: &mut dyn FnMut(Stat) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        match self {
            Self::Directory(root) => walk(root, selection, each),
            Self::Memory(files) => {
                let mut told = PathBuf::new();
                for file in files.iter().filter(|file| selection.selects(Path::new(&file.path))) {
                    let path = Path::new(&file.path);
                    for directory in parents(path, &told) {
                        let stat = Stat {
                            path: directory,
                            mode: mode::of_directory(0o755),
                            ..Stat::default()
                        };
                        if each(stat).is_break() {
                            return Ok(());
                        }
                    }
                    told = path.parent().unwrap_or(Path::new("")).to_owned();
                    let stat = Stat {
                        path: file.path.clone(),
                        mode: mode::of_file(file.permissions),
                        size: i64::try_from(file.data.len()).unwrap_or(i64::MAX),
                        ..Stat::default()
                    };
                    if each(stat).is_break() {
                        return Ok(());
                    }
                }
                Ok(())
            }
        }
    }

    /// Opens a regular file of the tree.
    pub(super) fn open(&self, relative: &Path) -> Result<Opened, Fault> {
        match self {
            Self::Directory(root) => {
                let path = root.join(relative);
                let fault = |error| Fault::new(&path, error);
                let file = File::open(&path).map_err(fault)?;
                let metadata = file.metadata().map_err(fault)?;
                Ok(Opened {
                    size: metadata.len(),
                    modified: modified(&metadata),
                    content: Box::new(file),
                })
            }
            Self::Memory(files) => {
                let file = files.iter().find(|file| Path::new(&file.path) == relative);
                let file = file.ok_or_else(|| {
                    Fault::new(relative, io::Error::from(io::ErrorKind::NotFound))
                })?;
                Ok(Opened {
                    size: file.data.len() as u64,
                    modified: 0,
                    content: Box::new(Cursor::new(file.data.clone())),
                })
            }
        }
    }

    /// Returns the name of a file for error messages.
    pub(super) fn full_path(&self, relative: &Path) -> PathBuf {
        match self {
            Self::Directory(root) => root.join(relative),
            Self::Memory(_) => relative.to_owned(),
        }
    }
}

fn walk(
    root: &Path,
    selection: &Selection,
    each: &mut dyn FnMut(Stat) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let fault = |error: io::Error| Fault::new(root, error);
    // A link to the directory itself is followed, as every client does.
    let root = &fs::canonicalize(root).map_err(fault)?;
    let mut walk = Walk::new(root, selection).map_err(fault)?;
    let mut describe = Describe::default();
    while let Some(entry) = walk.next().map_err(fault)? {
        let stat = describe.entry(&root.join(&entry.path), &entry.path, &entry.metadata)?;
        if each(stat).is_break() {
            break;
        }
    }
    Ok(())
}

/// Returns the directories of `path` that are not directories of `told`.
fn parents(path: &Path, told: &Path) -> Vec<String> {
    let mut parents: Vec<&Path> = path.ancestors().skip(1).collect();
    parents.reverse();
    let new = parents
        .into_iter()
        .filter(|parent| !parent.as_os_str().is_empty() && !told.starts_with(parent));
    new.map(|parent| parent.to_string_lossy().into_owned()).collect()
}
