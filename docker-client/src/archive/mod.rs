//! Walks directories, and creates and extracts tar archives, without holding the content of files in memory as a whole.
//!
//! [`Walk`] and [`Patterns`] are public for crates that send directories in another format.

mod blocking;
mod ignore;
mod pack;
mod pattern;
mod unpack;
mod walk;

use std::io;
use std::path::Path;

pub(crate) use blocking::Blocking;
pub use ignore::{InvalidPattern, Patterns};
pub(crate) use pack::Pack;
pub(crate) use unpack::{Place, read_end, unpack};
pub(crate) use walk::NotIgnored;
pub use walk::{All, Entry, Select, Walk};

/// Creates an error that contains the path of a file.
pub(crate) fn at(path: &Path, error: impl std::fmt::Display, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("{}: {error}", path.display()))
}

/// Adds the path of a file to an error.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> io::Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> io::Result<T> {
        self.map_err(|error| {
            let kind = error.kind();
            at(path, error, kind)
        })
    }
}
