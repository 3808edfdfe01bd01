//! Describes files of this machine for a transfer.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use super::FileError;
use super::mode::{Kind, kind};
use crate::proto::files::Stat;

/// Describes the entries of one tree in order, and finds the hard links among them.
#[derive(Debug, Default)]
pub(super) struct Describe {
    /// The first path of each file with more than one path.
    #[cfg_attr(not(unix), expect(dead_code, reason = "links are counted on Unix only"))]
    first: HashMap<(u64, u64), String>,
}

impl Describe {
    /// Describes the entry at `full`, which has the path `relative` in the tree.
    pub(super) fn entry(
        &mut self,
        full: &Path,
        relative: &Path,
        metadata: &Metadata,
    ) -> Result<Stat, FileError> {
        let fault = |error| FileError::new(full, error);
        let path = text(relative).map_err(fault)?;
        let mut stat = Stat {
            path,
            mode: mode(metadata),
            modified: modified(metadata),
            xattrs: xattrs(full).map_err(fault)?,
            ..Stat::default()
        };
        match kind(stat.mode) {
            Kind::Symlink => {
                let target = fs::read_link(full).map_err(fault)?;
                stat.link = text(&target).map_err(fault)?;
                stat.size = length(stat.link.len() as u64);
            }
            Kind::File if metadata.is_file() => {
                stat.size = length(metadata.len());
                self.find_hard_link(&mut stat, metadata);
            }
            Kind::Special => set_device(&mut stat, metadata),
            Kind::File | Kind::Directory => {}
        }
        Ok(stat)
    }

    #[cfg(unix)]
    fn find_hard_link(&mut self, stat: &mut Stat, metadata: &Metadata) {
        use std::os::unix::fs::MetadataExt as _;

        if metadata.nlink() < 2 {
            return;
        }
        match self.first.entry((metadata.dev(), metadata.ino())) {
            std::collections::hash_map::Entry::Occupied(first) => {
                stat.link.clone_from(first.get());
                stat.size = 0;
            }
            std::collections::hash_map::Entry::Vacant(first) => {
                first.insert(stat.path.clone());
            }
        }
    }

    #[cfg(not(unix))]
    fn find_hard_link(&mut self, _stat: &mut Stat, _metadata: &Metadata) {}
}

/// Returns the modification time in nanoseconds since the Unix epoch, or 0 if the system does not have it.
pub(super) fn modified(metadata: &Metadata) -> i64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
    }
    #[cfg(not(unix))]
    {
        let since = metadata.modified().ok();
        let since = since.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
    }
}

fn mode(metadata: &Metadata) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        super::mode::from_unix(metadata.mode())
    }
    #[cfg(not(unix))]
    super::mode::from_metadata(metadata)
}

#[cfg(unix)]
fn set_device(stat: &mut Stat, metadata: &Metadata) {
    use std::os::unix::fs::MetadataExt as _;

    // The encoding of device numbers of glibc. Ref: makedev(3)
    let device = metadata.rdev();
    let major = (device >> 32) & 0xffff_f000 | (device >> 8) & 0xfff;
    let minor = (device >> 12) & 0xffff_ff00 | device & 0xff;
    stat.device_major = length(major);
    stat.device_minor = length(minor);
}

#[cfg(not(unix))]
fn set_device(_stat: &mut Stat, _metadata: &Metadata) {}

/// Reads the extended attributes, except for those of macOS itself.
#[cfg(unix)]
fn xattrs(path: &Path) -> io::Result<std::collections::BTreeMap<String, bytes::Bytes>> {
    let mut found = std::collections::BTreeMap::new();
    let names = match xattr::list(path) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(found),
        Err(error) => return Err(error),
    };
    for name in names {
        let Some(name) = name.to_str().filter(|name| !name.starts_with("com.apple.")) else {
            continue;
        };
        if let Some(value) = xattr::get(path, name)? {
            found.insert(name.to_owned(), value.into());
        }
    }
    Ok(found)
}

#[cfg(not(unix))]
fn xattrs(_path: &Path) -> io::Result<std::collections::BTreeMap<String, bytes::Bytes>> {
    Ok(std::collections::BTreeMap::new())
}

/// Returns a path in the form of a transfer. Strings of Protocol Buffers are UTF-8.
fn text(path: &Path) -> io::Result<String> {
    let path = path.to_str().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the name is not valid UTF-8; BuildKit requires it",
        )
    })?;
    Ok(if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() })
}

fn length(length: u64) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
