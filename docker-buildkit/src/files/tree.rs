//! The trees that a build sends: directories, and files in memory.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use docker_client::archive::{Select, Walk};

use super::follow::follow;
use super::stat::{Describe, modified};
use super::{FileError, Selection, mode};
use crate::proto::files::Stat;

/// The message about a file that is not as it was described.
pub(super) const CHANGED: &str = "the file was changed while the build read it";

/// A file in memory.
#[derive(Clone)]
pub(crate) struct MemoryFile {
    /// The path, relative and with `/`.
    pub(crate) path: String,
    pub(crate) permissions: u32,
    pub(crate) data: Bytes,
}

/// The files of a transfer.
#[derive(Clone)]
pub(crate) enum Tree {
    /// A directory of this machine.
    Directory(PathBuf),
    /// Files in memory, sorted by path.
    Memory(Arc<[MemoryFile]>),
}

/// The contents of a file, with its current size and time.
pub(super) struct OpenFile {
    pub(super) content: Box<dyn Read>,
    /// Bytes.
    pub(super) size: u64,
    /// Nanoseconds since the Unix epoch.
    pub(super) modified: i64,
}

impl Tree {
    /// Returns a tree of files in memory.
    pub(crate) fn memory(mut files: Vec<MemoryFile>) -> Self {
        files.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
        Self::Memory(files.into())
    }

    /// Returns patterns of these paths and of the targets of their links.
    pub(crate) fn follow(&self, paths: &[String]) -> Vec<String> {
        match self {
            Self::Directory(root) => follow(root, paths),
            Self::Memory(_) => paths.to_vec(),
        }
    }

    /// Calls `each` with every selected entry, in the order of a transfer, until it breaks.
    pub(super) fn walk(
        &self,
        selection: &Selection,
        each: &mut dyn FnMut(Stat) -> ControlFlow<()>,
    ) -> Result<(), FileError> {
        match self {
            Self::Directory(root) => walk(root, selection, each),
            Self::Memory(files) => {
                let mut described = PathBuf::new();
                for file in files.iter().filter(|file| selection.selects(Path::new(&file.path))) {
                    let path = Path::new(&file.path);
                    for directory in parents(path, &described) {
                        let stat = Stat {
                            path: directory,
                            mode: mode::of_directory(0o755),
                            ..Stat::default()
                        };
                        if each(stat).is_break() {
                            return Ok(());
                        }
                    }
                    described = path.parent().unwrap_or(Path::new("")).to_owned();
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
    pub(super) fn open(&self, relative: &Path) -> Result<OpenFile, FileError> {
        match self {
            Self::Directory(root) => {
                let path = root.join(relative);
                let fault = |error| FileError::new(&path, error);
                // A file that was replaced by a named pipe would keep the thread waiting for a program that writes to it.
                let metadata = fs::symlink_metadata(&path).map_err(fault)?;
                if is_socket(&metadata) {
                    let modified = modified(&metadata);
                    return Ok(OpenFile { size: 0, modified, content: Box::new(io::empty()) });
                }
                if !metadata.is_file() {
                    return Err(FileError::other(&path, CHANGED));
                }
                let file = File::open(&path).map_err(fault)?;
                let metadata = file.metadata().map_err(fault)?;
                Ok(OpenFile {
                    size: metadata.len(),
                    modified: modified(&metadata),
                    content: Box::new(file),
                })
            }
            Self::Memory(files) => {
                let file = files.iter().find(|file| Path::new(&file.path) == relative);
                let file = file.ok_or_else(|| {
                    FileError::new(relative, io::Error::from(io::ErrorKind::NotFound))
                })?;
                Ok(OpenFile {
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

/// Sockets are sent as empty files, as clients do.
#[cfg(unix)]
fn is_socket(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(_metadata: &fs::Metadata) -> bool {
    false
}

fn walk(
    root: &Path,
    selection: &Selection,
    each: &mut dyn FnMut(Stat) -> ControlFlow<()>,
) -> Result<(), FileError> {
    let fault = |error: io::Error| FileError::new(root, error);
    // The directory itself may be a link.
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

/// Returns the parents of `path` that are not parents of `described`.
fn parents(path: &Path, described: &Path) -> Vec<String> {
    let mut parents: Vec<&Path> = path.ancestors().skip(1).collect();
    parents.reverse();
    let new = parents
        .into_iter()
        .filter(|parent| !parent.as_os_str().is_empty() && !described.starts_with(parent));
    new.map(|parent| parent.to_string_lossy().into_owned()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;
    use crate::files::mode::{Kind, kind};

    #[test]
    fn special_files_are_described_and_never_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        let _listener = UnixListener::bind(path("socket")).unwrap();
        fs::write(path("text"), "abc").unwrap();
        let tree = Tree::Directory(directory.path().to_owned());
        let mut found = Vec::new();
        let walked = tree.walk(&Selection::default(), &mut |stat| {
            found.push((stat.path, kind(stat.mode), stat.size));
            ControlFlow::Continue(())
        });
        walked.unwrap();
        let expected =
            [("pipe", Kind::Special, 0), ("socket", Kind::File, 0), ("text", Kind::File, 3)];
        assert_eq!(found, expected.map(|(path, kind, size)| (path.to_owned(), kind, size)));
        // A pipe that nobody writes to: opening it would not return.
        let error = tree.open(Path::new("pipe")).err().unwrap();
        assert_eq!(error.source.to_string(), CHANGED);
        let mut content = String::new();
        tree.open(Path::new("socket")).unwrap().content.read_to_string(&mut content).unwrap();
        assert_eq!(content, "");
    }
}
