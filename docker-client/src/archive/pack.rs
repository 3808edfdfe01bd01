//! Creates tar archives of files, directories and links.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tar::{Builder, EntryType, Header};

use super::{All, At, Walk, at};

/// The size of the target of a link in a header, in bytes. A longer target is stored in a separate entry.
const LINK_NAME: usize = 100;

/// A tar archive that is being written.
///
/// All entries belong to root. Permissions and modification times are preserved. Symbolic links are stored as links.
pub(crate) struct Pack<W: Write>(Builder<W>);

impl<W: Write> Pack<W> {
    pub(crate) fn new(out: W) -> Self {
        Self(Builder::new(out))
    }

    /// Adds the file, the link or the directory at `path`, without the content of the directory. A socket is skipped,
    /// because archives cannot contain one.
    pub(crate) fn entry(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path).at(path)?;
        self.walked(path, name, &metadata)
    }

    /// Adds an entry with known metadata.
    pub(crate) fn walked(
        &mut self,
        path: &Path,
        name: &Path,
        metadata: &Metadata,
    ) -> io::Result<()> {
        let mut header = header(mode(metadata), mtime(metadata));
        if metadata.is_dir() {
            header.set_entry_type(EntryType::Directory);
            // Old readers recognize a directory by the slash.
            return self.0.append_data(&mut header, name.join(""), io::empty()).at(path);
        }
        if metadata.is_symlink() {
            header.set_entry_type(EntryType::Symlink);
            let target = fs::read_link(path).at(path)?;
            return self.link(&mut header, name, &target).at(path);
        }
        if metadata.is_file() {
            // The size is that of the open file, because the path may refer to another file by now.
            let file = File::open(path).at(path)?;
            return self.content(file, path, name);
        }
        if is_pipe(metadata) {
            header.set_entry_type(EntryType::Fifo);
            return self.0.append_data(&mut header, name, io::empty()).at(path);
        }
        if is_device(metadata) {
            let error = "a device cannot be copied; exclude it or mount it";
            return Err(at(path, error, io::ErrorKind::Unsupported));
        }
        tracing::debug!(path = %path.display(), "skipped a socket");
        Ok(())
    }

    /// Adds a directory with its content, or only its content if the name is empty.
    pub(crate) fn directory(&mut self, directory: &Path, name: &Path) -> io::Result<()> {
        if !name.as_os_str().is_empty() {
            self.entry(directory, name)?;
        }
        let mut walk = Walk::new(directory, &All)?;
        while let Some(entry) = walk.next()? {
            self.walked(&directory.join(&entry.path), &name.join(&entry.path), &entry.metadata)?;
        }
        Ok(())
    }

    /// Adds the file at `path`. Symbolic links are followed.
    pub(crate) fn file(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let file = File::open(path).at(path)?;
        self.content(file, path, name)
    }

    /// Adds a file with this content, the permissions `0o644` and the modification time 0.
    pub(crate) fn bytes(&mut self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut header = header(0o644, 0);
        header.set_size(bytes.len() as u64);
        self.0.append_data(&mut header, name, bytes)
    }

    /// Finishes the archive and returns the writer.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.0.into_inner()
    }

    fn content(&mut self, file: File, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = file.metadata().at(path)?;
        if !metadata.is_file() {
            return Err(at(path, "not a regular file", io::ErrorKind::InvalidInput));
        }
        let mut header = header(mode(&metadata), mtime(&metadata));
        header.set_size(metadata.len());
        let exact =
            Exact { file, path: path.to_owned(), size: metadata.len(), left: metadata.len() };
        self.0.append_data(&mut header, name, exact)
    }

    fn link(&mut self, header: &mut Header, name: &Path, target: &Path) -> io::Result<()> {
        let text = target.as_os_str().as_encoded_bytes();
        if text.len() > LINK_NAME || cfg!(windows) {
            return self.0.append_link(header, name, target);
        }
        header.set_link_name_literal(text)?;
        self.0.append_data(header, name, io::empty())
    }
}

