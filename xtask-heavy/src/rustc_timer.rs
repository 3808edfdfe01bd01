//! Times the compiler per package: while `verify` runs, cargo calls this program in place of rustc.
//!
//! Ref: <https://doc.rust-lang.org/cargo/reference/config.html#buildrustc-workspace-wrapper>

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The variable that names the file of times; set only while cargo calls this program as the compiler.
const LOG: &str = "XTASK_RUSTC_TIMES";

/// The environment variables with which cargo calls this program as the compiler.
pub(crate) fn environment(log: &Path) -> Result<[(&'static str, OsString); 2]> {
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    Ok([("RUSTC_WORKSPACE_WRAPPER", program.into()), (LOG, log.into())])
}

/// Runs the compiler if cargo called this program in its place; its exit code is then the program's.
pub(crate) fn intercept() -> Option<ExitCode> {
    let log = std::env::var_os(LOG)?;
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next()?;
    let start = Instant::now();
    let status = Command::new(rustc).args(arguments).env_remove(LOG).status().ok()?;
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if let Ok(mut log) = fs::OpenOptions::new().create(true).append(true).open(log) {
        // One write, so that compilers that end together do not mix their lines.
        let _ = log.write_all(format!("{}\t{package}\n", start.elapsed().as_micros()).as_bytes());
    }
    Some(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
    )
}

/// The time that the compiler spent on the package in the directory `directory`.
pub(crate) fn total(log: &Path, directory: &Path) -> Result<Duration> {
    let text = match fs::read_to_string(log) {
        Ok(text) => text,
        // Everything was compiled before.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Duration::ZERO),
        Err(error) => return Err(error).with_context(|| log.display().to_string()),
    };
    let micros = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(_, package)| Path::new(package) == directory)
        .filter_map(|(micros, _)| micros.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_micros(micros))
}
