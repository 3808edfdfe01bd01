//! What it takes to build a small program on each client: time, crates, memory, and the size of what comes out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use crate::side::Who;

/// What came out for one client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    /// Crates that cargo compiled, the program itself left out.
    pub crates: usize,
    /// A build from nothing, as `cargo build` does it.
    pub clean: Effort,
    /// A build after a change in the program.
    pub again: Effort,
    /// A build from nothing with `--release`.
    pub release: Effort,
    /// Bytes of the program that `--release` built, stripped.
    pub size: u64,
}

/// What a build took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Effort {
    /// Seconds from begin to end.
    pub wall: f64,
    /// Seconds of processor time, of all processes together.
    pub cpu: f64,
    /// Bytes of memory that the largest process had, of this build and those before.
    pub peak: u64,
}

/// Both run `echo hello world` in a container and print what it says.
fn source(who: Who) -> Result<(&'static str, &'static str)> {
    Ok(match who {
        Who::Docker => (
            "docker-client = { path = \"ROOT/docker-client\" }",
            include_str!("hello_docker.rs.txt"),
        ),
        Who::Bollard => (
            "bollard = \"0.21\"\nfutures-util = { version = \"0.3\", default-features = false }",
            include_str!("hello_bollard.rs.txt"),
        ),
        _ => anyhow::bail!("{who} is no client that a program is built on"),
    })
}

/// Builds the program on a client, with the client's default features; the crates come from `root`'s lock file and must
/// have been downloaded.
///
/// `CARGO_BUILD_JOBS` and the like hold as always.
pub fn build(who: Who, root: &Path) -> Result<Built> {
    let home = tempfile::tempdir()?;
    let (dependencies, source) = source(who)?;
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

fn cargo(folder: &Path, arguments: &[&str]) -> Result<Effort> {
    let before = usage()?;
    let started = Instant::now();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).args(["--offline", "--quiet"]).current_dir(folder);
    // What another cargo set for what it runs is about another package.
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS").stdin(Stdio::null());
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} ended with {status}", arguments.join(" "));
    let wall = started.elapsed().as_secs_f64();
    let after = usage()?;
    Ok(Effort {
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

/// How many crates were compiled, by the files that tell cargo what each depends on.
fn crates(folder: &Path) -> Result<usize> {
    let files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let compiled = files.iter().filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".d") && !name.starts_with("hello-")
    });
    Ok(compiled.count())
}
