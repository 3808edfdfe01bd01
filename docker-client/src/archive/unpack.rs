//! Extracts tar archives into a directory, and never writes outside it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tar::{Archive, Entry, EntryType};

use super::{At, at};

/// Where the entries of an archive are written.
#[derive(Debug)]
pub(crate) struct Place {
    /// The directory outside which nothing is written. It exists.
    pub(crate) root: PathBuf,
    /// The prefix of every path in the archive, possibly empty.
    pub(crate) from: PathBuf,
    /// The path in the directory that replaces the prefix.
    pub(crate) to: PathBuf,
}

impl Place {
    /// Converts a path of the archive to a path relative to the root.
    fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) if is_name(name) => clean.push(name),
                Component::CurDir | Component::RootDir => {}
                Component::Normal(_) | Component::ParentDir | Component::Prefix(_) => {
                    let error = "the archive contains a path outside the copied directory";
                    return Err(at(path, error, io::ErrorKind::InvalidData));
                }
            }
        }
        match clean.strip_prefix(&self.from) {
            Ok(rest) => Ok(self.to.join(rest)),
            Err(_) => {
                let from = self.from.display();
                let error = format!("expected a path below {from} in the archive");
                Err(at(path, error, io::ErrorKind::InvalidData))
            }
        }
    }

    /// Returns the local path, after creating its parent directories. No symbolic link is followed.
    fn create_parents(&self, relative: &Path) -> io::Result<PathBuf> {
        let mut path = self.root.clone();
        let mut parts = relative.components().peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_some() {
                directory(&path)?;
            }
        }
        Ok(path)
    }
}

/// Returns whether a component of a path is only a name. On Windows, joining a path with a component such as `C:b`
/// replaces the path, and `b:c` is an alternate data stream of the file `b`.
fn is_name(part: &OsStr) -> bool {
    !(cfg!(windows) && part.as_encoded_bytes().contains(&b':'))
}

/// Creates a directory unless it exists. A symbolic link to a directory is an error.
fn directory(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => {
            let error = "the archive contains a directory at this path, but it exists and is not a directory";
            Err(at(path, error, io::ErrorKind::NotADirectory))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(path).at(path),
        Err(error) => Err(error).at(path),
    }
}

/// Removes a file, if there is one. A directory is an error.
fn remove_existing(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let error = "the archive contains a file at this path, but it is a directory";
            Err(at(path, error, io::ErrorKind::IsADirectory))
        }
        Ok(_) => fs::remove_file(path).at(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).at(path),
    }
}

/// The permissions and modification times of directories, which are set after their content was written.
type Directories = BTreeMap<PathBuf, (u32, Option<SystemTime>)>;

/// Extracts files, directories and links. Permissions and modification times are preserved, owners are not. Devices and
/// pipes are skipped. The root directory itself is not changed.
pub(crate) fn unpack(archive: impl Read, place: &Place) -> io::Result<()> {
    let mut archive = Archive::new(archive);
    let mut directories = Directories::new();
    for entry in archive.entries()? {
        unpack_entry(&mut entry?, place, &mut directories)?;
    }
    read_end(archive)?;
    // Inner directories come first, because a directory may deny access even to its owner.
    directories.iter().rev().try_for_each(|(path, (mode, modified))| finish(path, *mode, *modified))
}

/// Reads the data after the last entry, because a connection can only be reused if the response was read to its end.
pub(crate) fn read_end(archive: Archive<impl Read>) -> io::Result<()> {
    // An archive ends with two empty blocks, of which the first was already read.
    match io::copy(&mut archive.into_inner(), &mut io::sink())? {
        0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is incomplete")),
        _ => Ok(()),
    }
}

