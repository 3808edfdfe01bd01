//! Parses the syntax of the Docker command line: ports, volumes, mounts, sizes, durations and environment variables.
//!
//! An error points at the first character that is invalid:
//!
//! ```
//! let error = docker_client::text::bytes("512q").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "invalid size \"512q\": expected a unit: b, k, m, g, t or p\n  512q\n     ^"
//! );
//! ```
//!
//! The setters of [`Run`](crate::Run) accept such strings. For the configuration of `container_create`,
//! [`ConfigureExt`] adds methods that accept them:
//!
//! ```
//! use docker_client::{prelude::*, text, types::{ContainerCreateBody, HealthConfig, HostConfig}};
//!
//! # fn example() -> Result<(), text::InvalidText> {
//! let mut body = ContainerCreateBody {
//!     image: Some("nginx".into()),
//!     env: vec![text::env("MODE=fast")?],
//!     healthcheck: Some(HealthConfig {
//!         interval: Some(text::nanoseconds("1m30s")?),
//!         ..Default::default()
//!     }),
//!     host_config: Some(HostConfig { memory: Some(text::bytes("512m")?), ..Default::default() }),
//!     ..Default::default()
//! };
//! body.publish("127.0.0.1:8080:80/tcp")?.volume("data:/data:ro")?;
//! body.mount("type=tmpfs,dst=/cache,tmpfs-size=64m")?;
//! # Ok(())
//! # }
//! # example().unwrap();
//! ```

mod configure;
mod env;
mod fields;
mod mount;
mod ports;
mod units;
mod volume;

use std::fmt;

use docker_api::Error;

pub use self::configure::ConfigureExt;
pub(crate) use self::env::read_env_file;
pub use self::env::{env, env_file};
pub(crate) use self::fields::fields;
pub use self::mount::mount;
pub use self::ports::ports;
pub use self::units::{bytes, nanoseconds};
pub use self::volume::{Volume, volume};

/// The error for a string that does not have the expected syntax.
///
/// `Display` shows the string with a mark under the first character that is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidText {
    text: String,
    /// What it was parsed as, such as `size`.
    what: &'static str,
    error: SyntaxError,
}

/// What was expected in a string, and at which position, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SyntaxError {
    at: usize,
    expected: String,
}

impl SyntaxError {
    fn new(at: usize, expected: impl Into<String>) -> Self {
        Self { at, expected: expected.into() }
    }

    /// Moves the position, for a string that is a part of another one and begins `by` bytes after it.
    fn shifted(mut self, by: usize) -> Self {
        self.at += by;
        self
    }

    fn of(self, text: &str, what: &'static str) -> InvalidText {
        InvalidText { text: text.to_owned(), what, error: self }
    }
}

impl InvalidText {
    /// Returns the byte position of the first invalid character. It equals the length of the string if the string ends
    /// too early.
    #[must_use]
    pub fn position(&self) -> usize {
        self.error.at
    }
}

/// Writes three lines: what was expected, the string, and the mark.
impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| -> String {
            text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        };
        let before = self.text.get(..self.error.at).unwrap_or(&self.text).chars().count();
        writeln!(f, "invalid {} {:?}: {}", self.what, self.text, self.error.expected)?;
        writeln!(f, "  {}", shown(&self.text))?;
        write!(f, "  {:before$}^", "")
    }
}

impl std::error::Error for InvalidText {}

impl From<InvalidText> for Error {
    fn from(error: InvalidText) -> Self {
        Self::config_from(format!("{:?}", error.text), "invalid value", error)
    }
}

/// Splits a string at a separator. Returns each part with its position.
fn split(text: &str, separator: char) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    text.split(separator).map(move |part| (part.as_ptr() as usize - text.as_ptr() as usize, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_under_the_character() {
        let error = SyntaxError::new("a\u{e9}\n".len(), "expected b").of("a\u{e9}\nx", "word");
        let expected = "invalid word \"a\u{e9}\\nx\": expected b\n  a\u{e9}\u{fffd}x\n     ^";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.position(), 4);
    }
}
