//! `spec/versions.toml`: the source and the checksum of each upstream document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ApiVersion;

const HEADER: &str = "\
# Where the Engine API's swagger comes from, per version: a commit, a path in the repository, and what the file must be.
# `cargo xtask fetch` reads it, and writes it with --pin.
#
# The documents are moby's, under the Apache License 2.0 (see NOTICE). Only the facts in them are kept here, as v1.NN.json.
";

/// The pins of all versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// The URL of the repository.
    pub repository: String,
    /// The commit of every version that does not name another one.
    pub commit: String,
    /// What each version's document is.
    #[serde(default)]
    pub versions: BTreeMap<ApiVersion, Pin>,
}

/// What one version's upstream document is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The commit, if it is not the common one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The path in the repository.
    pub path: String,
    /// The SHA-256 of the document, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The size of the document in bytes.
    pub bytes: u64,
}

/// `versions.toml` cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PinsError {
    /// The string is not valid TOML, or does not have this structure.
    #[error("{name} is not a valid list of pinned API versions")]
    Syntax {
        /// The file's name.
        name: String,
        /// What the TOML reader found, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A commit or checksum is not spelled as one.
    #[error("{name}: {key} is `{found}`: expected {expected} lower-case hexadecimal digits")]
    Hex {
        /// The file's name.
        name: String,
        /// The key, such as `versions."1.52".sha256`.
        key: String,
        /// The value at that place.
        found: String,
        /// How many digits belong there.
        expected: usize,
    },
    /// The pins cannot be written as TOML.
    #[error("cannot write the pins as TOML")]
    Write(#[source] Box<toml::ser::Error>),
}

/// Whether `text` is `digits` lower-case hexadecimal digits.
fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// How many hexadecimal digits a commit has.
const COMMIT: usize = 40;
/// How many hexadecimal digits a SHA-256 has.
const SHA256: usize = 64;

impl Pins {
    /// Reads the text of a `versions.toml`; `name` is for errors.
    ///
    /// # Errors
    ///
    /// Returns an error if the string is not valid TOML of this structure, or if a commit or checksum is not valid.
    pub fn read(text: &str, name: &str) -> Result<Self, PinsError> {
        let pins: Self = toml::from_str(text).map_err(|source| PinsError::Syntax {
            name: name.to_owned(),
            source: Box::new(source),
        })?;
        let check = |key: String, found: &str, expected: usize| {
            if is_hex(found, expected) {
                Ok(())
            } else {
                Err(PinsError::Hex {
                    name: name.to_owned(),
                    key,
                    found: found.to_owned(),
                    expected,
                })
            }
        };
        check("commit".to_owned(), &pins.commit, COMMIT)?;
        for (version, pin) in &pins.versions {
            check(format!("versions.\"{version}\".sha256"), &pin.sha256, SHA256)?;
            if let Some(commit) = &pin.commit {
                check(format!("versions.\"{version}\".commit"), commit, COMMIT)?;
            }
        }
        Ok(pins)
    }

    /// The text of `versions.toml`, the same for the same pins.
    ///
    /// # Errors
    ///
    /// A size is larger than TOML's integers.
    pub fn to_toml(&self) -> Result<String, PinsError> {
        let body = toml::to_string(self).map_err(|error| PinsError::Write(Box::new(error)))?;
        Ok(format!("{HEADER}\n{body}"))
    }

    /// The versions that have a pin, oldest first.
    pub fn known(&self) -> Vec<ApiVersion> {
        self.versions.keys().copied().collect()
    }

    /// The commit that `pin`'s document is taken from.
    pub fn commit_of<'a>(&'a self, pin: &'a Pin) -> &'a str {
        pin.commit.as_deref().unwrap_or(&self.commit)
    }

    /// Sets the pin of a version; when all versions then share a commit, it becomes the common one.
    pub fn set(
        &mut self,
        version: ApiVersion,
        commit: &str,
        path: String,
        sha256: String,
        bytes: u64,
    ) {
        let own = (commit != self.commit).then(|| commit.to_owned());
        self.versions.insert(version, Pin { commit: own, path, sha256, bytes });
        if self.versions.values().all(|pin| self.commit_of(pin) == commit) {
            commit.clone_into(&mut self.commit);
            for pin in self.versions.values_mut() {
                pin.commit = None;
            }
        }
    }

    /// Whether `text` is a full commit hash: the only thing that a pin may be, for branches and tags move.
    pub fn is_commit(text: &str) -> bool {
        is_hex(text, COMMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Pins {
        let pin = |digit: &str| Pin {
            commit: None,
            path: format!("docs/v1.{digit}.yaml"),
            sha256: digit.repeat(64),
            bytes: 7,
        };
        Pins {
            repository: "https://example.com/engine".to_owned(),
            commit: "a".repeat(40),
            versions: [(ApiVersion::new(1, 9), pin("9")), (ApiVersion::new(1, 10), pin("1"))]
                .into(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_in_the_order_of_versions() {
        let mut pins = pins();
        pins.set(ApiVersion::new(1, 9), &"b".repeat(40), "x/y.yaml".to_owned(), "c".repeat(64), 8);
        let text = pins.to_toml().unwrap();
        assert_eq!(Pins::read(&text, "versions.toml").unwrap(), pins);
        assert!(text.find("\"1.9\"").unwrap() < text.find("\"1.10\"").unwrap(), "{text}");
        assert!(text.contains("Apache License 2.0"), "{text}");
    }

    #[test]
    fn a_commit_that_all_versions_share_becomes_the_common_one() {
        let (mut pins, old, new) = (pins(), "a".repeat(40), "b".repeat(40));
        let first = ApiVersion::new(1, 9);
        pins.set(first, &new, "p".to_owned(), "0".repeat(64), 1);
        assert_eq!(
            (pins.commit.as_str(), pins.commit_of(&pins.versions[&first])),
            (old.as_str(), new.as_str())
        );
        pins.set(ApiVersion::new(1, 10), &new, "p".to_owned(), "0".repeat(64), 1);
        assert_eq!(pins.commit, new);
        assert!(pins.versions.values().all(|pin| pin.commit.is_none()));
    }

    #[test]
    fn errors_say_which_key_is_wrong() {
        let text = pins().to_toml().unwrap();
        let error = Pins::read(&text.replace(&"9".repeat(64), "short"), "versions.toml")
            .unwrap_err()
            .to_string();
        assert!(error.contains("versions.\"1.9\".sha256 is `short`: expected 64"), "{error}");
        let error = Pins::read(&text.replace(&"a".repeat(40), "main"), "versions.toml")
            .unwrap_err()
            .to_string();
        assert!(error.contains("commit is `main`: expected 40"), "{error}");
        let error = Pins::read(&text.replace("bytes", "size"), "versions.toml").unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("size"), "{source}");
    }
}
