//! Transfers of files between this machine and the engine, by the protocol of fsutil.
//!
//! The sender walks its tree and describes every entry. While it does, the receiver requests the contents of the files
//! that it does not have. Ref: <https://github.com/tonistiigi/fsutil>

mod follow;
mod mode;
mod packets;
mod path;
mod read;
mod receive;
mod select;
mod send;
mod stat;
mod tree;

pub(crate) use self::receive::receive;
pub(crate) use self::select::Selection;
pub(crate) use self::send::send;
pub(crate) use self::tree::{MemoryFile, Tree};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The error of a file on this machine, which ends a transfer.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub(crate) struct FileError {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

impl FileError {
    pub(crate) fn new(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { path: path.into(), source }
    }

    pub(crate) fn other(path: impl Into<PathBuf>, message: &str) -> Self {
        Self::new(path, io::Error::other(message.to_owned()))
    }
}

/// Refuses what is not a regular file, or a link to one.
///
/// Opening a named pipe waits until another program writes to it, and reading a device may never end.
pub(crate) fn check_regular(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a named pipe, a socket or a device; a regular file is required",
        ))
    }
}

/// The error of a transfer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file on this machine could not be read or written.
    #[error(transparent)]
    FileError(#[from] FileError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] crate::grpc::Status),
    /// The engine ended the transfer with this message.
    #[error("the engine ended the transfer: {0}")]
    Engine(String),
    /// The engine did not follow the protocol.
    #[error("the engine violated the transfer protocol: {0}")]
    Protocol(String),
}
