//! Out of a container.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_api::operations::ContainerArchive;
use docker_api::{ByteStream, Error, Target};

use super::stat::{PathKind, PathStat, parted};
use crate::archive::{At, Blocking, Place, at, read_end, unpack};
use crate::docker::Docker;

/// A copy out of a container: what becomes of it is told by the method that sends the request.
#[derive(Debug, Clone)]
#[must_use = "nothing is copied until a method is called that says where to"]
pub struct CopyFrom {
    docker: Docker,
    container: String,
    source: String,
    /// What is in the folder rather than the folder: `folder/.`
    contents: bool,
}

/// What was copied out of a container, as the engine sends it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CopiedOut {
    /// What it is.
    pub stat: PathStat,
    /// A tar archive, as it comes: `into_reader` turns it into an `AsyncRead`. All paths in it begin with
    /// [`PathStat::name`], and with nothing where that is `/` or `.`.
    pub archive: ByteStream,
}

impl CopyFrom {
    pub(super) fn new(docker: Docker, container: String, source: String) -> Self {
        // The engine gets it as it is: the `.` has it follow a link to a folder.
        let contents = source.ends_with("/.");
        Self { docker, container, source, contents }
    }

    /// Tells what is there, and copies nothing (`HEAD /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] where there is no such container, or nothing at the path. Those of any request.
    pub async fn stat(self) -> Result<PathStat, Error> {
        let reply = self.docker.container_archive_info(self.container, self.source).send().await?;
        PathStat::read(reply.target(), reply.headers())
    }

    /// The tar archive as it comes (`GET /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat).
    pub async fn archive(self) -> Result<CopiedOut, Error> {
        let reply = self.docker.container_archive(self.container, self.source).send().await?;
        let stat = PathStat::read(reply.target(), reply.headers())?;
        Ok(CopiedOut { stat, archive: reply.into_inner() })
    }

    /// The content of a file, in memory. A link is followed once.
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat), and [`Error::Unpack`] where there is no file at the path.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let target = self.target();
        let mut copied = self.clone().archive().await?;
        if let Some(linked) = copied.stat.leads_to(&self.source) {
            self.source = linked;
            copied = self.archive().await?;
        }
        Blocking::read(copied.archive, first_file, failed(target)).await
    }

    /// Unpacks it on this machine, by the rules of `docker cp`.
    ///
    /// Where the target is a folder, it gets into it under its own name; of `folder/.` what is in the folder, which may be a link
    /// to one. Where there is nothing at the target, it gets there under the name of the target, in a folder that must be
    /// there. A file replaces a file. Permissions and times are kept (on Windows only times, and only of files), owners are
    /// not, nor the bits that have a program run as somebody else; a target that is there keeps its own. Links stay links, but
    /// podman sends what the source itself leads to; devices and pipes are left out. Nothing gets outside of the target,
    /// whatever the archive says, and no link below it is followed.
    ///
    /// Dropping the future ends the copy; what has arrived stays, the last file in part.
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat), and [`Error::Unpack`] with the path on this machine.
    pub async fn path(self, target: impl Into<PathBuf>) -> Result<(), Error> {
        let (to, target) = (target.into(), self.target());
        let (source, contents) = (self.source.clone(), self.contents);
        let CopiedOut { stat, archive } = self.archive().await?;
        let unpacked = move |archive: &mut Blocking| {
            let place = place(&stat, &source, contents, to)?;
            unpack(archive, &place)
        };
        Blocking::read(archive, unpacked, failed(target)).await
    }

    fn target(&self) -> Target {
        Target::new(&ContainerArchive::OPERATION, [("id", &*self.container)])
    }
}

fn failed(target: Target) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::unpack(target, error)
}

/// The content of the first file of an archive.
fn first_file(archive: &mut Blocking) -> io::Result<Bytes> {
    let mut content = Vec::new();
    let mut found = false;
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            let error = "there is no file at the path";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        entry.read_to_end(&mut content)?;
        found = true;
    }
    read_end(archive)?;
    if found { Ok(content.into()) } else { Err(io::Error::other("the archive is empty")) }
}

/// Where what is copied goes, by what is there already.
fn place(stat: &PathStat, source: &str, contents: bool, target: PathBuf) -> io::Result<Place> {
    let name = match stat.kind() {
        // Podman tells the name of what it leads to, which the archive has not.
        PathKind::Symlink if !contents => parted(source).1,
        _ => &stat.name,
    };
    // The root has no name in the archive, and neither has a folder of which all is wanted that is in it.
    let from = PathBuf::from(if matches!(name, "/" | ".") { "" } else { name });
    let is_folder = contents || stat.kind() == PathKind::Directory;
    if fs::metadata(&target).is_ok_and(|metadata| metadata.is_dir()) {
        let to = if contents { PathBuf::new() } else { from.clone() };
        return Ok(Place { root: target, from, to });
    }
    let text = target.as_os_str().as_encoded_bytes();
    if !is_folder && (text.ends_with(b"/") || cfg!(windows) && text.ends_with(b"\\")) {
        return Err(at(&target, "there is no such folder", io::ErrorKind::NotFound));
    }
    let Some(to) = target.file_name() else {
        return Err(at(&target, "this names no file", io::ErrorKind::InvalidInput));
    };
    let parent = match target.parent() {
        None => Path::new("."),
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    };
    if !fs::metadata(parent).at(parent)?.is_dir() {
        return Err(at(parent, "this is no folder", io::ErrorKind::NotADirectory));
    }
    if contents {
        // There may be nothing in it, and podman has no entry for the folder itself.
        fs::create_dir(&target).at(&target)?;
    }
    Ok(Place { root: parent.to_owned(), from, to: to.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_decides_where_it_goes() {
        const FILE: u32 = 0o644;
        const FOLDER: u32 = 1 << 31 | 0o755;
        const LINK: u32 = 1 << 27 | 0o777;
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("there")).unwrap();
        fs::write(outer.path().join("file"), "").unwrap();
        // What the engine tells, what was asked for and where it is to go; the folder, and the names there and here.
        for (mode, name, source, target, expected) in [
            (FILE, "a", "/etc/a", "there", Ok(("there", "a", "a"))),
            (FILE, "a", "/etc/a", "there/", Ok(("there", "a", "a"))),
            (FILE, "a", "/etc/a", "new", Ok(("", "a", "new"))),
            (FILE, "a", "/etc/a", "file", Ok(("", "a", "file"))),
            (FILE, "a", "/etc/a", "new/", Err("there is no such folder")),
            (FILE, "a", "/etc/a", "no/new", Err("no: ")),
            (FILE, "a", "/etc/a", "file/new", Err("file: this is no folder")),
            (FOLDER, "etc", "/etc", "there", Ok(("there", "etc", "etc"))),
            (FOLDER, "etc", "/etc", "new", Ok(("", "etc", "new"))),
            (FOLDER, "etc", "/etc/", "new/", Ok(("", "etc", "new"))),
            (FOLDER, ".", "/etc/.", "there", Ok(("there", "", ""))),
            (FOLDER, ".", "/etc/.", "made", Ok(("", "", "made"))),
            (FOLDER, ".", "/etc/.", "file", Err("file: ")),
            (FOLDER, "/", "/", "there", Ok(("there", "", ""))),
            (FOLDER, "/", "/", "new", Ok(("", "", "new"))),
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
