//! Goes through a folder in the order of the names, past what is left out.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::At;
use super::ignore::Rules;

/// The way through a folder. Of each folder on it the names are held, and nothing else.
pub(crate) struct Walk<'a> {
    root: &'a Path,
    rules: &'a Rules,
    /// What is not left out whatever the rules say.
    always: &'a [&'a Path],
    open: Vec<Open>,
    /// What is next, the last one first.
    ready: Vec<PathBuf>,
}

/// A folder that is gone through.
struct Open {
    relative: PathBuf,
    /// The names that are to come, in reverse.
    names: Vec<OsString>,
    /// Whether it is itself left out so far, and to be told before the first thing in it that is not.
    untold: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        root: &'a Path,
        rules: &'a Rules,
        always: &'a [&'a Path],
    ) -> io::Result<Self> {
        let mut walk = Self { root, rules, always, open: Vec::new(), ready: Vec::new() };
        walk.enter(PathBuf::new(), false)?;
        Ok(walk)
    }

    /// The next path, relative to the folder; a folder comes before what is in it.
    pub(crate) fn next(&mut self) -> io::Result<Option<PathBuf>> {
        loop {
            if let Some(relative) = self.ready.pop() {
                return Ok(Some(relative));
            }
            let Some(folder) = self.open.last_mut() else { return Ok(None) };
            let Some(name) = folder.names.pop() else {
                self.open.pop();
                continue;
            };
            let relative = folder.relative.join(name);
            let always = self.always.iter().any(|path| **path == *relative);
            let left_out = !always && self.rules.leave_out(&relative);
            if left_out && !self.may_have_more(&relative) {
                continue;
            }
            match self.enter_folder(&relative, left_out) {
                // What is left out may come and go, and be closed to others.
                Err(error) if left_out && is_absent(&error) => continue,
                entered => entered?,
            }
            if !left_out {
                self.ready.push(relative);
                let untold = self.open.iter_mut().rev().filter(|folder| folder.untold);
                for folder in untold {
                    folder.untold = false;
                    self.ready.push(folder.relative.clone());
                }
            }
        }
    }

    fn may_have_more(&self, folder: &Path) -> bool {
        self.always.iter().any(|path| path.starts_with(folder))
            || self.rules.may_take_back_in(folder)
    }

    fn enter_folder(&mut self, relative: &Path, untold: bool) -> io::Result<()> {
        let path = self.root.join(relative);
        match fs::symlink_metadata(&path).at(&path)?.is_dir() {
            true => self.enter(relative.to_owned(), untold),
            false => Ok(()),
        }
    }

    fn enter(&mut self, relative: PathBuf, untold: bool) -> io::Result<()> {
        let path = self.root.join(&relative);
        let entries = fs::read_dir(&path).at(&path)?;
        let mut names = entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<io::Result<Vec<_>>>()
            .at(&path)?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.open.push(Open { relative, names, untold });
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

    fn found(root: &TempDir, rules: &Rules, always: &[&Path]) -> Vec<String> {
        let mut walk = Walk::new(root.path(), rules, always).unwrap();
        let mut found = Vec::new();
        while let Some(relative) = walk.next().unwrap() {
            found.push(relative.to_str().unwrap().replace('\\', "/"));
        }
        found
    }

    /// What comes of a tree of files by these rules.
    fn walk(files: &[&str], rules: &str, always: &[&str]) -> Vec<String> {
        let always: Vec<&Path> = always.iter().map(Path::new).collect();
        found(&tree(files), &Rules::parse(rules).unwrap(), &always)
    }

    #[test]
    fn the_order_is_that_of_the_names_and_folders_come_first() {
        let files = ["b/z", "b/a/x", "a", "b.txt"];
        assert_eq!(walk(&files, "", &[]), ["a", "b", "b/a", "b/a/x", "b/z", "b.txt"]);
    }

    #[test]
    fn what_is_left_out_stays_out_and_comes_back_with_its_folders() {
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
    fn no_folder_is_passed_by_that_has_something_in_it() {
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
                let rules = Rules::parse(&text).unwrap();
                let mut found = found(&root, &rules, &[]);
                found.retain(|path| FILES.contains(&path.as_str()));
                let mut expected = FILES.to_vec();
                expected.retain(|path| !rules.leave_out(Path::new(path)));
                assert_eq!(found, expected, "by {text:?}");
            }
        }
    }

    #[test]
    fn what_is_left_out_may_vanish_meanwhile() {
        for (rules, fails) in [("b\n!b/keep", false), ("", true)] {
            let root = tree(&["a", "b/keep"]);
            let rules = Rules::parse(rules).unwrap();
            let mut walk = Walk::new(root.path(), &rules, &[]).unwrap();
            assert_eq!(walk.next().unwrap().unwrap(), Path::new("a"));
            fs::remove_dir_all(root.path().join("b")).unwrap();
            assert_eq!(walk.next().is_err(), fails);
        }
    }
}
