//! Unpacks a tar archive into a folder, and never outside of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Read};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use docker_api::{ByteStream, Error};
use tar::{Archive, Entry, EntryType};
use tokio::sync::mpsc;

use super::{At, at};

/// How many pieces wait to be unpacked.
const AHEAD: usize = 4;

/// Where what is in an archive goes.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder that nothing leaves. It is there.
    pub(crate) root: PathBuf,
    /// The first part of every path in the archive, and what stands for it; none to take paths as they are.
    pub(crate) rename: Option<(PathBuf, PathBuf)>,
}

impl Place {
    /// Where a path of the archive goes, relative to the root.
    fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => clean.push(name),
                Component::CurDir | Component::RootDir => {}
                Component::ParentDir | Component::Prefix(_) => {
                    let error = "the archive has a path that leads out of it";
                    return Err(at(path, error, io::ErrorKind::InvalidData));
                }
            }
        }
        let Some((first, instead)) = &self.rename else { return Ok(clean) };
        match clean.strip_prefix(first) {
            Ok(rest) => Ok(instead.join(rest)),
            Err(_) => {
                let error = format!("the archive was to have nothing beside {}", first.display());
                Err(at(path, error, io::ErrorKind::InvalidData))
            }
        }
    }

    /// The path on this machine, after the folders that lead there were made. No link is followed on the way.
    fn make_way(&self, relative: &Path) -> io::Result<PathBuf> {
        let mut path = self.root.clone();
        let mut parts = relative.components().peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_some() {
                folder(&path)?;
            }
        }
        Ok(path)
    }
}

/// Makes a folder, unless there is one. A link to one is none.
fn folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => {
            let error = "a folder of the archive would go here, but this is none";
            Err(at(path, error, io::ErrorKind::NotADirectory))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(path).at(path),
        Err(error) => Err(error).at(path),
    }
}

/// Takes away what is at a path, unless it is a folder.
fn make_room(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let error = "a file of the archive would go here, but this is a folder";
            Err(at(path, error, io::ErrorKind::IsADirectory))
        }
        Ok(_) => fs::remove_file(path).at(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).at(path),
    }
}

/// Unpacks an archive: files, folders and links; of files the permissions and times are kept, not the owners. Devices
/// and pipes are left out.
pub(crate) fn unpack(archive: impl Read, place: &Place) -> io::Result<()> {
    let mut archive = Archive::new(archive);
    for entry in archive.entries()? {
        unpack_entry(&mut entry?, place)?;
    }
    // What fills up the last block; a reply that is read to its end leaves the connection for others.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop)
}

fn unpack_entry(entry: &mut Entry<'_, impl Read>, place: &Place) -> io::Result<()> {
    let relative = place.relative(&entry.path()?)?;
    let kind = entry.header().entry_type();
    if kind == EntryType::Directory {
        let path = place.make_way(&relative)?;
        if path == place.root {
            return Ok(());
        }
        folder(&path)?;
        // The owner must be able to fill it.
        return permit(&path, entry.header().mode()? | 0o700);
    }
    if relative.as_os_str().is_empty() {
        let error = "the archive would replace the folder by a file";
        return Err(at(&place.root, error, io::ErrorKind::InvalidData));
    }
    let path = place.make_way(&relative)?;
    match kind {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            make_room(&path)?;
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path).at(&path)?;
            io::copy(entry, &mut file).at(&path)?;
            finish(&file, &path, entry)
        }
        EntryType::Symlink => {
            let target = entry.link_name()?.unwrap_or_default();
            make_room(&path)?;
            symlink(&target, &path).at(&path)
        }
        EntryType::Link => {
            let target = place.relative(&entry.link_name()?.unwrap_or_default())?;
            let target = place.make_way(&target)?;
            if !fs::symlink_metadata(&target).at(&target)?.is_file() {
                return Err(at(&target, "this is no file to link to", io::ErrorKind::InvalidData));
            }
            if target == path {
                return Ok(());
            }
            make_room(&path)?;
            fs::hard_link(&target, &path).at(&path)
        }
        other => {
            tracing::debug!(path = %path.display(), kind = ?other, "left out of what was unpacked");
            Ok(())
        }
    }
}

fn finish(file: &File, path: &Path, entry: &Entry<'_, impl Read>) -> io::Result<()> {
    let modified = Duration::from_secs(entry.header().mtime()?);
    if let Some(modified) = UNIX_EPOCH.checked_add(modified) {
        file.set_modified(modified).at(path)?;
    }
    permit(path, entry.header().mode()?)
}

