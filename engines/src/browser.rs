//! The browser that the page of `cargo xtask compare --format html` is tested in.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::{debian, host};

/// Chromium, or a browser that is based on it, on the search path.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut places =
        std::env::split_paths(&path).flat_map(|directory| names.map(|name| directory.join(name)));
    places.find(|place| place.is_file())
}

/// Installs Chromium where there is none, and says so through `say`.
///
/// # Errors
///
/// [`Error::Unavailable`] where it cannot be installed on this machine; otherwise the error of apt.
pub fn provide(say: &dyn Fn(&str)) -> Result<()> {
    if find().is_some() {
        return Ok(());
    }
    match host::obstacle() {
        Some(obstacle) => {
            let reason = format!("Chromium is installed where private engines can be: {obstacle}");
            Err(Error::Unavailable(reason))
        }
        // Without a font it would draw boxes in place of characters.
        None => debian::install_missing(&["chromium", "fonts-dejavu-core"], say),
    }
}
