//! Copies out of a container.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_api::operations::ContainerArchive;
use docker_api::{ByteStream, Error, Target};

use super::stat::{PathKind, PathStat, split_last};
use crate::archive::{At, Blocking, Place, at, read_end, unpack};
use crate::docker::Docker;

/// A copy out of a container.
///
/// [`Docker::copy_from`] creates it. [`path`](Self::path), [`bytes`](Self::bytes) and [`archive`](Self::archive)
/// receive the data, and [`stat`](Self::stat) only the metadata.
#[derive(Debug, Clone)]
#[must_use = "nothing is copied until `path`, `bytes` or `archive` is called"]
pub struct CopyFrom {
    docker: Docker,
    container: String,
    source: String,
    /// Whether the source is the content of a directory: `directory/.`.
    contents: bool,
}

/// A file or directory of a container, as the engine sends it.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "nothing is copied unless the archive is read"]
pub struct CopiedOut {
    /// The metadata of the source.
    pub stat: PathStat,
    /// The tar archive, as a stream; [`into_reader`](ByteStream::into_reader) returns it as an `AsyncRead`.
    ///
    /// All paths in it begin with [`PathStat::name`], unless that is `/` or `.`. Dropping the stream cancels the copy.
    pub archive: ByteStream,
}

impl CopyFrom {
    pub(super) fn new(docker: Docker, container: String, source: String) -> Self {
        // The engine receives the `.`, too, and follows a link to a directory because of it.
        let contents = source.ends_with("/.");
        Self { docker, container, source, contents }
    }

    /// Returns the metadata of the source without copying it (`HEAD /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Engine`] if there is no such container or no such path ([`Error::is_not_found`]), and
    /// [`Error::Decode`] if the engine sends no valid metadata.
    pub async fn stat(self) -> Result<PathStat, Error> {
        let reply = self.docker.container_archive_info(self.container, self.source).send().await?;
        PathStat::read(reply.target(), reply.headers())
    }

    /// Returns the source as a stream that contains a tar archive (`GET /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`stat`](Self::stat). The stream returns an error if the connection breaks.
    pub async fn archive(self) -> Result<CopiedOut, Error> {
        let reply = self.docker.container_archive(self.container, self.source).send().await?;
        let stat = PathStat::read(reply.target(), reply.headers())?;
        Ok(CopiedOut { stat, archive: reply.into_inner() })
    }

    /// Reads the content of a file into memory. If the source is a symbolic link, it is followed once: the target of
    /// the link must be a file.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`stat`](Self::stat), [`Error::Unpack`] if the source is not a file, and an error if the
    /// connection breaks.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the copy.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let target = self.target();
        let mut copied = self.clone().archive().await?;
        if let Some(linked) = copied.stat.link_destination(&self.source) {
            self.source = linked;
            copied = self.archive().await?;
        }
        Blocking::read(copied.archive, first_file, failed(target)).await
    }

    /// Copies the source to the local path `target`, by the rules of `docker cp`.
    ///
    /// - If the target is a directory, the copy is created in it, under the name of the source.
    /// - If the target does not exist, the copy is created at that path. The parent directory must exist.
    /// - A file replaces an existing file.
    /// - A source `directory/.` stands for the content of the directory, even if `directory` is a symbolic link to one.
    ///
    /// Permissions (except setuid and setgid) and modification times are preserved; owners are not. On Windows, only
    /// the modification times of files are preserved. The metadata of an existing target directory is not changed.
    ///
    /// Symbolic links are copied as links, except that podman follows a source that is a link. Devices and pipes are
    /// skipped. Nothing is written outside the target, whatever the archive contains, and no link below the target is
    /// followed.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`stat`](Self::stat), and [`Error::Unpack`] with the local path if the archive is invalid
    /// or a file cannot be written.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the copy. Files that were already copied remain, and the last one may be incomplete.
    pub async fn path(self, target: impl Into<PathBuf>) -> Result<(), Error> {
        let (to, target) = (target.into(), self.target());
        let (source, contents) = (self.source.clone(), self.contents);
        let CopiedOut { stat, archive } = self.archive().await?;
        let extract = move |archive: &mut Blocking| {
            let place = place(&stat, &source, contents, to)?;
            unpack(archive, &place)
        };
        Blocking::read(archive, extract, failed(target)).await
    }

    fn target(&self) -> Target {
        Target::new(&ContainerArchive::OPERATION, [("id", &*self.container)])
    }
}

fn failed(target: Target) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::unpack(target, error)
}

