//! Writes files atomically, and only if their contents change.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

/// Returns whether the file does not exist or has other contents than `contents`.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn differs(path: &Path, contents: &[u8]) -> Result<bool> {
    match fs::read(path) {
        Ok(found) => Ok(found != contents),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes the file unless it has these contents already. Returns whether it was written.
///
/// The contents go to a temporary file beside it that is renamed over it: a reader sees the old file or the new
/// one, and a failure leaves the old one. Missing directories are made.
///
/// # Errors
///
/// The directory or the file cannot be read or written.
pub fn write_if_changed(path: &Path, contents: impl AsRef<[u8]>) -> Result<bool> {
    let contents = contents.as_ref();
    if !differs(path, contents)? {
        return Ok(false);
    }
    write(path, contents).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

fn write(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!(".new-{}-{count}", std::process::id()));
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // The error that is returned matters more than a file that remains.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Reads a file that holds a string.
///
/// # Errors
///
/// The file cannot be read, or is not valid UTF-8.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Every file below a directory, sorted; none if the directory is not there.
///
/// # Errors
///
/// A directory cannot be read.
pub fn below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", directory.display()));
            }
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", directory.display()))?;
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_only_what_differs_and_leaves_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/directory/file");
        assert!(write_if_changed(&path, "one").unwrap());
        assert!(!write_if_changed(&path, "one").unwrap());
        assert!(write_if_changed(&path, "two").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let error = write_if_changed(directory.path(), "x").unwrap_err();
        assert!(format!("{error}").contains(&directory.path().display().to_string()), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let beside = directory.path().join("beside");
        write_if_changed(&path, "x").unwrap();
        fs::write(&beside, "x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&beside));
    }
}
