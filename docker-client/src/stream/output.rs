//! Pieces of output: standard output, standard error, or the output of a terminal.

use std::borrow::Cow;

use bytes::Bytes;

/// A piece of output, as it was received: neither a line nor what the program wrote at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// From standard output.
    Stdout(Bytes),
    /// From standard error.
    Stderr(Bytes),
    /// From the terminal, which does not tell the two apart.
    Terminal(Bytes),
}

impl Output {
    /// The bytes, wherever they come from.
    pub fn bytes(&self) -> &Bytes {
        let (Self::Stdout(bytes) | Self::Stderr(bytes) | Self::Terminal(bytes)) = self;
        bytes
    }

    /// The bytes, wherever they come from.
    pub fn into_bytes(self) -> Bytes {
        let (Self::Stdout(bytes) | Self::Stderr(bytes) | Self::Terminal(bytes)) = self;
        bytes
    }

    /// The bytes as text. What is no UTF-8, as a character that was cut in two, is replaced; [`OutputStream::lines`](super::OutputStream::lines)
    /// does not cut.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// All output, kept apart. What a terminal shows is in `stdout`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Standard output.
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