/// Sets the permissions, without the bits that would have a program run as somebody else.
#[cfg(unix)]
fn permit(path: &Path, mode: u32) -> io::Result<()> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode & 0o777);
    fs::set_permissions(path, permissions).at(path)
}

#[cfg(not(unix))]
fn permit(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}

/// A reply that is read on a thread that may block.
#[derive(Debug)]
pub(crate) struct Blocking {
    pieces: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
}

impl Blocking {
    /// Reads `stream` by `read`, on a thread of its own. Dropping the future ends both: the next `read` fails.
    ///
    /// The error of the stream comes first, else that of `read`, as `failed` puts it.
    pub(crate) async fn read<T: Send + 'static>(
        mut stream: ByteStream,
        read: impl FnOnce(&mut Self) -> io::Result<T> + Send + 'static,
        failed: impl FnOnce(io::Error) -> Error,
    ) -> Result<T, Error> {
        let (to, pieces) = mpsc::channel(AHEAD);
        let task = tokio::task::spawn_blocking(move || {
            read(&mut Self { pieces, piece: Bytes::new(), ended: false })
        });
        loop {
            let piece = stream.chunk().await?;
            let last = piece.is_none();
            // The reader may have had enough.
            if to.send(piece).await.is_err() || last {
                break;
            }
        }
        task.await.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(failed)
    }
}

impl Read for Blocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Blocking {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.ended = true,
                None => return Err(io::Error::other("the reply was dropped before its end")),
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, count: usize) {
        self.piece.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use tar::{Builder, Header};

    use super::*;

    /// An archive of entries as they are, names and all: kind, name, where it links to or what is in it.
    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        for (kind, name, content) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o4640);
            header.set_mtime(1_000_000_000);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            let data = if *kind == EntryType::Regular { content.as_bytes() } else { b"" };
            if data.is_empty() {
                header.set_link_name_literal(content).unwrap();
            }
            header.set_size(data.len() as u64);
            header.set_cksum();
            archive.append(&header, data).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn into(root: &Path, entries: &[(EntryType, &str, &str)]) -> io::Result<()> {
        unpack(&archive(entries)[..], &Place { root: root.to_owned(), rename: None })
    }

    #[cfg(unix)]
    #[test]
    fn nothing_leaves_the_folder() {
        use EntryType::{Directory, Link, Regular, Symlink};
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        let cases: &[&[(EntryType, &str, &str)]] = &[
            &[(Regular, "../evil", "x")],
            &[(Regular, "a/../../evil", "x")],
            &[(Symlink, "out", ".."), (Regular, "out/evil", "x")],
            &[(Symlink, "out", ".."), (Directory, "out/evil", "")],
            &[(Symlink, "out", ".."), (Directory, "out", "")],
            &[(Symlink, "out", "../victim"), (Link, "hard", "out")],
            &[(Link, "hard", "../victim")],
            &[(Directory, "dir", ""), (Regular, "dir", "x")],
        ];
        for entries in cases {
            fs::create_dir(&root).unwrap();
            fs::write(outer.path().join("victim"), "v").unwrap();
            let error = into(&root, entries).unwrap_err();
            assert!(!outer.path().join("evil").exists(), "{entries:?}: {error}");
            fs::remove_dir_all(&root).unwrap();
        }
        fs::create_dir(&root).unwrap();
        into(&root, &[(Regular, "/evil", "x")]).unwrap();
        assert!(root.join("evil").exists(), "an absolute path is taken relative to the folder");
        into(&root, &[(Symlink, "link", "../victim"), (Regular, "link", "x")]).unwrap();
        assert_eq!(fs::read(outer.path().join("victim")).unwrap(), b"v");
        assert_eq!(fs::read(root.join("link")).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn files_keep_permissions_and_times() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        into(root.path(), &[(EntryType::Regular, "a/b", "x"), (EntryType::Link, "c", "a/b")])
            .unwrap();
        let metadata = fs::metadata(root.path().join("a/b")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o640, "no setuid");
        let modified = metadata.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
        assert_eq!(modified.as_secs(), 1_000_000_000);
        assert_eq!(fs::read(root.path().join("c")).unwrap(), b"x");
    }

    #[test]
    fn the_first_part_of_a_path_is_renamed() {
        let root = tempfile::tempdir().unwrap();
        let rename = Some(("etc".into(), "new".into()));
        let place = Place { root: root.path().to_owned(), rename };
        let good = [(EntryType::Regular, "etc/hosts", "x")];
        unpack(&archive(&good)[..], &place).unwrap();
        assert!(root.path().join("new/hosts").exists());
        let other = [(EntryType::Regular, "usr/hosts", "x")];
        assert!(unpack(&archive(&other)[..], &place).is_err());
    }
}
