//! Which versions a command is about: `1.52`, `1.35..1.52`, `all`, `latest`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{ApiVersion, ParseVersionError};

/// The versions from `first` to `last`, both included; displays as `1.35..1.52`, or `1.52` when it holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionRange {
    first: ApiVersion,
    last: ApiVersion,
}

impl VersionRange {
    /// The versions from `first` to `last`, or `None` if `last` comes before `first`.
    pub fn new(first: ApiVersion, last: ApiVersion) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The oldest version of the range.
    pub fn first(&self) -> ApiVersion {
        self.first
    }

    /// The newest version of the range.
    pub fn last(&self) -> ApiVersion {
        self.last
    }

    /// Whether `version` lies in the range.
    pub fn contains(&self, version: ApiVersion) -> bool {
        self.first <= version && version <= self.last
    }

    /// Every version of the range, oldest first; `None` if it goes from one major version to another, because the minor
    /// versions in between are not known.
    pub fn versions(&self) -> Option<impl Iterator<Item = ApiVersion> + use<>> {
        let Self { first, last } = *self;
        (first.major == last.major).then(|| {
            (first.minor..=last.minor).map(move |minor| ApiVersion::new(first.major, minor))
        })
    }

    /// The fewest ranges that hold these versions; only minor versions that follow one another share a range.
    pub fn cover(versions: &BTreeSet<ApiVersion>) -> Vec<Self> {
        let mut ranges: Vec<Self> = Vec::new();
        for &version in versions {
            match ranges.last_mut() {
                Some(range)
                    if range.last.major == version.major
                        && range.last.minor.checked_add(1) == Some(version.minor) =>
                {
                    range.last = version;
                }
                _ => ranges.push(Self { first: version, last: version }),
            }
        }
        ranges
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

impl FromStr for VersionRange {
    type Err = ParseSelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = match text.split_once("..") {
            Some((first, last)) => (first.parse()?, last.parse()?),
            None => {
                let version = text.parse()?;
                (version, version)
            }
        };
        Self::new(first, last).ok_or(ParseSelectionError::Backwards { first, last })
    }
}

/// The text selects no versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSelectionError {
    /// An end of the range is not a version.
    #[error("expected a version (1.52), a range with both ends (1.35..1.52), `all` or `latest`")]
    NoVersion(#[from] ParseVersionError),
    /// The range ends before it begins.
    #[error("the range {first}..{last} ends before it begins: did you mean {last}..{first}?")]
    Backwards {
        /// The version in front of the dots.
        first: ApiVersion,
        /// The version behind the dots.
        last: ApiVersion,
    },
}

/// The versions that the user of a command selects.
///
/// ```
/// use codegen::versions::{ApiVersion, Selection};
///
/// let known: Vec<ApiVersion> = ["1.50", "1.51", "1.52"].iter().filter_map(|v| v.parse().ok()).collect();
/// assert_eq!("latest".parse::<Selection>()?.resolve(&known)?, [known[2]]);
/// assert_eq!("1.50..1.51".parse::<Selection>()?.resolve(&known)?, known[..2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All that are known.
    All,
    /// The newest that is known.
    Latest,
    /// The known versions of a range. A single version is a range as well.
    Range(VersionRange),
}

/// A selected version is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown API version {version}; known versions: {}", list(.known))]
pub struct UnknownVersion {
    version: ApiVersion,
    known: BTreeSet<ApiVersion>,
}

fn list(versions: &BTreeSet<ApiVersion>) -> String {
    if versions.is_empty() {
        return "none".to_owned();
    }
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Selection {
    /// The selected ones of the `known` versions, oldest first.
    ///
    /// # Errors
    ///
    /// An end of the range is not among the known versions. `latest` and `all` of none are none.
    pub fn resolve(&self, known: &[ApiVersion]) -> Result<Vec<ApiVersion>, UnknownVersion> {
        let known: BTreeSet<ApiVersion> = known.iter().copied().collect();
        match self {
            Self::All => Ok(known.into_iter().collect()),
            Self::Latest => Ok(known.last().copied().into_iter().collect()),
            Self::Range(range) => {
                match [range.first, range.last].into_iter().find(|end| !known.contains(end)) {
                    Some(version) => Err(UnknownVersion { version, known }),
                    None => Ok(known.range(range.first..=range.last).copied().collect()),
                }
            }
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Latest => f.write_str("latest"),
            Self::Range(range) => range.fmt(f),
        }
    }
}

impl FromStr for Selection {
    type Err = ParseSelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "latest" => Ok(Self::Latest),
            _ => text.parse().map(Self::Range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(minors: &[u32]) -> Vec<ApiVersion> {
        minors.iter().map(|&minor| ApiVersion::new(1, minor)).collect()
    }

    #[test]
    fn selects_from_what_is_known_oldest_first() {
        let known = versions(&[52, 50, 100, 51]);
        for (selection, expected) in [
            ("all", versions(&[50, 51, 52, 100])),
            ("latest", versions(&[100])),
            ("1.51", versions(&[51])),
            ("1.51..1.100", versions(&[51, 52, 100])),
        ] {
            let selection: Selection = selection.parse().unwrap();
            assert_eq!(selection.resolve(&known).unwrap(), expected, "{selection}");
        }
    }

    #[test]
    fn an_unknown_version_lists_those_there_are() {
        for selection in ["1.49", "1.49..1.51", "1.51..1.49"] {
            let result = selection
                .parse::<Selection>()
                .map(|selection| selection.resolve(&versions(&[50, 51])));
            match result {
                Ok(resolved) => {
                    let error = resolved.unwrap_err().to_string();
                    assert_eq!(error, "unknown API version 1.49; known versions: 1.50, 1.51");
                }
                Err(error) => {
                    assert!(error.to_string().contains("did you mean 1.49..1.51"), "{error}")
                }
            }
        }
    }

    #[test]
    fn refuses_what_selects_nothing() {
        for text in ["", "newest", "1.35..", "..1.52", "1.35...1.52", "1.35-1.52"] {
            assert!(text.parse::<Selection>().is_err(), "{text}");
        }
    }

    #[test]
    fn covers_versions_with_the_fewest_ranges() {
        let covered: Vec<String> =
            VersionRange::cover(&versions(&[25, 27, 28, 29, 52]).into_iter().collect())
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(covered, ["1.25", "1.27..1.29", "1.52"]);
    }
}
