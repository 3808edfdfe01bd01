//! A directory to build an image from: many small files, and some that its `.dockerignore` excludes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fixture;

/// The number of files in each of its directories.
const FILES: u32 = 1000;

/// The directory that `.dockerignore` excludes at the top level.
pub const IGNORED_DIRECTORY: &str = "node_modules";

/// The file extension that it excludes everywhere.
pub const IGNORED_EXTENSION: &str = "log";

/// Returns the directory, which is created below `home` by the first call. `files` files are sent, and a quarter as many are excluded.
pub fn directory(home: &Path, files: u32) -> Result<PathBuf> {
    let directory = home.join(format!("context-{files}"));
    if directory.is_dir() {
        return Ok(directory);
    }
    let text = fixture::text(600);
    for at in 0..files.div_ceil(FILES) {
        let source = directory.join(format!("src/module-{at:03}"));
        let ignored = directory.join(IGNORED_DIRECTORY).join(format!("package-{at:03}"));
        fs::create_dir_all(&source)?;
        fs::create_dir_all(&ignored)?;
        for at in 0..FILES.min(files) {
            fs::write(source.join(format!("file-{at:04}.txt")), &text[..(at as usize * 7) % 600])?;
            if at % 8 == 0 {
                fs::write(source.join(format!("file-{at:04}.{IGNORED_EXTENSION}")), &text)?;
                fs::write(ignored.join(format!("file-{at:04}.js")), &text)?;
            }
        }
    }
    fs::write(
        directory.join(".dockerignore"),
        format!("{IGNORED_DIRECTORY}\n**/*.{IGNORED_EXTENSION}\n"),
    )?;
    fs::write(directory.join("Dockerfile"), "FROM scratch\nCOPY src /src\n")?;
    Ok(directory)
}
