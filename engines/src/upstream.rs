//! The engine's own swagger documents, which are no part of the project.

use std::path::{Path, PathBuf};

/// Where they are looked for.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/spec/upstream")
}

/// Why tests that read them are ignored, where they are.
#[must_use]
pub fn missing() -> Option<String> {
    (!directory().is_dir()).then(|| "it reads upstream documents, which are not here".to_owned())
}
