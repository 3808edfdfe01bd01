//! Reads the files that the engine requests.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

use super::packets::{Ended, Packets};
use super::tree::CHANGED;
use super::{FileError, Tree};
use crate::proto::files::Stat;

/// The maximum number of bytes of a file in one packet.
const PIECE: usize = 256 * 1024;

/// The regular files of a tree, which the engine requests by their position. Only names, sizes and times are kept.
#[derive(Default)]
pub(super) struct Files(Mutex<Table>);

#[derive(Default)]
struct Table {
    directories: Vec<PathBuf>,
    /// Sorted by `id`.
    files: Vec<Entry>,
}

struct Entry {
    id: u32,
    directory: usize,
    name: Box<OsStr>,
    size: i64,
    modified: i64,
}

/// A file as it was described to the engine.
pub(super) struct SourceFile {
    path: PathBuf,
    size: u64,
    modified: i64,
}

impl Files {
    /// Adds a file. Files are added in the order of their ids.
    pub(super) fn add(&self, id: u32, stat: &Stat) {
        let path = Path::new(&stat.path);
        let parent = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().map(OsString::from).unwrap_or_default();
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Files of one directory usually follow each other.
        if table.directories.last().is_none_or(|last| last != parent) {
            table.directories.push(parent.to_owned());
        }
        let directory = table.directories.len() - 1;
        table.files.push(Entry {
            id,
            directory,
            name: name.into_boxed_os_str(),
            size: stat.size,
            modified: stat.modified,
        });
    }

    /// Returns the file with this id.
    pub(super) fn get(&self, id: u32) -> Option<SourceFile> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = table.files.binary_search_by_key(&id, |entry| entry.id).ok()?;
        let entry = &table.files[at];
        Some(SourceFile {
            path: table.directories[entry.directory].join(&*entry.name),
            size: u64::try_from(entry.size).unwrap_or_default(),
            modified: entry.modified,
        })
    }
}

/// Sends the contents of the files whose ids arrive, until the channel is closed or the transfer has ended.
pub(super) fn read(
    tree: &Tree,
    files: &Files,
    mut wanted: mpsc::UnboundedReceiver<u32>,
    mut packets: Packets,
) -> Result<(), FileError> {
    loop {
        let id = match wanted.try_recv() {
            Ok(id) => id,
            Err(_) => {
                // The engine waits for the contents that it has requested.
                if packets.flush().is_err() {
                    return Ok(());
                }
                match wanted.blocking_recv() {
                    Some(id) => id,
                    None => return Ok(()),
                }
            }
        };
        let Some(file) = files.get(id) else {
            return Err(FileError::other(
                "",
                &format!("the engine requested the entry {id}, which is not a file"),
            ));
        };
        match send_file(tree, id, &file, &mut packets)? {
            Ok(()) => {}
            Err(Ended) => return Ok(()),
        }
    }
}

fn send_file(
    tree: &Tree,
    id: u32,
    file: &SourceFile,
    packets: &mut Packets,
) -> Result<Result<(), Ended>, FileError> {
    let mut opened = tree.open(&file.path)?;
    let changed = || FileError::other(tree.full_path(&file.path), CHANGED);
    if opened.size != file.size || opened.modified != file.modified {
        return Err(changed());
    }
    let mut left = file.size;
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let filled = packets.push_data(id, length, |out| opened.content.read_exact(out));
        match filled {
            Ok(Ok(())) => left -= length as u64,
            Ok(ended) => return Ok(ended),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(changed());
            }
            Err(error) => return Err(FileError::new(tree.full_path(&file.path), error)),
        }
    }
    let more = opened.content.read(&mut [0]);
    match more.map_err(|error| FileError::new(tree.full_path(&file.path), error))? {
        0 => packets.push_data(id, 0, |_| Ok(())),
        _ => Err(changed()),
    }
}
