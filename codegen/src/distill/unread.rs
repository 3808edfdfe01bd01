//! `spec/unread.json`: where the prose suggests a fact that no rule could read.
//!
//! The list contains only places, and no prose. Use it to find places that need a rule or documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::versions::{ApiVersion, VersionRange};
use swagger_reader::Pointer;

/// A kind of fact that upstream states in prose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fact {
    /// See [`super::deprecation`].
    Deprecation,
    /// See [`super::filters`].
    Filters,
    /// See [`super::platform`].
    Platform,
    /// See [`super::unit`].
    Unit,
}

impl Fact {
    /// The keyword that holds the fact in a distilled document.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Deprecation => "x-deprecated",
            Self::Filters => "x-filters",
            Self::Platform => "x-platform",
            Self::Unit => "x-unit",
        }
    }
}

/// A place whose prose suggests a fact that no rule could read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The operation, parameter or schema.
    pub pointer: Pointer,
    /// The kind of fact.
    pub fact: Fact,
}

/// The unread places of all versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadList(BTreeMap<(String, Fact), BTreeSet<ApiVersion>>);

/// A place in the file: one line per place and kind, with the versions that have it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    pointer: String,
    fact: Fact,
    versions: String,
}

/// `unread.json` cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The string is not a list of places.
    #[error("{name} is not a valid list of unread descriptions")]
    Syntax {
        /// The file's name.
        name: String,
        /// What the JSON reader found.
        #[source]
        source: serde_json::Error,
    },
    /// The versions of a place are not ranges of versions.
    #[error(
        "{name}: the versions of {pointer} are `{found}`: expected ranges such as 1.35..1.52, 1.54"
    )]
    Versions {
        /// The file's name.
        name: String,
        /// The place.
        pointer: String,
        /// The value at that place.
        found: String,
    },
}

impl UnreadList {
    /// Reads the text of an `unread.json`; `name` is for errors.
    ///
    /// # Errors
    ///
    /// Returns an error if the string is not such a list.
    pub fn read(text: &str, name: &str) -> Result<Self, Error> {
        let entries: Vec<Entry> = serde_json::from_str(text)
            .map_err(|source| Error::Syntax { name: name.to_owned(), source })?;
        let mut list = BTreeMap::new();
        for Entry { pointer, fact, versions } in entries {
            let bad = || Error::Versions {
                name: name.to_owned(),
                pointer: pointer.clone(),
                found: versions.clone(),
            };
            let mut set = BTreeSet::new();
            for range in versions.split(", ") {
                let range: VersionRange = range.parse().map_err(|_| bad())?;
                set.extend(range.versions().ok_or_else(bad)?);
            }
            list.insert((pointer, fact), set);
        }
        Ok(Self(list))
    }

    /// Replaces the places of one version.
    pub fn set(&mut self, version: ApiVersion, unread: &[Unread]) {
        self.0.retain(|_, versions| {
            versions.remove(&version);
            !versions.is_empty()
        });
        for Unread { pointer, fact } in unread {
            self.0.entry((pointer.as_str().to_owned(), *fact)).or_default().insert(version);
        }
    }

    /// The places of one version.
    pub fn of(&self, version: ApiVersion) -> impl Iterator<Item = (&str, Fact)> {
        self.0
            .iter()
            .filter(move |(_, versions)| versions.contains(&version))
            .map(|((pointer, fact), _)| (pointer.as_str(), *fact))
    }
}

impl fmt::Display for UnreadList {
    /// The text of `unread.json`: a line per place, the same for the same list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, ((pointer, fact), versions)) in self.0.iter().enumerate() {
            let ranges: Vec<String> =
                VersionRange::cover(versions).iter().map(ToString::to_string).collect();
            let entry =
                Entry { pointer: pointer.clone(), fact: *fact, versions: ranges.join(", ") };
            let line = serde_json::to_string(&entry).map_err(|_| fmt::Error)?;
            write!(f, "{}\n  {line}", if index == 0 { "" } else { "," })?;
        }
        f.write_str(if self.0.is_empty() { "]\n" } else { "\n]\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(name: &str, fact: Fact) -> Unread {
        Unread { pointer: Pointer::root().child("definitions").child(name), fact }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut list = UnreadList::default();
        assert_eq!(UnreadList::read(&list.to_string(), "unread.json").unwrap(), list);
        for minor in [25, 26, 27, 30] {
            list.set(
                ApiVersion::new(1, minor),
                &[unread("B", Fact::Unit), unread("A", Fact::Platform)],
            );
        }
        let text = list.to_string();
        let lines = [
            r#"{"pointer":"/definitions/A","fact":"platform","versions":"1.25..1.27, 1.30"}"#,
            r#"{"pointer":"/definitions/B","fact":"unit","versions":"1.25..1.27, 1.30"}"#,
        ];
        assert_eq!(text, format!("[\n  {},\n  {}\n]\n", lines[0], lines[1]));
        assert_eq!(UnreadList::read(&text, "unread.json").unwrap(), list);
    }

    #[test]
    fn setting_a_version_leaves_the_others() {
        let (one, other) = (ApiVersion::new(1, 1), ApiVersion::new(1, 2));
        let mut list = UnreadList::default();
        list.set(one, &[unread("A", Fact::Unit)]);
        list.set(other, &[unread("A", Fact::Unit)]);
        list.set(one, &[]);
        assert_eq!(list.of(one).count(), 0);
        assert_eq!(list.of(other).collect::<Vec<_>>(), [("/definitions/A", Fact::Unit)]);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = UnreadList::read(
            r#"[{"pointer": "/a", "fact": "unit", "versions": "1.x"}]"#,
            "unread.json",
        );
        assert!(error.unwrap_err().to_string().contains("the versions of /a are `1.x`"));
        let error = UnreadList::read(
            r#"[{"pointer": "/a", "fact": "colour", "versions": "1.5"}]"#,
            "unread.json",
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "unread.json is not a valid list of unread descriptions"
        );
    }
}
