//! Examples of the workspace, run as the programs that their readers make of them.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The program of an example. `cargo test --workspace` builds all examples before it runs a test.
///
/// # Errors
///
/// It has not been built.
pub fn example(name: &str) -> Result<PathBuf> {
    let failed = |path: &Path, source| Error::File {
        step: "looking for an example, which `cargo build --workspace --examples` makes".to_owned(),
        path: path.to_owned(),
        source,
    };
    // Test programs are in `deps`, and examples in a directory beside it.
    let test = std::env::current_exe().map_err(|source| failed(Path::new(name), source))?;
    let directory = test.ancestors().nth(2).unwrap_or(&test).join("examples");
    let program = directory.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    program.canonicalize().map_err(|source| failed(&program, source))
}
