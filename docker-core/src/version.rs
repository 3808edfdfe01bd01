//! Versions of the API.

use std::fmt;
use std::str::FromStr;

/// A version of the API, such as 1.52. Ordered by number: 1.9 is before 1.10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

impl ApiVersion {
    /// Creates the version `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Returns the number after the dot. The version of the crate docker-api for this API version is `0.{minor}`.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.minor
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Parses `1.52` or `v1.52`.
impl FromStr for ApiVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        // `parse` alone would take a sign.
        let number = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        text.trim()
            .trim_start_matches('v')
            .split_once('.')
            .and_then(|(major, minor)| Some(Self::new(number(major)?, number(minor)?)))
            .ok_or_else(|| InvalidVersion(text.to_owned()))
    }
}

/// A string that is not a version of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an API version: expected two numbers with a dot in between, such as 1.52")]
pub struct InvalidVersion(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let version = |text: &str| text.parse::<ApiVersion>().unwrap();
        assert!(version("1.9") < version("1.10"));
        assert!(version("2.0") > version("v1.99"));
        assert_eq!(version(" v1.041 ").to_string(), "1.41");
    }

    #[test]
    fn invalid_versions_are_refused() {
        for text in ["", "1", "1.", ".1", "1.2.3", "1.+2", "-1.2", "latest", "1.99999"] {
            let error = text.parse::<ApiVersion>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text:?} is not an API version")), "{error}");
        }
    }
}
