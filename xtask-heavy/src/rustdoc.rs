//! Builds documentation as docs.rs does: cargo calls this program in place of rustdoc, and it runs rustdoc with unstable
//! features allowed.
//!
//! Only rustdoc sees `RUSTC_BOOTSTRAP`: build scripts of dependencies look at it too, and would be run again.
//!
//! Ref: <https://doc.rust-lang.org/cargo/reference/config.html#buildrustdoc>

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// Set only while cargo calls this program as rustdoc.
const MARK: &str = "XTASK_RUSTDOC";

/// What makes cargo call this program as rustdoc, with the flags that docs.rs uses.
pub(crate) fn environment() -> Result<[(&'static str, OsString); 3]> {
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    Ok([
        ("RUSTDOC", program.into()),
        ("RUSTDOCFLAGS", "--cfg docsrs --deny warnings".into()),
        (MARK, "1".into()),
    ])
}

/// Runs rustdoc if cargo called this program in its place; its exit code is then the program's.
pub(crate) fn intercept() -> Option<ExitCode> {
    std::env::var_os(MARK)?;
    let mut rustdoc = Command::new("rustdoc");
    rustdoc.args(std::env::args_os().skip(1));
    let status = rustdoc.env("RUSTC_BOOTSTRAP", "1").env_remove(MARK).status().ok()?;
    Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
