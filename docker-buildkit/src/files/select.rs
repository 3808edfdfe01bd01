//! Selects the entries of a tree that the engine requests.

use std::path::Path;

use docker_client::archive::{Patterns, Select};

use super::FileError;

/// Selects the entries that match a pattern of `include`, if there is one, and no pattern of `exclude`.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    include: Option<Patterns>,
    exclude: Patterns,
}

impl Selection {
    /// Reads the patterns, which have the syntax of `.dockerignore`.
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, FileError> {
        let read = |patterns: &[String]| {
            Patterns::new(patterns).map_err(|error| FileError::other("", &error.to_string()))
        };
        let include = if include.is_empty() { None } else { Some(read(include)?) };
        Ok(Self { include, exclude: read(exclude)? })
    }
}

impl Select for Selection {
    fn selects(&self, path: &Path) -> bool {
        self.include.as_ref().is_none_or(|include| include.matches(path))
            && !self.exclude.matches(path)
    }

    fn may_select_in(&self, directory: &Path) -> bool {
        let included = self
            .include
            .as_ref()
            .is_none_or(|include| include.matches(directory) || include.may_match_in(directory));
        let excluded = self.exclude.matches(directory) && !self.exclude.may_except_in(directory);
        included && !excluded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str]) -> Selection {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        Selection::new(&owned(include), &owned(exclude)).unwrap()
    }

    #[test]
    fn includes_and_excludes_are_combined() {
        let selection = selection(&["src", "*.toml"], &["**/*.bak", "!src/keep.bak"]);
        for (path, expected) in [
            ("src/main.rs", true),
            ("src/a/b.rs", true),
            ("Cargo.toml", true),
            ("a/Cargo.toml", false),
            ("src/x.bak", false),
            ("src/keep.bak", true),
            ("target", false),
        ] {
            assert_eq!(selection.selects(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn directories_that_cannot_hold_anything_are_not_entered() {
        let selection = selection(&["a/b/c", "d*/e"], &["d1"]);
        for (path, expected) in
            [("a", true), ("a/b", true), ("a/x", false), ("d2", true), ("d1", false), ("b", false)]
        {
            assert_eq!(selection.may_select_in(Path::new(path)), expected, "{path}");
        }
    }
}
