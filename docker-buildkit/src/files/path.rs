//! Checks the paths that the engine sends, before anything is written to them.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Checks that entries come in the order of a transfer, and after the directories that contain them.
#[derive(Debug, Default)]
pub(super) struct EntryOrder {
    /// The directories that contain the last entry, each relative to the root.
    directories: Vec<String>,
    last: Option<String>,
}

impl EntryOrder {
    /// Accepts the next entry, or returns a message about what is wrong with it.
    pub(super) fn accept(&mut self, path: &str, is_directory: bool) -> Result<PathBuf, String> {
        let clean = relative(path)?;
        if let Some(last) = &self.last
            && compare(last, path) != Ordering::Less
        {
            return Err(format!("the entry {path:?} comes after {last:?}"));
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        while self.directories.last().is_some_and(|last| last != parent) {
            self.directories.pop();
        }
        if !parent.is_empty() && self.directories.is_empty() {
            return Err(format!("the entry {path:?} is not in a directory that was sent"));
        }
        if is_directory {
            self.directories.push(path.to_owned());
        }
        self.last = Some(path.to_owned());
        Ok(clean)
    }
}

/// Converts the path of an entry into a path on this machine that is below the root.
pub(super) fn relative(path: &str) -> Result<PathBuf, String> {
    let wrong = |what: &str| format!("the path {path:?} {what}");
    if path.is_empty() {
        return Err(wrong("is empty"));
    }
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") {
            return Err(wrong("is not relative and clean"));
        }
        if part.contains('\0') || cfg!(windows) && part.contains(['\\', ':']) {
            return Err(wrong("has a character that is not allowed"));
        }
    }
    Ok(Path::new(path).to_owned())
}

/// Compares by the order of a transfer: by names, and the contents of a directory directly after it.
fn compare(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(entries: &[(&str, bool)]) -> Result<(), String> {
        let mut order = EntryOrder::default();
        entries.iter().try_for_each(|(path, dir)| order.accept(path, *dir).map(drop))
    }

    #[test]
    fn a_tree_in_order_is_accepted() {
        let tree = [
            ("a", true),
            ("a/x", true),
            ("a/x/1", false),
            ("a/y", false),
            ("a-b", false),
            ("a.b", false),
        ];
        assert_eq!(accept(&tree), Ok(()));
    }

    #[test]
    fn paths_that_leave_the_root_and_entries_out_of_order_are_refused() {
        for tree in [
            &[("..", true)][..],
            &[("a", true), ("a/../../x", false)],
            &[("/etc", true)],
            &[("", false)],
            &[("a//b", false)],
            &[("b", false), ("a", false)],
            &[("a", false), ("a", false)],
            &[("a", false), ("a/b", false)],
            &[("a/b", false)],
            &[("a", true), ("b", true), ("a/x", false)],
            &[("a\0", false)],
        ] {
            assert!(accept(tree).is_err(), "{tree:?}");
        }
    }
}
