//! Secrets that steps of a build can mount.

use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;

use bytes::Bytes;

use crate::error::Error;

/// The maximum length of a secret in bytes: engines accept messages of at most 16 MiB.
const LIMIT: usize = (16 << 20) - 64;

/// A secret that steps of a build can mount with `RUN --mount=type=secret,id=…`. `Debug` does not show its value.
///
/// It is sent to the engine only when a step mounts it, and becomes a part of neither the image nor the build cache. A
/// secret has at most 16 MiB; a longer one fails the build with [`Error::Invalid`] before it starts.
#[derive(Clone)]
pub struct Secret(Source);

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    File(PathBuf),
    Variable(String),
}

impl Secret {
    /// Creates a secret with this value.
    pub fn bytes(value: impl Into<Bytes>) -> Self {
        Self(Source::Bytes(value.into()))
    }

    /// Creates a secret from the contents of a file, which is read when the build starts.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// Creates a secret from an environment variable, which is read when the build starts.
    pub fn env(variable: impl Into<String>) -> Self {
        Self(Source::Variable(variable.into()))
    }

    /// Returns the value.
    pub(crate) fn resolve(&self, id: &str) -> Result<Bytes, Error> {
        let value = match &self.0 {
            Source::Bytes(value) => value.clone(),
            Source::Variable(name) => match env::var_os(name) {
                Some(value) => Bytes::from(value.into_encoded_bytes()),
                None => {
                    let message =
                        format!("secret `{id}`: the environment variable `{name}` is not set");
                    return Err(Error::invalid(message));
                }
            },
            Source::File(path) => {
                let fault = |source| Error::File { path: path.clone(), source };
                let length = fs::metadata(path).map_err(fault)?.len();
                if length > LIMIT as u64 {
                    return Err(too_long(id, length));
                }
                // A device or a FIFO has no length, and may have no end.
                let mut value = Vec::new();
                let file = fs::File::open(path).map_err(fault)?;
                file.take(LIMIT as u64 + 1).read_to_end(&mut value).map_err(fault)?;
                Bytes::from(value)
            }
        };
        if value.len() > LIMIT {
            return Err(too_long(id, value.len() as u64));
        }
        Ok(value)
    }
}

fn too_long(id: &str, length: u64) -> Error {
    Error::invalid(format!(
        "secret `{id}` has {length} bytes, but BuildKit accepts at most {LIMIT} bytes: use a named context for it"
    ))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Bytes(_) => f.write_str("Secret(***)"),
            Source::File(path) => f.debug_tuple("Secret::file").field(path).finish(),
            Source::Variable(name) => f.debug_tuple("Secret::env").field(name).finish(),
        }
    }
}

/// Returns the socket of the SSH agent of `SSH_AUTH_SOCK`.
pub(crate) fn agent_socket() -> Result<PathBuf, Error> {
    match env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()) {
        Some(path) => Ok(path.into()),
        None => Err(Error::File {
            path: "$SSH_AUTH_SOCK".into(),
            source: io::Error::new(
                io::ErrorKind::NotFound,
                "the variable is not set: start an SSH agent, or set the path of its socket with `ssh_agent_at`",
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_missing_or_too_long_is_refused_by_name() {
        let error = Secret::env("NO_SUCH_VARIABLE_HERE").resolve("token").unwrap_err();
        assert!(error.to_string().contains("secret `token`"), "{error}");
        let error = Secret::bytes(vec![0; 17 << 20]).resolve("big").unwrap_err();
        assert!(error.to_string().contains("17825792 bytes"), "{error}");
        assert!(matches!(Secret::file("/no/such").resolve("f"), Err(Error::File { .. })));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Secret::bytes("hunter2")), "Secret(***)");
    }
}
