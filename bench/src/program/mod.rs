//! Measures the build of a small program with each client: time, crates, memory, and the size of the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use crate::clients::ClientKind;

/// The measurements of one client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    /// The number of compiled crates, without the program itself.
    pub crates: usize,
    /// A clean build with `cargo build`.
    pub clean: BuildCost,
    /// A build after a change in the program.
    pub again: BuildCost,
    /// A clean build with `--release`.
    pub release: BuildCost,
    /// The size of the stripped release program in bytes.
    pub size: u64,
}

/// The measurements of a build.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct BuildCost {
    /// Wall time in seconds.
    pub wall: f64,
    /// Processor time of all processes in seconds.
    pub cpu: f64,
    /// The peak memory in bytes of the largest process of this build and earlier ones.
    pub peak: u64,
}

/// The programs. Both run `echo hello world` in a container and print its output.
fn source(kind: ClientKind) -> Result<(&'static str, &'static str)> {
    Ok(match kind {
        ClientKind::Docker => (
            "docker-client = { path = \"ROOT/docker-client\" }",
            include_str!("hello_docker.rs.txt"),
        ),
        ClientKind::Bollard => (
            "bollard = \"0.21\"\nfutures-util = { version = \"0.3\", default-features = false }",
            include_str!("hello_bollard.rs.txt"),
        ),
        _ => anyhow::bail!("there is no program for {kind}: expected docker-client or bollard"),
    })
}

/// Builds the program with a client and its default features. The versions of the crates are those of `root`'s lock file, and must have
/// been downloaded.
///
/// Variables such as `CARGO_BUILD_JOBS` have their usual effect.
pub fn build(kind: ClientKind, root: &Path) -> Result<Built> {
    let home = tempfile::tempdir()?;
    let (dependencies, source) = source(kind)?;
    let root = root.canonicalize()?;
    let dependencies = dependencies.replace("ROOT", &root.display().to_string());
    let manifest = format!(
        "[package]\nname = \"hello\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n[profile.release]\nstrip = true\n\n[workspace]\n"
    );
    let main = home.path().join("src/main.rs");
    fs::create_dir(home.path().join("src"))?;
    fs::write(home.path().join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), home.path().join("Cargo.lock"))?;
    fs::write(&main, source)?;
    let clean = cargo(home.path(), &["build"])?;
    fs::write(&main, format!("{source}\n// Changed.\n"))?;
    let again = cargo(home.path(), &["build"])?;
    let release = cargo(home.path(), &["build", "--release"])?;
    let size = fs::metadata(home.path().join("target/release/hello"))?.len();
    Ok(Built {
        crates: crates(&home.path().join("target/debug/deps"))?,
        clean,
        again,
        release,
        size,
    })
}

fn cargo(directory: &Path, arguments: &[&str]) -> Result<BuildCost> {
    let before = usage()?;
    let started = Instant::now();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).args(["--offline", "--quiet"]).current_dir(directory);
    // These variables of an outer cargo are about another package.
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS").stdin(Stdio::null());
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} ended with {status}", arguments.join(" "));
    let wall = started.elapsed().as_secs_f64();
    let after = usage()?;
    Ok(BuildCost {
        wall,
        cpu: (cpu(&after) - cpu(&before)).as_secs_f64(),
        peak: after.max_rss().unsigned_abs() * 1024,
    })
}

fn usage() -> Result<Usage> {
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?)
}

fn cpu(usage: &Usage) -> Duration {
    let time = usage.user_time() + usage.system_time();
    Duration::from_micros(time.num_microseconds().unsigned_abs())
}

/// Returns the number of compiled crates, by counting the dependency files that cargo writes.
fn crates(directory: &Path) -> Result<usize> {
    let files: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let compiled = files.iter().filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".d") && !name.starts_with("hello-")
    });
    Ok(compiled.count())
}
