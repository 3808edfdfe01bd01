//! `cargo xtask bench`: compares docker-client with bollard and writes docs/performance.md.

mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use xtask::{cargo, files, package, workspace};

/// Measures docker-client, bollard, pooled hyper and plain sockets, and writes docs/performance.md.
///
/// Speed and memory are measured on a fake engine, the clients in turn, so that other load on the machine affects all of
/// them. Then a small program is built with each client, and every API version is generated. This takes about 15 minutes
/// on an idle machine. `cargo bench -p bench` measures single cases.
///
/// Exit code 0: measured. 1: something could not be built, or the clients returned different results. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; run each case once, and fail if one does not run or the clients return different results
    #[arg(long)]
    check: bool,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    json: Option<PathBuf>,
}

/// The clients that a program is built with.
const CLIENTS: [&str; 2] = ["docker-client", "bollard"];

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    // Not where CARGO_TARGET_DIR says: what is run must be what was built.
    let target = root.join("target").display().to_string();
    say("building the benchmarks");
    let build = ["build", "--release", "--package", "bench", "--package", "xtask", "--quiet"];
    let mut cargo = cargo::command();
    cargo.args(build).args(["--target-dir", &target]).current_dir(&root);
    cargo::succeed(&mut cargo)?;
    let target = Path::new(&target).join("release");
    let quick: &[&str] = if args.check { &["--quick"] } else { &[] };
    say("speed");
    let mut timings = measured(&target.join("timings"), quick)?;
    say("speed on one processor");
    let mut alone = measured(&target.join("timings"), &[quick, &["--one-processor"]].concat())?;
    if let (Some(timings), Some(alone)) = (timings.as_array_mut(), alone.as_array_mut()) {
        timings.append(alone);
    }
    say("memory");
    let memory = measured(&target.join("memory"), quick)?;
    let mut builds = serde_json::Map::new();
    if !args.check {
        for client in CLIENTS {
            say(&format!("building a program on {client}"));
            builds.insert(client.to_owned(), measured(&target.join("builds"), &[client])?);
        }
    }
    say("generating every version");
    let generation = generation(&root, &target.join("xtask"))?;
    let figures = json!({
        "machine": machine(&root)?,
        "timings": timings,
        "memory": memory,
        "builds": builds,
        "generation": generation,
    });
    if let Some(path) = &args.json {
        files::write_if_changed(path, format!("{figures:#}\n"))?;
    }
    if args.check {
        return page::check(&figures);
    }
    files::write_if_changed(&root.join("docs/performance.md"), page::page(&figures)?)?;
    Ok(())
}

fn say(step: &str) {
    eprintln!("==> {step}");
}

/// The JSON that a program of the benchmarks writes.
fn measured(program: &Path, arguments: &[&str]) -> Result<Value> {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!("{} ended with {}", program.display(), output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| program.display().to_string())
}

/// How long the command takes that generates one version, for each, and the one that generates all, in seconds.
fn generation(root: &Path, program: &Path) -> Result<Value> {
    let scratch = tempfile::tempdir()?;
    let time = |arguments: &[&str], directory: &str| {
        let started = Instant::now();
        let mut command = Command::new(program);
        command.arg("generate").args(arguments).arg("--out").arg(scratch.path().join(directory));
        let output = command.current_dir(root).output().context("cannot run the generator")?;
        if !output.status.success() {
            bail!("generating {directory}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(started.elapsed().as_secs_f64())
    };
    let mut slowest = 0.0_f64;
    let mut versions = package::versions(root)?;
    versions.retain(|version| *version >= package::OLDEST_SUPPORTED);
    for version in &versions {
        let version = version.to_string();
        slowest = slowest.max(time(&["--api-version", &version], &version)?);
    }
    let all = time(&["--all"], "all")?;
    Ok(json!({"one": slowest, "all": all, "versions": versions.len()}))
}

/// On what and with what it was measured.
fn machine(root: &Path) -> Result<Value> {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let lock: toml::Table = files::read(&root.join("Cargo.lock"))?.parse()?;
    let version = |name: &str| {
        let packages = lock.get("package").and_then(toml::Value::as_array)?;
        let package = packages
            .iter()
            .find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))?;
        package.get("version").and_then(toml::Value::as_str).map(str::to_owned)
    };
    Ok(json!({
        "processor": model.map_or("unknown", |(_, model)| model.trim()),
        "processors": std::thread::available_parallelism().map_or(1, usize::from),
        // Without what a distribution or a provider adds to the number.
        "system": output_of(&["uname", "-sr"]).split('-').next(),
        "rustc": output_of(&["rustc", "--version"]),
        "date": output_of(&["date", "--utc", "+%F"]),
        "commit": output_of(&["git", "-C", &root.display().to_string(), "describe", "--always", "--dirty"]),
        "bollard": version("bollard"),
        "hyper": version("hyper"),
        "tokio": version("tokio"),
    }))
}

/// Returns the output of a program that describes the machine, or nothing if there is no such program.
fn output_of(command: &[&str]) -> String {
    let [program, arguments @ ..] = command else { return String::new() };
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
