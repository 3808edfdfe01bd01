//! `cargo xtask verify`: generates API versions, compiles them and builds their documentation, all without a warning.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use codegen::versions::{ApiVersion, Selection};
use serde_json::Value;

use crate::rustc_timer;
use crate::scratch::{self, Scratch};
use xtask::progress::Progress;
use xtask::{exit::bad_call, package, workspace};

/// Checks that API versions generate and compile without a warning: docker-api, and docker-client with all features.
///
/// For the oldest and the newest of the versions, this includes docker-api's documentation and docker-client's examples.
///
/// The crates are written to a scratch workspace in target/verify and share one target directory. Nothing outside of it
/// is written.
///
/// Exit code 0: no version has an error or a warning. 1: one has. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The versions, such as 1.52 or 1.35..1.52
    #[arg(value_name = "VERSIONS", required_unless_present = "all")]
    versions: Vec<Selection>,
    /// Verify all supported versions, from 1.35 on
    #[arg(long, conflicts_with = "versions")]
    all: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let known = package::versions(&root)?;
    let mut versions = Vec::new();
    for selection in &args.versions {
        versions.extend(selection.resolve(&known).map_err(|error| bad_call(error.to_string()))?);
    }
    if args.all {
        versions =
            known.into_iter().filter(|version| *version >= package::OLDEST_SUPPORTED).collect();
    }
    versions.sort_unstable();
    versions.dedup();
    let scratch = Scratch::new(&root, "verify");
    let directory = scratch.directory().to_owned();
    let mut rows = generate(scratch, &versions)?;
    check(&directory, &mut rows)?;
    document(&directory, &mut rows)?;
    print(&rows, args.json)?;
    let failed = rows.iter().filter(|row| !row.diagnostics.is_empty()).count();
    if failed > 0 {
        anyhow::bail!("{failed} of {} API versions have errors or warnings", rows.len());
    }
    Ok(())
}

/// The result for one version.
struct Row {
    version: ApiVersion,
    operations: usize,
    types: usize,
    lines: usize,
    generation: Duration,
    check: Duration,
    /// The errors and warnings of the compiler and of rustdoc.
    diagnostics: Vec<String>,
}

impl Row {
    fn api(&self) -> String {
        scratch::api(self.version)
    }

    fn client(&self) -> String {
        scratch::client(self.version)
    }
}

/// Generates each version into a package of one scratch workspace.
fn generate(mut scratch: Scratch<'_>, versions: &[ApiVersion]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    scratch.generate(versions, |scratch, version, output, generation| {
        scratch.add_client(version, is_end(versions, version))?;
        rows.push(Row {
            version,
            operations: output.operations,
            types: output.types.len(),
            lines: output.lines(),
            generation,
            check: Duration::ZERO,
            diagnostics: Vec::new(),
        });
        scratch.add_api(version, output.files)
    })?;
    rows.sort_by_key(|row| row.version);
    scratch.write("debug = false")?;
    Ok(rows)
}

/// Whether the version is the oldest or the newest one: the documentation and the examples of these are built.
fn is_end(versions: &[ApiVersion], version: ApiVersion) -> bool {
    [versions.first(), versions.last()].contains(&Some(&version))
}

/// Compiles everything, and notes errors and warnings.
fn check(directory: &Path, rows: &mut [Row]) -> Result<()> {
    let log = directory.join("rustc-times");
    let _ = fs::remove_file(&log);
    let mut command = scratch::cargo(directory);
    command
        .args([
            "check",
            "--workspace",
            "--lib",
            "--examples",
            "--all-features",
            "--keep-going",
            "--message-format=json",
        ])
        .envs(rustc_timer::environment(&log)?);
    let mut progress = Progress::new("compiling", rows.len());
    let seen = run_cargo(command, rows, |package| {
        if package.starts_with("docker-api-") {
            progress.step(package);
        }
    })?;
    drop(progress);
    for row in rows.iter_mut() {
        if !seen.iter().any(|package| *package == row.client()) && row.diagnostics.is_empty() {
            row.diagnostics.push("was not compiled".to_owned());
        }
        row.check = rustc_timer::total(&log, &directory.join(row.api()))?
            + rustc_timer::total(&log, &directory.join(row.client()))?;
    }
    Ok(())
}

/// Builds the documentation of the oldest and the newest docker-api, and notes errors and warnings.
fn document(directory: &Path, rows: &mut [Row]) -> Result<()> {
    let versions: Vec<ApiVersion> = rows.iter().map(|row| row.version).collect();
    let ends = rows.iter_mut().filter(|row| is_end(&versions, row.version));
    let mut progress = Progress::new("documenting", versions.len().min(2));
    // One at a time: the library has the same name in all of them, and so would the pages.
    for row in ends {
        let name = row.api();
        let mut command = scratch::cargo(directory);
        command.args(["doc", "--no-deps", "--message-format=json", "--package", &name]);
        run_cargo(command, std::slice::from_mut(row), |_| {})?;
        progress.step(&name);
    }
    Ok(())
}

/// Runs cargo, calls `done` with each compiled package, and adds the diagnostics to the row of their package. Returns the
/// compiled packages.
fn run_cargo(
    mut command: Command,
    rows: &mut [Row],
    mut done: impl FnMut(&str),
) -> Result<Vec<String>> {
    let mut child = command.spawn().context("cannot start cargo")?;
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stderr) = stderr {
            let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
        }
        text
    });
    let mut compiled = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.context("cannot read the messages of cargo")?;
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            let package =
                message["target"]["src_path"].as_str().map(package_of).unwrap_or_default();
            match message["reason"].as_str() {
                Some("compiler-artifact") => {
                    done(&package);
                    compiled.push(package);
                }
                Some("compiler-message") if message["message"]["level"] != "note" => {
                    let text = message["message"]["rendered"].as_str().unwrap_or_default();
                    if let Some(row) =
                        rows.iter_mut().find(|row| row.api() == package || row.client() == package)
                    {
                        row.diagnostics.push(text.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let stderr = reader.join().unwrap_or_default();
    if !status.success() && rows.iter().all(|row| row.diagnostics.is_empty()) {
        anyhow::bail!("cargo failed:\n{stderr}");
    }
    Ok(compiled)
}

/// The directory of the scratch workspace that a source file is in, which is its package's name.
fn package_of(source: &str) -> String {
    Path::new(source)
        .ancestors()
        .filter_map(|path| path.file_name()?.to_str())
        .find(|name| name.starts_with("docker-api-") || name.starts_with("docker-client-"))
        .unwrap_or_default()
        .to_owned()
}

fn print(rows: &[Row], json: bool) -> Result<()> {
    if json {
        let table: Vec<Value> = rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "version": row.version,
                    "operations": row.operations,
                    "types": row.types,
                    "lines": row.lines,
                    "generation_seconds": row.generation.as_secs_f64(),
                    "check_seconds": row.check.as_secs_f64(),
                    "diagnostics": row.diagnostics,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    println!("API   operations  types   lines  generated  checked  result");
    for row in rows {
        println!(
            "{:<5} {:>10} {:>6} {:>7} {:>8.2} s {:>6.1} s  {}",
            row.version,
            row.operations,
            row.types,
            row.lines,
            row.generation.as_secs_f64(),
            row.check.as_secs_f64(),
            if row.diagnostics.is_empty() { "ok" } else { "failed" },
        );
    }
    for row in rows {
        for diagnostic in row.diagnostics.iter().take(5) {
            println!("\nAPI {}:\n{diagnostic}", row.version);
        }
    }
    Ok(())
}
