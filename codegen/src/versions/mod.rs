//! API versions, ranges of them, and the pins of the upstream documents.

mod pins;
mod select;

use std::fmt;
use std::str::FromStr;

pub use pins::{Pin, Pins, PinsError};
pub use select::{ParseSelectionError, Selection, UnknownVersion, VersionRange};

/// A version of the Engine API, `1.52`; 1.9 comes before 1.10.
///
/// ```
/// use codegen::versions::ApiVersion;
///
/// let version: ApiVersion = "1.9".parse()?;
/// assert!(version < ApiVersion::new(1, 10));
/// assert_eq!(version.to_string(), "1.9");
/// # Ok::<(), codegen::versions::ParseVersionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The number before the dot.
    pub major: u32,
    /// The number behind the dot.
    pub minor: u32,
}

impl ApiVersion {
    /// The version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Through `pad`, so that a table can give it a width.
        f.pad(&format!("{}.{}", self.major, self.minor))
    }
}

/// The oldest API version that a crate is generated for by default; `spec/` has older ones, for the history.
pub const OLDEST_SUPPORTED: ApiVersion = ApiVersion::new(1, 35);

/// The oldest API version that `spec/` has a document of.
pub const OLDEST_DOCUMENT: ApiVersion = ApiVersion::new(1, 25);

/// The string is not an API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an API version: expected two numbers, such as 1.52")]
pub struct ParseVersionError {
    text: String,
}

impl FromStr for ApiVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the canonical spelling: `+1.052` would name a file that is not there.
        let number = |digits: &str| -> Option<u32> {
            let canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.len() == 1 || !digits.starts_with('0'));
            canonical.then(|| digits.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self::new(number(major)?, number(minor)?)))
            .ok_or_else(|| ParseVersionError { text: text.to_owned() })
    }
}

impl serde::Serialize for ApiVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ApiVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_number_and_not_by_text() {
        let mut versions =
            ["1.100", "1.9", "1.52", "2.0"].map(|v| v.parse::<ApiVersion>().unwrap());
        versions.sort();
        assert_eq!(versions.map(|v| v.to_string()), ["1.9", "1.52", "1.100", "2.0"]);
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in [
            "",
            "1",
            "1.",
            ".5",
            "v1.52",
            "1.52.0",
            "1.-5",
            "+1.5",
            "1.05",
            "1. 5",
            "1.99999999999",
        ] {
            let error = text.parse::<ApiVersion>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
