//! Reads what people write on command lines: ports, volumes, mounts, sizes, durations, variables.
//!
//! The forms are those of the Docker command line. An error points at the character where the text stops to make sense:
//!
//! ```
//! let error = docker_client::text::bytes("512q").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "\"512q\" is no size: a unit is expected: b, k, m, g, t or p\n  512q\n     ^"
//! );
//! ```
//!
//! [`Run`](crate::Run) takes such texts as they are. On a plain configuration, [`ConfigureExt`] does the
//! same:
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
mod mount;
mod ports;
mod units;
mod volume;

use std::fmt;

use docker_api::Error;

pub use self::configure::ConfigureExt;
pub use self::env::{env, env_file};
pub use self::mount::mount;
pub use self::ports::ports;
pub use self::units::{bytes, nanoseconds};
pub use self::volume::{Volume, volume};

/// A text that is not what it should be. It is shown with a mark beneath the character that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidText {
    text: String,
    /// What it should be: `no size`.
    no: &'static str,
    wrong: Wrong,
}

/// What is wrong with a text, and where, in bytes from its begin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrong {
    at: usize,
    expected: String,
}

impl Wrong {
    fn new(at: usize, expected: impl Into<String>) -> Self {
        Self { at, expected: expected.into() }
    }

    /// The same, where the text is a part of another one that begins `by` bytes before.
    fn moved(mut self, by: usize) -> Self {
        self.at += by;
        self
    }

    fn of(self, text: &str, no: &'static str) -> InvalidText {
        InvalidText { text: text.to_owned(), no, wrong: self }
    }
}

impl InvalidText {
    /// Where the text is wrong: a position in bytes, at most its length.
    #[must_use]
    pub fn position(&self) -> usize {
        self.wrong.at
    }
}

/// Three lines: what is wrong, the text, and the mark.
impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| -> String {
            text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        };
        let before = self.text.get(..self.wrong.at).unwrap_or(&self.text).chars().count();
        writeln!(f, "{:?} is {}: {}", self.text, self.no, self.wrong.expected)?;
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

/// The parts between separators, each with its position.
fn split(text: &str, separator: char) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    text.split(separator).map(move |part| (part.as_ptr() as usize - text.as_ptr() as usize, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_beneath_the_character() {
        let error = Wrong::new("a\u{e9}\n".len(), "b is expected").of("a\u{e9}\nx", "no word");
        let expected = "\"a\u{e9}\\nx\" is no word: b is expected\n  a\u{e9}\u{fffd}x\n     ^";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.position(), 4);
    }
}
