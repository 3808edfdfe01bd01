//! Resolves the symbolic links in paths that the engine requests with their targets.
//!
//! `COPY link /x` needs the target of the link. Links are resolved within the root: an absolute target starts at the
//! root, and `..` does not lead out of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use docker_client::archive::Patterns;

/// Returns the paths and the targets of all links in them, as patterns. Wildcards stay as they are, and links that they
/// match are followed.
pub(super) fn follow(root: &Path, paths: &[String]) -> Vec<String> {
    let mut resolver = Resolver { root, resolved: BTreeSet::new() };
    for path in paths {
        resolver.add(Path::new(path));
    }
    resolver.resolved.into_iter().collect()
}

struct Resolver<'a> {
    root: &'a Path,
    resolved: BTreeSet<String>,
}

impl Resolver<'_> {
    fn add(&mut self, path: &Path) {
        let path = clean(path);
        let mut current = PathBuf::new();
        let mut parts = path.components();
        while let Some(part) = parts.next() {
            current.push(part);
            let rest = parts.as_path();
            let targets = self.targets(&current);
            let last = rest.as_os_str().is_empty();
            if !targets.is_empty() || last {
                // A cycle of links leads to the same path again.
                if !self.resolved.insert(pattern(&current)) {
                    return;
                }
                for target in &targets {
                    self.add(&target.join(rest));
                }
                if !targets.is_empty() && !has_wildcard(part.as_os_str().to_string_lossy().as_ref())
                {
                    return;
                }
            }
        }
    }

    /// Returns the targets of the links at `path`. Its last part may contain wildcards.
    fn targets(&self, path: &Path) -> Vec<PathBuf> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !has_wildcard(&name) {
            return self.target(path).into_iter().collect();
        }
        let parent = path.parent().unwrap_or(Path::new(""));
        let Ok(entries) = fs::read_dir(self.root.join(parent)) else { return Vec::new() };
        let Ok(patterns) = Patterns::new([&name]) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name());
        names
            .filter(|name| patterns.matches(Path::new(name)))
            .filter_map(|name| self.target(&parent.join(name)))
            .collect()
    }

    fn target(&self, path: &Path) -> Option<PathBuf> {
        let target = fs::read_link(self.root.join(path)).ok()?;
        let parent = path.parent().unwrap_or(Path::new(""));
        Some(if target.has_root() { clean(&target) } else { clean(&parent.join(target)) })
    }
}

/// Returns the path relative to the root, without `.` and `..`.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => clean.push(part),
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    clean
}

fn pattern(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn followed(root: &Path, paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        follow(root, &paths)
    }

    #[test]
    fn links_bring_their_targets() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("real/deep")).unwrap();
        fs::write(root.join("real/deep/file"), "").unwrap();
        symlink("real", root.join("dir")).unwrap();
        symlink("/real/deep", root.join("real/up")).unwrap();
        symlink("../../../../real/deep/file", root.join("b1")).unwrap();
        symlink("loop2", root.join("loop1")).unwrap();
        symlink("loop1", root.join("loop2")).unwrap();
        assert_eq!(followed(root, &["dir/deep"]), ["dir", "real/deep"]);
        assert_eq!(followed(root, &["dir/up/file"]), ["dir", "real/deep/file", "real/up"]);
        assert_eq!(followed(root, &["b*"]), ["b*", "real/deep/file"]);
        assert_eq!(followed(root, &["loop1"]), ["loop1", "loop2"]);
        assert_eq!(followed(root, &["absent", "."]), ["absent"]);
    }
}
