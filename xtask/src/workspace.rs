//! Where the workspace is.

use std::path::{Path, PathBuf};

/// The workspace's root directory.
///
/// Cargo names this package's directory when it runs the command; the directory that it was built in is used when the binary
/// is started by hand.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}