fn unpack_entry(
    entry: &mut Entry<'_, impl Read>,
    place: &Place,
    directories: &mut Directories,
) -> io::Result<()> {
    let relative = place.relative(&entry.path()?)?;
    let kind = entry.header().entry_type();
    if kind == EntryType::Directory {
        let path = place.create_parents(&relative)?;
        if path == place.root {
            return Ok(());
        }
        directory(&path)?;
        let (mode, modified) = (entry.header().mode()?, modified(entry)?);
        // The owner must be able to write to the directory.
        permit(&path, mode | 0o700)?;
        directories.insert(path, (mode, modified));
        return Ok(());
    }
    if relative.as_os_str().is_empty() {
        let error = "the archive contains a file in place of the directory";
        return Err(at(&place.root, error, io::ErrorKind::InvalidData));
    }
    let path = place.create_parents(&relative)?;
    match kind {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            remove_existing(&path)?;
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path).at(&path)?;
            io::copy(entry, &mut file).at(&path)?;
            if let Some(modified) = modified(entry)? {
                file.set_modified(modified).at(&path)?;
            }
            permit(&path, entry.header().mode()?)
        }
        EntryType::Symlink => {
            let target = entry.link_name()?.unwrap_or_default();
            remove_existing(&path)?;
            symlink(&target, &path).at(&path)
        }
        EntryType::Link => {
            let target = place.relative(&entry.link_name()?.unwrap_or_default())?;
            let target = place.create_parents(&target)?;
            if !fs::symlink_metadata(&target).at(&target)?.is_file() {
                return Err(at(
                    &target,
                    "the target of a hard link is not a regular file",
                    io::ErrorKind::InvalidData,
                ));
            }
            if target == path {
                return Ok(());
            }
            remove_existing(&path)?;
            fs::hard_link(&target, &path).at(&path)
        }
        other => {
            tracing::debug!(path = %path.display(), kind = ?other, "skipped an entry of the archive");
            Ok(())
        }
    }
}

/// Returns the modification time of an entry, or `None` if the system cannot represent it.
///
/// A header cannot contain times before 1970 and after 2242, except in the binary form of GNU tar. Docker's archives
/// contain such times in a PAX record.
fn modified(entry: &mut Entry<'_, impl Read>) -> io::Result<Option<SystemTime>> {
    if let Some(records) = entry.pax_extensions()? {
        for record in records {
            let record = record?;
            if record.key_bytes() == b"mtime" {
                return Ok(pax_time(record.value_bytes()));
            }
        }
    }
    // The binary form is in two's complement, which the crate `tar` returns as an unsigned number.
    let seconds = entry.header().mtime()?.cast_signed();
    Ok(time(seconds, 0))
}

/// Parses the time of a PAX record: seconds since 1970, possibly negative, possibly with a fraction.
fn pax_time(text: &[u8]) -> Option<SystemTime> {
    let text = str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{fraction:0<9}");
    let nanos: u32 = digits.get(..9)?.parse().ok()?;
    match whole.starts_with('-') && nanos > 0 {
        // The fraction of a negative time is subtracted.
        true => time(seconds.checked_sub(1)?, 1_000_000_000 - nanos),
        false => time(seconds, nanos),
    }
}

/// Returns the time that is `seconds` and `nanos` after 1970.
fn time(seconds: i64, nanos: u32) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let second = match seconds < 0 {
        true => UNIX_EPOCH.checked_sub(distance),
        false => UNIX_EPOCH.checked_add(distance),
    };
    second?.checked_add(Duration::from_nanos(nanos.into()))
}

/// Sets the permissions, without setuid and setgid.
#[cfg(unix)]
fn permit(path: &Path, mode: u32) -> io::Result<()> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode & 0o1777);
    fs::set_permissions(path, permissions).at(path)
}

