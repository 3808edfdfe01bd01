//! Walks a directory tree in the order of names, without the entries that are not selected.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::At;
use super::ignore::Patterns;

/// Decides which entries of a directory a [`Walk`] returns.
pub trait Select {
    /// Returns whether an entry is selected, by its path relative to the root.
    fn selects(&self, path: &Path) -> bool;

    /// Returns whether something in a directory may be selected although the directory itself is not.
    fn may_select_in(&self, directory: &Path) -> bool;
}

/// Selects everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct All;

impl Select for All {
    fn selects(&self, _: &Path) -> bool {
        true
    }

    fn may_select_in(&self, _: &Path) -> bool {
        true
    }
}

/// Selects the paths that no pattern matches, and some other paths.
#[derive(Debug)]
pub(crate) struct NotIgnored<'a> {
    pub(crate) ignore: &'a Patterns,
    pub(crate) always: &'a [&'a Path],
}

impl Select for NotIgnored<'_> {
    fn selects(&self, path: &Path) -> bool {
        self.always.contains(&path) || !self.ignore.matches(path)
    }

    fn may_select_in(&self, directory: &Path) -> bool {
        self.always.iter().any(|path| path.starts_with(directory))
            || self.ignore.may_except_in(directory)
    }
}

/// An entry of a directory tree.
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The path relative to the root of the walk.
    pub path: PathBuf,
    /// The metadata of the entry itself; links are not followed.
    pub metadata: Metadata,
}

/// A walk through a directory tree.
///
/// A directory is returned before its content, and the entries of each directory are in the order of the bytes of their
/// names. A directory that is not selected is returned if something in it is. Each entry takes one system call `lstat`.
/// Only the names in the directories on the path of the current entry are held in memory.
#[derive(Debug)]
#[must_use = "nothing is read unless the entries are"]
pub struct Walk<'a, S> {
    root: &'a Path,
    select: &'a S,
    open: Vec<Open>,
    /// The next entries, in reverse order.
    ready: Vec<Entry>,
}

/// A directory on the path of the current entry.
#[derive(Debug)]
struct Open {
    relative: PathBuf,
    /// The remaining names, in reverse order.
    names: Vec<OsString>,
    /// The metadata of the directory, if it is not selected and was not returned yet.
    pending: Option<Metadata>,
}

impl<'a, S: Select> Walk<'a, S> {
    /// Starts to walk the directory `root`.
    ///
    /// # Errors
    ///
    /// Returns an error, which contains the path, if the directory cannot be read.
    pub fn new(root: &'a Path, select: &'a S) -> io::Result<Self> {
        let mut walk = Self { root, select, open: Vec::new(), ready: Vec::new() };
        walk.enter(PathBuf::new(), None)?;
        Ok(walk)
    }

