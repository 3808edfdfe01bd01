//! Into a container.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use docker_api::operations::PutContainerArchive;
use docker_api::{Body, BoxError, Error, Request, Target};
use docker_core::on_thread;

use super::stat::{PathKind, PathStat, parted};
use crate::archive::{At, Pack};
use crate::docker::Docker;

/// A copy into a container: what is copied is told by the method that sends it.
#[derive(Debug, Clone)]
#[must_use = "nothing is copied until a method is called that says what"]
pub struct CopyTo {
    docker: Docker,
    container: String,
    target: String,
}

/// A folder in the container, and the name in it that what is copied gets, which need not be text; none for what is in a
/// folder.
type Spot = (String, Option<PathBuf>);

impl CopyTo {
    pub(super) fn new(docker: Docker, container: String, target: String) -> Self {
        Self { docker, container, target }
    }

    /// Copies a file or a folder of this machine, by the rules of `docker cp`.
    ///
    /// Where the target is a folder, it gets into it under its own name; `folder/.` copies what is in a folder. Where there is
    /// nothing at the target, it gets there under the name of the target, in a folder that must be there. A file replaces
    /// a file. Links stay links. What is copied is never held whole.
    ///
    /// Dropping the future ends the copy; what has arrived stays.
    ///
    /// # Errors
    ///
    /// [`Error::Body`] where a file cannot be read, or changes while it is read. [`Error::InvalidRequest`] where a folder is to
    /// replace a file, or a file a folder that is not there. Those of the engine: no such container
    /// ([`Error::is_not_found`]), a filesystem that is read-only.
    pub async fn path(self, source: impl Into<PathBuf>) -> Result<(), Error> {
        let source = source.into();
        let found = source.clone();
        let failed = |error: BoxError| Error::body(self.call(), error);
        let looked = on_thread(move || {
            let is_folder = std::fs::symlink_metadata(&found).at(&found)?.is_dir();
            let name = match found.file_name() {
                Some(name) => name.to_owned(),
                // `.` and `..` have a name only in full, and the root has none.
                None => {
                    let full = std::fs::canonicalize(&found).at(&found)?;
                    full.file_name().unwrap_or_default().to_owned()
                }
            };
            std::io::Result::Ok((is_folder, PathBuf::from(name)))
        });
        let looked = looked.await.map_err(|panic| failed(panic.into()))?;
        let (is_folder, name) = looked.map_err(|error| failed(error.into()))?;
        let contents = is_folder && (ends_with_dot(&source) || name.as_os_str().is_empty());
        let (folder, name) = Box::pin(self.spot(is_folder, (!contents).then_some(name))).await?;
        let body = Body::from_writer(move |out| {
            let mut pack = Pack::new(out);
            let name = name.unwrap_or_default();
            if is_folder {
                pack.folder(&source, &name)?;
            } else {
                pack.entry(&source, &name)?;
            }
            pack.finish().map(drop)
        });
        self.put(&folder, body).await
    }

    /// Copies bytes, as a file of mode 644. Where the target is a folder that is an error, since there is no name.
    ///
    /// # Errors
    ///
    /// As for [`path`](Self::path).
    pub async fn bytes(self, bytes: impl Into<Bytes>) -> Result<(), Error> {
        let bytes = bytes.into();
        let (folder, name) = Box::pin(self.spot(false, None)).await?;
        let Some(name) = name else {
            return Err(self.refused("it is a folder, and bytes have no name to be put there"));
        };
        let body = Body::from_writer(move |out| {
            let mut pack = Pack::new(out);
            pack.bytes(&name, &bytes)?;
            pack.finish().map(drop)
        });
        self.put(&folder, body).await
    }

    /// Unpacks a tar archive, also one packed with gzip, bzip2, xz or zstd, into the target, which must be a folder.
    ///
    /// # Errors
    ///
    /// As for [`path`](Self::path).
    pub async fn archive(self, archive: impl Into<Body>) -> Result<(), Error> {
        self.put(&self.target, archive.into()).await
    }

    async fn put(&self, folder: &str, body: Body) -> Result<(), Error> {
        let call = self.docker.put_container_archive(&self.container, folder, body);
        let mut request = Request::from(call);
        request.query("noOverwriteDirNonDir", true);
        request.discard().await.map(drop)
    }

    /// Where in the container something gets to that has `name` of its own.
    async fn spot(&self, is_folder: bool, name: Option<PathBuf>) -> Result<Spot, Error> {
        let mut target = self.target.clone();
        let mut stat = self.stat(&target).await?;
        if let Some(end) = stat.as_ref().and_then(|stat| stat.leads_to(&target)) {
            stat = self.stat(&end).await?;
            target = end;
        }
        match stat.map(|stat| stat.kind()) {
            Some(PathKind::Directory) => Ok((target, name)),
            Some(_) if is_folder => {
                Err(self.refused("it is a file, and a folder cannot replace it"))
            }
            None if !is_folder && target.ends_with('/') => {
                Err(self.refused("there is no such folder, and a file cannot become one"))
            }
            _ => {
                let (folder, name) = parted(&target);
                Ok((folder.to_owned(), Some(name.into())))
            }
        }
    }

    /// What is at a path; none where there is nothing, or no container, which the copy itself will tell.
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

/// Whether a path names what is in a folder: `.`, `folder/.`
fn ends_with_dot(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    let separator = |byte: &u8| *byte == b'/' || cfg!(windows) && *byte == b'\\';
    matches!(text, [b'.']) || matches!(text, [.., before, b'.'] if separator(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_end_names_what_is_in_a_folder() {
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
