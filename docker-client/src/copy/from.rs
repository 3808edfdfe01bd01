//! Out of a container.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_api::operations::{ContainerArchive, ContainerArchiveInfo};
use docker_api::{ByteStream, Error};

use super::stat::{PathKind, PathStat};
use crate::archive::{At, Blocking, Place, at, unpack};
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
    /// [`PathStat::name`], and with nothing where that is `/`.
    pub archive: ByteStream,
}

impl CopyFrom {
    pub(super) fn new(docker: Docker, container: String, source: String) -> Self {
        match source.strip_suffix("/.") {
            Some(folder) => {
                let source = if folder.is_empty() { "/".to_owned() } else { folder.to_owned() };
                Self { docker, container, source, contents: true }
            }
            None => Self { docker, container, source, contents: false },
        }
    }

    /// Tells what is there, and copies nothing (`HEAD /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] where there is no such container, or nothing at the path. Those of any request.
    pub async fn stat(self) -> Result<PathStat, Error> {
        let reply = self.docker.container_archive_info(self.container, self.source).send().await?;
        PathStat::read(&ContainerArchiveInfo::OPERATION, reply.headers())
    }

    /// The tar archive as it comes (`GET /containers/{id}/archive`).
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat).
    pub async fn archive(self) -> Result<CopiedOut, Error> {
        let reply = self.docker.container_archive(self.container, self.source).send().await?;
        let stat = PathStat::read(&ContainerArchive::OPERATION, reply.headers())?;
        Ok(CopiedOut { stat, archive: reply.into_inner() })
    }

    /// The content of a file, in memory. A link is followed once.
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat), and [`Error::Unpack`] where there is no file at the path.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut copied = self.clone().archive().await?;
        if copied.stat.kind() == PathKind::Symlink {
            self.source = copied.stat.link_target;
            copied = self.archive().await?;
        }
        Blocking::read(copied.archive, first_file, failed).await
    }

    /// Unpacks it on this machine, by the rules of `docker cp`.
    ///
    /// Where the target is a folder, it gets into it under its own name; of `folder/.` what is in the folder. Where there is
    /// nothing at the target, it gets there under the name of the target, in a folder that must be there. A file replaces a
    /// file. Permissions and times are kept, owners are not, nor the bits that have a program run as somebody else;
    /// links stay links; devices and pipes are left out. Nothing gets outside of the target, whatever the archive says, and no
    /// link below it is followed.
    ///
    /// Dropping the future ends the copy; what has arrived stays, the last file in part.
    ///
    /// # Errors
    ///
    /// As for [`stat`](Self::stat), and [`Error::Unpack`] with the path on this machine.
    pub async fn path(self, target: impl Into<PathBuf>) -> Result<(), Error> {
        let target = target.into();
        let contents = self.contents;
        let CopiedOut { stat, archive } = self.archive().await?;
        let unpacked = move |archive: &mut Blocking| {
            let place = place(&stat, contents, target)?;
            unpack(archive, &place)
        };
        Blocking::read(archive, unpacked, failed).await
    }
}

fn failed(error: io::Error) -> Error {
    Error::Unpack { operation: &ContainerArchive::OPERATION, error }
}

/// The content of the first file of an archive.
fn first_file(archive: &mut Blocking) -> io::Result<Bytes> {
    let mut content = Vec::new();
    let mut found = false;
    for entry in tar::Archive::new(&mut *archive).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            let error = "there is no file at the path";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        entry.read_to_end(&mut content)?;
        found = true;
    }
    io::copy(archive, &mut io::sink())?;
    if found { Ok(content.into()) } else { Err(io::Error::other("the archive is empty")) }
}

/// Where what is copied goes, by what is there already.
fn place(stat: &PathStat, contents: bool, target: PathBuf) -> io::Result<Place> {
    let name = PathBuf::from(&stat.name);
    let rename = |to: &Path| (stat.name != "/").then(|| (name.clone(), to.to_owned()));
    let is_folder = stat.kind() == PathKind::Directory;
    if fs::metadata(&target).is_ok_and(|metadata| metadata.is_dir()) {
        let to = if contents && is_folder { Path::new("") } else { &*name };
        return Ok(Place { rename: rename(to), root: target });
    }
    if is_folder && (contents || stat.name == "/") {
        fs::create_dir(&target).at(&target)?;
        return Ok(Place { rename: rename(Path::new("")), root: target });
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
    Ok(Place { rename: rename(Path::new(to)), root: parent.to_owned() })
}
