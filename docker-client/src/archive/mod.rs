//! Tar archives: files of this machine put into one, and one unpacked, neither of them held whole.

mod blocking;
mod ignore;
mod pack;
mod pattern;
mod unpack;
mod walk;

use std::io;
use std::path::Path;

pub(crate) use blocking::Blocking;
pub(crate) use ignore::Rules;
pub(crate) use pack::Pack;
pub(crate) use unpack::{Place, read_end, unpack};
pub(crate) use walk::Walk;

/// An error of a file, with its name.
pub(crate) fn at(path: &Path, error: impl std::fmt::Display, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("{}: {error}", path.display()))
}

/// Names the file in the error of what was done with it.
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