/// Creates the header of an entry that belongs to root and has no content.
fn header(mode: u32, mtime: i64) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    match u64::try_from(mtime) {
        Ok(mtime) => header.set_mtime(mtime),
        // The binary form of GNU tar, in two's complement, which the crate `tar` only writes for times after 2242.
        Err(_) => {
            let field = &mut header.as_old_mut().mtime;
            field.fill(0xff);
            field[4..].copy_from_slice(&mtime.to_be_bytes());
        }
    }
    header.set_size(0);
    header
}

/// Returns the modification time in whole seconds since 1970, negative before 1970.
fn mtime(metadata: &Metadata) -> i64 {
    let Ok(modified) = metadata.modified() else { return 0 };
    let seconds = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => {
            // Seconds are rounded down, before 1970 too.
            let before = before.duration();
            let seconds = before.as_secs() + u64::from(before.subsec_nanos() > 0);
            i64::try_from(seconds).map(|seconds| -seconds)
        }
    };
    seconds.unwrap_or(0)
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777
}

/// Windows has no such permissions. The Docker command line uses the same value.
#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0o755
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    kind.is_block_device() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

/// Reads exactly as many bytes as the header of the entry specifies. If the file has more or fewer, the archive would
/// be corrupt, so that is an error.
struct Exact {
    file: File,
    path: PathBuf,
    size: u64,
    left: u64,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer).at(&self.path)? as u64;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            let error = format!(
                "the file shrank from {} to {} bytes while it was read",
                self.size,
                self.size - self.left
            );
            return Err(at(&self.path, error, io::ErrorKind::UnexpectedEof));
        }
        let Some(left) = self.left.checked_sub(count) else {
            let error = format!("the file grew beyond its {} bytes while it was read", self.size);
            return Err(at(&self.path, error, io::ErrorKind::InvalidData));
        };
        self.left = left;
        Ok(count as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn times_before_1970_and_after_2242_are_packed_and_unpacked() {
        use std::time::{Duration, SystemTime};

        let long = Duration::from_secs(10_413_792_000);
        let (early, late) =
            (UNIX_EPOCH - Duration::from_millis(315_619_200_500), UNIX_EPOCH + long);
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = from.path().join("file");
        for (modified, expected) in [
            (early, UNIX_EPOCH - Duration::from_secs(315_619_201)),
            (late, late),
            (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH),
        ] {
            let file = File::create(&path).unwrap();
            file.set_modified(modified).unwrap();
            let mut pack = Pack::new(Vec::new());
            pack.entry(&path, Path::new("file")).unwrap();
            let place = super::super::Place {
                root: to.path().to_owned(),
                from: PathBuf::new(),
                to: PathBuf::new(),
            };
            super::super::unpack(&pack.finish().unwrap()[..], &place).unwrap();
            let found = fs::metadata(to.path().join("file")).unwrap().modified().unwrap();
            assert_eq!(found, expected, "{modified:?}");
        }
    }

    #[test]
    fn a_file_that_changes_while_it_is_sent_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        for (change, expected) in
            [(-1, "shrank from 100000 to 50000"), (1, "grew beyond its 100000")]
        {
            fs::write(&path, [0; 100_000]).unwrap();
            let mut file = File::options().write(true).open(&path).unwrap();
            let mut exact = Exact {
                file: File::open(&path).unwrap(),
                path: path.clone(),
                size: 100_000,
                left: 100_000,
            };
            exact.read_exact(&mut [0; 50_000]).unwrap();
            if change < 0 {
                file.set_len(50_000).unwrap();
            } else {
                io::Seek::seek(&mut file, io::SeekFrom::End(0)).unwrap();
                file.write_all(b"more").unwrap();
            }
            let error = io::copy(&mut exact, &mut io::sink()).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("log: "), "{error}");
        }
    }
}