/// Reads the content of the file that an archive consists of.
fn first_file(archive: &mut Blocking) -> io::Result<Bytes> {
    let mut content = Vec::new();
    let mut found = false;
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            let error = "the source is not a file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        entry.read_to_end(&mut content)?;
        found = true;
    }
    read_end(archive)?;
    if found { Ok(content.into()) } else { Err(io::Error::other("the archive is empty")) }
}

/// Determines where the copy is written, depending on what exists at the target.
fn place(stat: &PathStat, source: &str, contents: bool, target: PathBuf) -> io::Result<Place> {
    let name = match stat.kind() {
        // podman reports the name of the destination, which the archive does not contain.
        PathKind::Symlink if !contents => split_last(source).1,
        _ => &stat.name,
    };
    // Neither the root nor the content of a directory has a name in the archive.
    let from = PathBuf::from(if matches!(name, "/" | ".") { "" } else { name });
    let is_directory = contents || stat.kind() == PathKind::Directory;
    if fs::metadata(&target).is_ok_and(|metadata| metadata.is_dir()) {
        let to = if contents { PathBuf::new() } else { from.clone() };
        return Ok(Place { root: target, from, to });
    }
    let bytes = target.as_os_str().as_encoded_bytes();
    if !is_directory && (bytes.ends_with(b"/") || cfg!(windows) && bytes.ends_with(b"\\")) {
        return Err(at(&target, "there is no such directory", io::ErrorKind::NotFound));
    }
    let Some(to) = target.file_name() else {
        return Err(at(
            &target,
            "expected a path that ends with a name",
            io::ErrorKind::InvalidInput,
        ));
    };
    let parent = match target.parent() {
        None => Path::new("."),
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    };
    if !fs::metadata(parent).at(parent)?.is_dir() {
        return Err(at(parent, "not a directory", io::ErrorKind::NotADirectory));
    }
    if contents {
        // The directory may be empty, and podman sends no entry for the directory itself.
        fs::create_dir(&target).at(&target)?;
    }
    Ok(Place { root: parent.to_owned(), from, to: to.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_depends_on_what_exists_at_the_target() {
        const FILE: u32 = 0o644;
        const DIRECTORY: u32 = 1 << 31 | 0o755;
        const LINK: u32 = 1 << 27 | 0o777;
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("there")).unwrap();
        fs::write(outer.path().join("file"), "").unwrap();
        // The metadata, the source and the target; the expected directory, name in the archive and local name.
        for (mode, name, source, target, expected) in [
            (FILE, "a", "/etc/a", "there", Ok(("there", "a", "a"))),
            (FILE, "a", "/etc/a", "there/", Ok(("there", "a", "a"))),
            (FILE, "a", "/etc/a", "new", Ok(("", "a", "new"))),
            (FILE, "a", "/etc/a", "file", Ok(("", "a", "file"))),
            (FILE, "a", "/etc/a", "new/", Err("there is no such directory")),
            (FILE, "a", "/etc/a", "no/new", Err("no: ")),
            (FILE, "a", "/etc/a", "file/new", Err("file: not a directory")),
            (DIRECTORY, "etc", "/etc", "there", Ok(("there", "etc", "etc"))),
            (DIRECTORY, "etc", "/etc", "new", Ok(("", "etc", "new"))),
            (DIRECTORY, "etc", "/etc/", "new/", Ok(("", "etc", "new"))),
            (DIRECTORY, ".", "/etc/.", "there", Ok(("there", "", ""))),
            (DIRECTORY, ".", "/etc/.", "made", Ok(("", "", "made"))),
            (DIRECTORY, ".", "/etc/.", "file", Err("file: ")),
            (DIRECTORY, "/", "/", "there", Ok(("there", "", ""))),
            (DIRECTORY, "/", "/", "new", Ok(("", "", "new"))),
            (LINK, "run", "/var/run", "there", Ok(("there", "run", "run"))),
            (LINK, "other", "/var/run/", "new", Ok(("", "run", "new"))),
            (LINK, ".", "/var/run/.", "there", Ok(("there", "", ""))),
        ] {
            let stat = PathStat { mode, name: name.into(), ..PathStat::default() };
            let found = place(&stat, source, source.ends_with("/."), outer.path().join(target));
            match (found, expected) {
                (Ok(place), Ok((root, from, to))) => {
                    let expected = (outer.path().join(root), from.into(), to.into());
                    assert_eq!((place.root, place.from, place.to), expected, "{source} {target}");
                }
                (Err(error), Err(text)) => {
                    assert!(error.to_string().contains(text), "{source} {target}: {error}");
                }
                (found, _) => panic!("{source} {target}: {found:?}"),
            }
        }
        assert!(outer.path().join("made").is_dir());
    }
}
