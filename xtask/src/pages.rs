//! Generated pages: a command writes its page, or with `--check` compares it.

use std::path::Path;

use anyhow::{Result, bail};

use crate::files;

/// Writes the file `name` below `root`, or with `check` fails if it holds something else than `contents`; prints the
/// outcome.
///
/// # Errors
///
/// The file cannot be read or written, or it is stale; the error then names the `command` that writes it.
pub fn write_or_check(
    root: &Path,
    name: &str,
    contents: &str,
    check: bool,
    command: &str,
) -> Result<()> {
    let path = root.join(name);
    if !check {
        let wrote = files::write_if_changed(&path, contents)?;
        println!("{name}: {}", if wrote { "written" } else { "up to date" });
    } else if files::differs(&path, contents.as_bytes())? {
        bail!("{name} is stale: run `{command}`");
    } else {
        println!("{name}: up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_writes_nothing_and_fails_while_the_page_is_stale() {
        let root = tempfile::tempdir().unwrap();
        let error =
            write_or_check(root.path(), "page.md", "new", true, "cargo xtask page").unwrap_err();
        assert_eq!(error.to_string(), "page.md is stale: run `cargo xtask page`");
        assert!(!root.path().join("page.md").exists());
        write_or_check(root.path(), "page.md", "new", false, "cargo xtask page").unwrap();
        write_or_check(root.path(), "page.md", "new", true, "cargo xtask page").unwrap();
    }
}
