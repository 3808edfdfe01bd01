//! A folder to build an image from: many small files, and some that its `.dockerignore` leaves out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fixture;

/// How many files there are in a folder of it.
const FILES: u32 = 1000;

/// What `.dockerignore` leaves out at the top.
pub const IGNORED_FOLDER: &str = "node_modules";

/// What it leaves out everywhere.
pub const IGNORED_EXTENSION: &str = "log";

/// The folder, below `home`; it is made when it is first asked for. So many files are sent, and a quarter more are not.
pub fn folder(home: &Path, files: u32) -> Result<PathBuf> {
    let folder = home.join(format!("context-{files}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let text = fixture::text(600);
    for at in 0..files.div_ceil(FILES) {
        let source = folder.join(format!("src/module-{at:03}"));
        let ignored = folder.join(IGNORED_FOLDER).join(format!("package-{at:03}"));
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
        folder.join(".dockerignore"),
        format!("{IGNORED_FOLDER}\n**/*.{IGNORED_EXTENSION}\n"),
    )?;
    fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY src /src\n")?;
    Ok(folder)
}
