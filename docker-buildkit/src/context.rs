//! The context of a build: a directory, an archive, files in memory, or a URL that the engine fetches.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::files::{FileError, MemoryFile, check_regular};

/// The files that `COPY` and `ADD` in a Dockerfile refer to.
///
/// A path converts into the context of a directory: `docker.buildkit("./app")`.
#[derive(Clone)]
pub struct Context(pub(crate) Source);

#[derive(Clone)]
pub(crate) enum Source {
    Directory(PathBuf),
    Memory(Vec<MemoryFile>),
    /// An archive that can be read more than once.
    Archive(ArchiveSource),
    /// A URL that the engine fetches.
    Address(String),
    /// An image, for named contexts.
    Image(String),
    Empty,
}

/// A tar archive.
#[derive(Clone)]
pub(crate) enum ArchiveSource {
    Path(PathBuf),
    Bytes(Bytes),
    /// A stream, which is copied to a temporary file when the build starts.
    Reader(Arc<std::sync::Mutex<Option<Box<dyn Read + Send>>>>),
}

impl Context {
    /// Creates a context from a directory. Only files that the engine does not have from an earlier build are sent.
    ///
    /// `NAME.dockerignore` beside the Dockerfile `NAME` is applied if it exists, and `.dockerignore` otherwise.
    pub fn dir(path: impl Into<PathBuf>) -> Self {
        Self(Source::Directory(path.into()))
    }

    /// Creates a context from an uncompressed tar archive in a regular file. Its `.dockerignore` is applied.
    ///
    /// The file is read more than once. To read an archive from a named pipe, use [`tar_reader`](Self::tar_reader).
    pub fn tar(path: impl Into<PathBuf>) -> Self {
        Self(Source::Archive(ArchiveSource::Path(path.into())))
    }

    /// Creates a context from an uncompressed tar archive in memory. Its `.dockerignore` is applied.
    pub fn tar_bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Archive(ArchiveSource::Bytes(bytes.into())))
    }

    /// Creates a context from an uncompressed tar archive that is read from a reader, such as [`std::io::stdin`].
    ///
    /// The archive is copied to a temporary file when the build starts. The reader is consumed: a clone of the context
    /// cannot be built again.
    pub fn tar_reader(reader: impl Read + Send + 'static) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        Self(Source::Archive(ArchiveSource::Reader(Arc::new(std::sync::Mutex::new(Some(reader))))))
    }

    /// Creates a context from files in memory. Paths are relative, with `/`. The files have the mode 644.
    pub fn files<P, D>(files: impl IntoIterator<Item = (P, D)>) -> Self
    where
        P: Into<String>,
        D: Into<Bytes>,
    {
        let files = files.into_iter().map(|(path, data)| MemoryFile {
            path: path.into(),
            permissions: 0o644,
            data: data.into(),
        });
        Self(Source::Memory(files.collect()))
    }

    /// Sets the mode of a file in memory, such as `0o755`. It has no effect on other contexts.
    #[must_use]
    pub fn permissions(mut self, path: &str, permissions: u32) -> Self {
        if let Source::Memory(files) = &mut self.0 {
            for file in files.iter_mut().filter(|file| file.path == path) {
                file.permissions = permissions;
            }
        }
        self
    }

    /// Uses the URL of a Git repository or archive, which the engine fetches: `https://example.com/app.git#main:dir`.
    pub fn url(address: impl Into<String>) -> Self {
        Self(Source::Address(address.into()))
    }

    /// Creates a context from an image. Use it only as a named context: see [`Build::context`](crate::Build::context).
    pub fn image(reference: impl Into<String>) -> Self {
        Self(Source::Image(reference.into()))
    }

    /// Creates a context without files.
    pub fn empty() -> Self {
        Self(Source::Empty)
    }
}

impl From<&str> for Context {
    fn from(path: &str) -> Self {
        Self::dir(path)
    }
}

impl From<String> for Context {
    fn from(path: String) -> Self {
        Self::dir(path)
    }
}

impl From<&Path> for Context {
    fn from(path: &Path) -> Self {
        Self::dir(path)
    }
}

impl From<PathBuf> for Context {
    fn from(path: PathBuf) -> Self {
        Self::dir(path)
    }
}

/// Shows where the files come from, without their contents.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Directory(path) => f.debug_tuple("Context::dir").field(path).finish(),
            Source::Archive(ArchiveSource::Path(path)) => {
                f.debug_tuple("Context::tar").field(path).finish()
            }
            Source::Image(image) => f.debug_tuple("Context::image").field(image).finish(),
            Source::Memory(files) => {
                let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
                f.debug_tuple("Context::files").field(&paths).finish()
            }
            // A URL may contain a password.
            Source::Archive(_) | Source::Address(_) | Source::Empty => f.write_str("Context"),
        }
    }
}

impl ArchiveSource {
    /// Returns an archive that can be read more than once.
    pub(crate) fn spool(self) -> Result<Spooled, Error> {
        let fault = |path: &Path, source| Error::File { path: path.to_owned(), source };
        match self {
            Self::Path(path) => {
                // The archive is read more than once, and an archive that is missing is an error before anything is sent.
                check_regular(&path).map_err(|error| fault(&path, error))?;
                Ok(Spooled::Path(path))
            }
            Self::Bytes(bytes) => Ok(Spooled::Bytes(bytes)),
            Self::Reader(reader) => {
                let taken = reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                let Some(mut reader) = taken else {
                    return Err(Error::invalid(
                        "the reader of the context was consumed by an earlier build: make a new context",
                    ));
                };
                let path = Path::new("the reader of the context");
                let mut file = tempfile::tempfile().map_err(|error| fault(path, error))?;
                io::copy(&mut reader, &mut file).map_err(|error| fault(path, error))?;
                Ok(Spooled::File(Arc::new(file)))
            }
        }
    }
}

/// An archive that can be read more than once.
#[derive(Clone)]
pub(crate) enum Spooled {
    Path(PathBuf),
    Bytes(Bytes),
    File(Arc<File>),
}

impl Spooled {
    /// Opens the archive at its beginning.
    pub(crate) fn open(&self) -> Result<Box<dyn Read>, FileError> {
        match self {
            Self::Path(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(FileError::new(path, error)),
            },
            Self::Bytes(bytes) => Ok(Box::new(io::Cursor::new(bytes.clone()))),
            Self::File(file) => {
                let rewound = file.try_clone().and_then(|mut file| {
                    file.seek(SeekFrom::Start(0))?;
                    Ok(file)
                });
                match rewound {
                    Ok(file) => Ok(Box::new(file)),
                    Err(error) => Err(FileError::new(self.name(), error)),
                }
            }
        }
    }

    /// Returns the name of the archive for error messages.
    pub(crate) fn name(&self) -> PathBuf {
        match self {
            Self::Path(path) => path.clone(),
            Self::Bytes(_) | Self::File(_) => PathBuf::from("the archive of the context"),
        }
    }
}
