//! Copies into a container.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_api::operations::PutContainerArchive;
use docker_api::{Body, BoxError, Error, Request, Target};
use docker_core::on_thread;

use super::stat::{PathKind, PathStat, split_last};
use crate::archive::{At, Pack};
use crate::docker::Docker;

/// A copy into a container.
///
/// [`Docker::copy_to`] creates it. [`path`](Self::path), [`bytes`](Self::bytes) and [`archive`](Self::archive) send the
/// data.
#[derive(Debug, Clone)]
#[must_use = "nothing is copied until `path`, `bytes` or `archive` is called"]
pub struct CopyTo {
    docker: Docker,
    container: String,
    target: String,
}

/// A directory in the container, and the name of the copy in it. There is no name if the content of a directory is
/// copied.
type Destination = (String, Option<PathBuf>);

impl CopyTo {
    pub(super) fn new(docker: Docker, container: String, target: String) -> Self {
        Self { docker, container, target }
    }

    /// Copies a local file or directory, by the rules of `docker cp`.
    ///
    /// - If the target is a directory, the copy is created in it, under the name of the source.
    /// - If the target does not exist, the copy is created at that path. The parent directory must exist.
    /// - A file replaces an existing file.
    /// - A source `directory/.` stands for the content of the directory.
    ///
    /// Symbolic links are copied as links, and sockets are skipped. Files are sent in pieces and never held in memory
    /// as a whole.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Body`] if a file cannot be read, changes while it is read, or is a device,
    /// [`Error::InvalidRequest`] if a directory would replace a file or the target ends with a slash and is not a
    /// directory, and [`Error::Engine`] if the engine refuses the copy, for example because there is no such container
    /// ([`Error::is_not_found`]) or its filesystem is read-only.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the copy. Files that were already copied remain.
    pub async fn path(self, source: impl Into<PathBuf>) -> Result<(), Error> {
        let source = source.into();
        let found = source.clone();
        let failed = |error: BoxError| Error::body(self.call(), error);
        let inspected = on_thread(move || {
            let is_directory = std::fs::symlink_metadata(&found).at(&found)?.is_dir();
            let name = match found.file_name() {
                Some(name) => name.to_owned(),
                // `.` and `..` only have a name in the canonical path, and the root has none.
                None => {
                    let full = std::fs::canonicalize(&found).at(&found)?;
                    full.file_name().unwrap_or_default().to_owned()
                }
            };
            std::io::Result::Ok((is_directory, PathBuf::from(name)))
        });
        let inspected = inspected.await.map_err(|panic| failed(panic.into()))?;
        let (is_directory, name) = inspected.map_err(|error| failed(error.into()))?;
        let contents = is_directory && (ends_with_dot(&source) || name.as_os_str().is_empty());
        let (directory, name) =
            Box::pin(self.destination(is_directory, (!contents).then_some(name))).await?;
        let body = Body::from_writer(move |out| {
            let mut pack = Pack::new(out);
            let name = name.unwrap_or_default();
            if is_directory {
                pack.directory(&source, &name)?;
            } else {
                pack.entry(&source, &name)?;
            }
            pack.finish().map(drop)
        });
        self.put(&directory, body).await
    }

    /// Writes `bytes` to the target as a file with the permissions `0o644`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`path`](Self::path), and [`Error::InvalidRequest`] if the target is a directory.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the copy.
    pub async fn bytes(self, bytes: impl Into<Bytes>) -> Result<(), Error> {
        let bytes = bytes.into();
        let (directory, name) = Box::pin(self.destination(false, None)).await?;
        let Some(name) = name else {
            return Err(self.refused("it is a directory; append the name of the file to the path"));
        };
        let body = Body::from_writer(move |out| {
            let mut pack = Pack::new(out);
            pack.bytes(&name, &bytes)?;
            pack.finish().map(drop)
        });
        self.put(&directory, body).await
    }

    /// Extracts a tar archive to the target, which must be a directory. The archive may be compressed with gzip, bzip2,
    /// xz or zstd.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Body`] if the archive cannot be read, and [`Error::Engine`] if the engine refuses it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the copy. Files that were already copied remain.
    pub async fn archive(self, archive: impl Into<Body>) -> Result<(), Error> {
        self.put(&self.target, archive.into()).await
    }

    async fn put(&self, directory: &str, body: Body) -> Result<(), Error> {
        let call = self.docker.put_container_archive(&self.container, directory, body);
        let mut request = Request::from(call);
        request.query("noOverwriteDirNonDir", true);
        request.discard().await.map(drop)
    }

    /// Returns the directory and the name of the copy, of which `name` is the name of the source.
    async fn destination(
        &self,
        is_directory: bool,
        name: Option<PathBuf>,
    ) -> Result<Destination, Error> {
        let mut target = self.target.clone();
        let mut stat = self.stat(&target).await?;
        if let Some(end) = stat.as_ref().and_then(|stat| stat.link_destination(&target)) {
            stat = self.stat(&end).await?;
            target = end;
        }
        match stat.map(|stat| stat.kind()) {
            Some(PathKind::Directory) => Ok((target, name)),
            Some(_) if is_directory => {
                Err(self.refused("it is a file, which a directory cannot replace"))
            }
            None if !is_directory && target.ends_with('/') => {
                Err(self.refused("it ends with a slash, but there is no such directory"))
            }
            _ => {
                let (directory, name) = split_last(&target);
                Ok((directory.to_owned(), Some(name.into())))
            }
        }
    }

    /// Returns the metadata of a path, or `None` if there is no such path or container. A missing container is an error
    /// of the copy itself.
    async fn stat(&self, path: &str) -> Result<Option<PathStat>, Error> {
        match self.docker.copy_from(&self.container, path).stat().await {
            Err(error) if error.is_not_found() => Ok(None),
            stat => stat.map(Some),
        }
    }

    fn refused(&self, why: &str) -> Error {
        Error::invalid_request(self.call(), format!("cannot copy to {:?}: {why}", self.target))
    }

    fn call(&self) -> Target {
        Target::new(&PutContainerArchive::OPERATION, [("id", &*self.container)])
    }
}

/// Returns whether a path stands for the content of a directory: `.` or `directory/.`.
fn ends_with_dot(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let separator = |byte: &u8| *byte == b'/' || cfg!(windows) && *byte == b'\\';
    matches!(bytes, [b'.']) || matches!(bytes, [.., before, b'.'] if separator(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_end_stands_for_the_content() {
        for (path, expected) in [
            (".", true),
            ("a/.", true),
            ("/.", true),
            ("./.", true),
            ("a\\.", cfg!(windows)),
            ("a", false),
            ("a.", false),
            ("..", false),
            ("a/..", false),
            ("a/", false),
            ("", false),
        ] {
            assert_eq!(ends_with_dot(Path::new(path)), expected, "{path}");
        }
    }
}
