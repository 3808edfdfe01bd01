//! Puts files, folders and links into a tar archive.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tar::{Builder, EntryType, Header};

use super::{All, At, Walk, at};

/// The bytes for the name of a link in a header; longer ones have an entry of their own.
const LINK_NAME: usize = 100;

/// An archive that is being written.
///
/// Everything in it is root's. Modes and times are kept, links stay links.
pub(crate) struct Pack<W: Write>(Builder<W>);

impl<W: Write> Pack<W> {
    pub(crate) fn new(out: W) -> Self {
        Self(Builder::new(out))
    }

    /// Adds the file, folder or link at `path`, a folder without what is in it. A socket is left out, since there is no
    /// form for it.
    pub(crate) fn entry(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path).at(path)?;
        self.walked(path, name, &metadata)
    }

    /// Adds an entry whose metadata is known.
    pub(crate) fn walked(
        &mut self,
        path: &Path,
        name: &Path,
        metadata: &Metadata,
    ) -> io::Result<()> {
        let mut header = header(mode(metadata), mtime(metadata));
        if metadata.is_dir() {
            header.set_entry_type(EntryType::Directory);
            // The slash is how old readers know a folder.
            return self.0.append_data(&mut header, name.join(""), io::empty()).at(path);
        }
        if metadata.is_symlink() {
            header.set_entry_type(EntryType::Symlink);
            let target = fs::read_link(path).at(path)?;
            return self.link(&mut header, name, &target).at(path);
        }
        if metadata.is_file() {
            // The handle tells the size of what is read, should another file have taken the name meanwhile.
            let file = File::open(path).at(path)?;
            return self.content(file, path, name);
        }
        if is_pipe(metadata) {
            header.set_entry_type(EntryType::Fifo);
            return self.0.append_data(&mut header, name, io::empty()).at(path);
        }
        if is_device(metadata) {
            let error = "a device cannot be sent; leave it out, or mount it";
            return Err(at(path, error, io::ErrorKind::Unsupported));
        }
        tracing::debug!(path = %path.display(), "left out, since it is a socket");
        Ok(())
    }

    /// Adds a folder with all that is in it, or only what is in it where the name is empty.
    pub(crate) fn folder(&mut self, folder: &Path, name: &Path) -> io::Result<()> {
        if !name.as_os_str().is_empty() {
            self.entry(folder, name)?;
        }
        let mut walk = Walk::new(folder, &All)?;
        while let Some(entry) = walk.next()? {
            self.walked(&folder.join(&entry.path), &name.join(&entry.path), &entry.metadata)?;
        }
        Ok(())
    }

    /// Adds the file that `path` leads to, through links if need be.
    pub(crate) fn file(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let file = File::open(path).at(path)?;
        self.content(file, path, name)
    }

    /// Adds a file with this content, of mode 644 and of no time.
    pub(crate) fn bytes(&mut self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut header = header(0o644, 0);
        header.set_size(bytes.len() as u64);
        self.0.append_data(&mut header, name, bytes)
    }

    /// Ends the archive; what it was written to.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.0.into_inner()
    }

    fn content(&mut self, file: File, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = file.metadata().at(path)?;
        if !metadata.is_file() {
            return Err(at(path, "this is no file", io::ErrorKind::InvalidInput));
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

/// Creates the header of something that belongs to root and has no content.
fn header(mode: u32, mtime: i64) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    match u64::try_from(mtime) {
        Ok(mtime) => header.set_mtime(mtime),
        // The binary form of GNU tar, in two's complement, which `tar` writes only for times after 2242.
        Err(_) => {
            let field = &mut header.as_old_mut().mtime;
            field.fill(0xff);
            field[4..].copy_from_slice(&mtime.to_be_bytes());
        }
    }
    header.set_size(0);
    header
}

/// Returns when a file was modified, in whole seconds since 1970; negative before.
fn mtime(metadata: &Metadata) -> i64 {
    let Ok(modified) = metadata.modified() else { return 0 };
    let seconds = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => {
            // The second that a time is in begins before the time, on this side of 1970 too.
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

/// Windows knows no such thing: all may read and execute, as the Docker command line has it.
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

/// Reads as many bytes as the header of a file announces; more or fewer are an error, since they would garble the archive.
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
                "shrank from {} to {} bytes while it was sent",
                self.size,
                self.size - self.left
            );
            return Err(at(&self.path, error, io::ErrorKind::UnexpectedEof));
        }
        let Some(left) = self.left.checked_sub(count) else {
            let error = format!("grew beyond its {} bytes while it was sent", self.size);
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
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