#[cfg(not(unix))]
fn permit(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn finish(directory: &Path, mode: u32, modified: Option<SystemTime>) -> io::Result<()> {
    if let Some(modified) = modified {
        // The time is set first, because the permissions may not allow the directory to be opened.
        fs::File::open(directory).and_then(|open| open.set_modified(modified)).at(directory)?;
    }
    permit(directory, mode)
}

/// Directories cannot be opened like this on Windows.
#[cfg(not(unix))]
fn finish(_: &Path, _: u32, _: Option<SystemTime>) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use tar::{Builder, Header};

    use super::*;

    fn header(kind: EntryType, name: &str, mode: u32) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(1_000_000_000);
        header.set_size(0);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header
    }

    /// An archive of these entries, with their names unchanged: kind, name, and link target or contents.
    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        for (kind, name, content) in entries {
            let mut header = header(*kind, name, 0o644);
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

    fn all_into(root: &Path) -> Place {
        Place { root: root.to_owned(), from: PathBuf::new(), to: PathBuf::new() }
    }

    fn into(root: &Path, entries: &[(EntryType, &str, &str)]) -> io::Result<()> {
        unpack(&archive(entries)[..], &all_into(root))
    }

    #[cfg(unix)]
    #[test]
    fn nothing_leaves_the_directory() {
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
        assert!(root.join("evil").exists(), "an absolute path is taken relative to the directory");
        into(&root, &[(Symlink, "link", "../victim"), (Regular, "link", "x")]).unwrap();
        assert_eq!(fs::read(outer.path().join("victim")).unwrap(), b"v");
        assert_eq!(fs::read(root.join("link")).unwrap(), b"x");
    }

    #[test]
    fn a_colon_is_part_of_a_name_only_where_it_means_nothing() {
        for name in ["/C:evil", "a/C:evil", "a/C:/evil", "file:stream"] {
            let root = tempfile::tempdir().unwrap();
            let unpacked = into(root.path(), &[(EntryType::Regular, name, "x")]);
            assert_eq!(unpacked.is_ok(), cfg!(unix), "{name}: {unpacked:?}");
            assert_eq!(root.path().join(name.trim_start_matches('/')).exists(), cfg!(unix));
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_times_are_kept() {
        use EntryType::{Directory, Link, Regular};
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let mut archive = Builder::new(Vec::new());
        for (kind, name, mode) in [
            (Directory, "a", 0o555),
            (Regular, "a/b", 0o4640),
            (Directory, "tmp", 0o1777),
            (Regular, "tmp/x", 0o600),
            (Link, "tmp/c", 0),
        ] {
            let mut header = header(kind, name, mode);
            if kind == Link {
                header.set_link_name("a/b").unwrap();
            }
            header.set_cksum();
            archive.append(&header, io::empty()).unwrap();
        }
        unpack(&archive.into_inner().unwrap()[..], &all_into(root.path())).unwrap();
        for (name, mode) in [("a", 0o555), ("a/b", 0o640), ("tmp", 0o1777), ("tmp/c", 0o640)] {
            let metadata = fs::metadata(root.path().join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o7777, mode, "{name}");
            let modified = metadata.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
            assert_eq!(modified.as_secs(), 1_000_000_000, "{name}");
        }
        // So that it can be removed.
        fs::set_permissions(root.path().join("a"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn times_that_no_plain_header_can_hold_are_kept() {
        use std::os::unix::fs::MetadataExt;

        let binary = |seconds: i64| {
            let mut header = header(EntryType::Regular, "file", 0o644);
            let field = &mut header.as_old_mut().mtime;
            field[..4].fill(if seconds < 0 { 0xff } else { 0x80 });
            field[4..].copy_from_slice(&seconds.to_be_bytes());
            header
        };
        let plain = || header(EntryType::Regular, "file", 0o644);
        for (record, header, expected) in [
            // As dockerd and podman send 1960, 2300 and a time with a fraction.
            (Some("-315619200"), plain(), (-315_619_200, 0)),
            (Some("10413792000"), plain(), (10_413_792_000, 0)),
            (Some("1000000000.25"), plain(), (1_000_000_000, 250_000_000)),
            (Some("-1.75"), plain(), (-2, 250_000_000)),
            (Some("-0.5"), plain(), (-1, 500_000_000)),
            (Some("7.1234567899"), plain(), (7, 123_456_789)),
            // As GNU tar writes them.
            (None, binary(-315_619_200), (-315_619_200, 0)),
            (None, binary(10_413_792_000), (10_413_792_000, 0)),
            (None, plain(), (1_000_000_000, 0)),
        ] {
            let root = tempfile::tempdir().unwrap();
            let mut archive = Builder::new(Vec::new());
            if let Some(record) = record {
                archive.append_pax_extensions([("mtime", record.as_bytes())]).unwrap();
            }
            let mut header = header;
            header.set_cksum();
            archive.append(&header, io::empty()).unwrap();
            unpack(&archive.into_inner().unwrap()[..], &all_into(root.path())).unwrap();
            let metadata = fs::metadata(root.path().join("file")).unwrap();
            assert_eq!((metadata.mtime(), metadata.mtime_nsec()), expected, "{record:?}");
        }
    }

    #[test]
    fn an_archive_that_broke_off_between_two_files_is_an_error() {
        let whole = archive(&[(EntryType::Regular, "a", "x"), (EntryType::Regular, "b", "y")]);
        for (length, expected) in [(whole.len(), true), (4 * 512, false), (2 * 512, false)] {
            let root = tempfile::tempdir().unwrap();
            let unpacked = unpack(&whole[..length], &all_into(root.path()));
            assert_eq!(unpacked.is_ok(), expected, "{length} of {}: {unpacked:?}", whole.len());
        }
    }

    #[test]
    fn the_first_part_of_a_path_is_renamed() {
        let root = tempfile::tempdir().unwrap();
        let place = Place { from: "etc".into(), to: "new".into(), ..all_into(root.path()) };
        let good = [(EntryType::Regular, "etc/hosts", "x")];
        unpack(&archive(&good)[..], &place).unwrap();
        assert!(root.path().join("new/hosts").exists());
        let other = [(EntryType::Regular, "usr/hosts", "x")];
        assert!(unpack(&archive(&other)[..], &place).is_err());
    }
}
