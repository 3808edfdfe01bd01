//! The engine's own swagger documents, which are not part of the project.

use std::path::{Path, PathBuf};

/// The directory where they are expected.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/spec/upstream")
}

/// Why tests that read them are ignored; `None` where the documents are there.
#[must_use]
pub fn missing() -> Option<String> {
    (!directory().is_dir()).then(|| "it reads upstream documents, which are not here".to_owned())
}
