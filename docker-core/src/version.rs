//! Versions of the API, compared as numbers.

use std::fmt;
use std::str::FromStr;

/// A version of the API, such as 1.52. Ordered by number: 1.9 is before 1.10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

impl ApiVersion {
    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The number after the dot. The crate docker-api of this version is `0.{minor}`.
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

/// Reads `1.52`, also with a `v` in front.
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

/// A text that is no version of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no API version, which is two numbers with a dot between, such as 1.52")]
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
    fn what_is_no_version_is_refused() {
        for text in ["", "1", "1.", ".1", "1.2.3", "1.+2", "-1.2", "latest", "1.99999"] {
            let error = text.parse::<ApiVersion>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text:?} is no API version")), "{error}");
        }
    }
}
