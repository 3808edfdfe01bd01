//! The API versions that a correction is made in.

use std::fmt;

use crate::versions::ApiVersion;

/// A range of API versions that may be open at either end.
///
/// A range without an end holds for versions that do not exist yet, so that a new version needs no change here.
///
/// It displays as `all API versions`, `API 1.31 and later`, `API 1.38 and earlier`, `API 1.30 to 1.38` or `API 1.30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The first version, unless the range has no beginning.
    pub first: Option<ApiVersion>,
    /// The last version, unless the range has no end.
    pub last: Option<ApiVersion>,
}

impl Versions {
    /// Whether the range contains `version`.
    pub fn contains(&self, version: ApiVersion) -> bool {
        self.first.is_none_or(|first| first <= version)
            && self.last.is_none_or(|last| version <= last)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (None, None) => f.write_str("all API versions"),
            (Some(first), None) => write!(f, "API {first} and later"),
            (None, Some(last)) => write!(f, "API {last} and earlier"),
            (Some(first), Some(last)) if first == last => write!(f, "API {first}"),
            (Some(first), Some(last)) => write!(f, "API {first} to {last}"),
        }
    }
}

/// Every version.
pub(super) const ALL: Versions = Versions { first: None, last: None };

/// Version 1.`minor` and later.
pub(super) const fn since(minor: u32) -> Versions {
    Versions { first: Some(ApiVersion::new(1, minor)), last: None }
}

/// Version 1.`minor` and earlier.
pub(super) const fn until(minor: u32) -> Versions {
    Versions { first: None, last: Some(ApiVersion::new(1, minor)) }
}

/// The versions from 1.`first` to 1.`last`, both included.
pub(super) const fn between(first: u32, last: u32) -> Versions {
    Versions { first: Some(ApiVersion::new(1, first)), last: Some(ApiVersion::new(1, last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_without_an_end_holds_for_versions_to_come() {
        let future = ApiVersion::new(1, 999);
        assert!(ALL.contains(future) && since(30).contains(future));
        assert!(!until(55).contains(future) && !between(30, 38).contains(future));
    }

    #[test]
    fn both_ends_belong_to_the_range() {
        let inside = |minor| between(30, 38).contains(ApiVersion::new(1, minor));
        assert_eq!([29, 30, 38, 39].map(inside), [false, true, true, false]);
    }

    #[test]
    fn ranges_display_in_words() {
        let shown = [ALL, since(31), until(38), between(30, 38), between(30, 30)];
        assert_eq!(
            shown.map(|range| range.to_string()),
            [
                "all API versions",
                "API 1.31 and later",
                "API 1.38 and earlier",
                "API 1.30 to 1.38",
                "API 1.30"
            ]
        );
    }
}