    /// Returns the next entry, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns an error, which contains the path, if an entry cannot be read. An entry that is not selected and cannot
    /// be read, or was removed during the walk, is not an error.
    #[expect(clippy::should_implement_trait, reason = "the error ends the walk")]
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        loop {
            if let Some(entry) = self.ready.pop() {
                return Ok(Some(entry));
            }
            let Some(directory) = self.open.last_mut() else { return Ok(None) };
            let Some(name) = directory.names.pop() else {
                self.open.pop();
                continue;
            };
            let path = directory.relative.join(name);
            let selected = self.select.selects(&path);
            if !selected && !self.select.may_select_in(&path) {
                continue;
            }
            match self.visit(path, selected) {
                Err(error) if !selected && is_absent(&error) => {}
                visited => visited?,
            }
        }
    }

    fn visit(&mut self, path: PathBuf, selected: bool) -> io::Result<()> {
        let full = self.root.join(&path);
        let metadata = fs::symlink_metadata(&full).at(&full)?;
        if metadata.is_dir() {
            self.enter(path.clone(), (!selected).then(|| metadata.clone()))?;
        }
        if selected {
            self.ready.push(Entry { path, metadata });
            for directory in self.open.iter_mut().rev() {
                if let Some(metadata) = directory.pending.take() {
                    self.ready.push(Entry { path: directory.relative.clone(), metadata });
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, relative: PathBuf, pending: Option<Metadata>) -> io::Result<()> {
        let path = self.root.join(&relative);
        let entries = fs::read_dir(&path).at(&path)?;
        let mut names = entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<io::Result<Vec<_>>>()
            .at(&path)?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.open.push(Open { relative, names, pending });
        Ok(())
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn tree(files: &[&str]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn found(root: &TempDir, ignore: &Patterns, always: &[&Path]) -> Vec<String> {
        let select = NotIgnored { ignore, always };
        let mut walk = Walk::new(root.path(), &select).unwrap();
        let mut found = Vec::new();
        while let Some(entry) = walk.next().unwrap() {
            found.push(entry.path.to_str().unwrap().replace('\\', "/"));
        }
        found
    }

    /// Returns what a walk of these files returns.
    fn walk(files: &[&str], rules: &str, always: &[&str]) -> Vec<String> {
        let always: Vec<&Path> = always.iter().map(Path::new).collect();
        found(&tree(files), &Patterns::parse(rules).unwrap(), &always)
    }

    #[test]
    fn entries_come_in_the_order_of_names_and_directories_before_their_content() {
        let files = ["b/z", "b/a/x", "a", "b.txt"];
        assert_eq!(walk(&files, "", &[]), ["a", "b", "b/a", "b/a/x", "b/z", "b.txt"]);
    }

    #[test]
    fn ignored_entries_stay_out_and_exceptions_come_with_their_directories() {
        let files = ["docs/a/x", "docs/README.md", "src/deep/keep", "src/deep/drop", "top"];
        let rules = "docs\nsrc\n!docs/README.md\n!**/keep";
        assert_eq!(
            walk(&files, rules, &[]),
            ["docs", "docs/README.md", "src", "src/deep", "src/deep/keep", "top"]
        );
        assert_eq!(walk(&files, "docs/a\nsrc", &[]), ["docs", "docs/README.md", "top"]);
        assert_eq!(walk(&files, "*", &[]), [""; 0]);
        assert_eq!(walk(&files, "*", &["src/deep/drop"]), ["src", "src/deep", "src/deep/drop"]);
    }

    #[test]
    fn no_directory_is_skipped_that_has_something_selected_in_it() {
        const FILES: &[&str] = &["a/b/c", "a/b/x.md", "a/x", "a.md", "b/b/c", "b/c"];
        const RULES: &[&str] = &[
            "*",
            "**",
            "a",
            "a/b",
            "b/**",
            "!a",
            "!a/b",
            "!*.md",
            "!**.md",
            "!**/c",
            "!*/b/c",
            "!b/[ab]*/c",
        ];
        let root = tree(FILES);
        for first in RULES {
            for (second, third) in RULES.iter().flat_map(|a| RULES.iter().map(move |b| (a, b))) {
                let text = [*first, *second, *third].join("\n");
                let rules = Patterns::parse(&text).unwrap();
                let mut found = found(&root, &rules, &[]);
                found.retain(|path| FILES.contains(&path.as_str()));
                let mut expected = FILES.to_vec();
                expected.retain(|path| !rules.matches(Path::new(path)));
                assert_eq!(found, expected, "by {text:?}");
            }
        }
    }

    #[test]
    fn ignored_entries_may_vanish_during_the_walk() {
        for (rules, fails) in [("b\n!b/keep", false), ("", true)] {
            let root = tree(&["a", "b/keep"]);
            let rules = Patterns::parse(rules).unwrap();
            let select = NotIgnored { ignore: &rules, always: &[] };
            let mut walk = Walk::new(root.path(), &select).unwrap();
            assert_eq!(walk.next().unwrap().unwrap().path, Path::new("a"));
            fs::remove_dir_all(root.path().join("b")).unwrap();
            assert_eq!(walk.next().is_err(), fails);
        }
    }
}
