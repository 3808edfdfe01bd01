//! Pieces of output: standard output, standard error, or the output of a terminal.

use std::borrow::Cow;

use bytes::Bytes;

/// A piece of output, as it was received. It may begin and end anywhere, even within a line or a character.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Data from standard output.
    Stdout(Bytes),
    /// Data from standard error.
    Stderr(Bytes),
    /// Data from a terminal, which combines standard output and standard error.
    Terminal(Bytes),
}

impl Output {
    /// Returns the data, whichever stream it is from.
    pub fn bytes(&self) -> &Bytes {
        let (Self::Stdout(bytes) | Self::Stderr(bytes) | Self::Terminal(bytes)) = self;
        bytes
    }

    /// Consumes the piece and returns its data, whichever stream it is from.
    pub fn into_bytes(self) -> Bytes {
        let (Self::Stdout(bytes) | Self::Stderr(bytes) | Self::Terminal(bytes)) = self;
        bytes
    }

    /// Returns the data as a string, with U+FFFD in place of bytes that are not valid UTF-8.
    ///
    /// A piece may end within a character. The lines of [`OutputStream::lines`](super::OutputStream::lines) do not,
    /// unless they are longer than 1 MiB.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// The collected output of a container or an exec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Standard output; with a terminal, all output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Collected {
    pub(super) fn add(&mut self, piece: &Output) {
        match piece {
            Output::Stdout(bytes) | Output::Terminal(bytes) => self.stdout.extend_from_slice(bytes),
            Output::Stderr(bytes) => self.stderr.extend_from_slice(bytes),
        }
    }
}
