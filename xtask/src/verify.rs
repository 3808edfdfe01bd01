//! `cargo xtask verify`: every API version generates, compiles without a warning, and has its docs built.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use codegen::versions::{ApiVersion, Selection, VersionRange};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::scratch::{self, Scratch};
use crate::{exit::bad_call, files, package, rustc_timer, workspace};

/// Generates API versions into a scratch folder and compiles each with warnings denied: docker-api and its
/// documentation, docker-client and its examples.
///
/// All versions share one target folder, `target/verify`, and cargo compiles them side by side.
///
/// Exit code 0: all versions are right. 1: one is not. 2: called wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The versions, such as 1.52 or 1.35..1.52.
    #[arg(value_name = "VERSIONS", required_unless_present = "all")]
    versions: Vec<Selection>,
    /// Every version that is supported, 1.35 and up.
    #[arg(long, conflicts_with = "versions")]
    all: bool,
    /// Prints the table as JSON.
    #[arg(long)]
    json: bool,
    /// Writes docs/names.txt, the names of all types and fields, instead of comparing with it.
    #[arg(long, requires = "all")]
    write_names: bool,
}

/// The oldest version that the table must be green for.
const OLDEST: ApiVersion = ApiVersion::new(1, 35);

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let known = package::versions(&root)?;
    let mut versions = Vec::new();
    for selection in &args.versions {
        versions.extend(selection.resolve(&known).map_err(|error| bad_call(error.to_string()))?);
    }
    if args.all {
        versions = known.into_iter().filter(|version| *version >= OLDEST).collect();
    }
    versions.sort_unstable();
    versions.dedup();
    let scratch = Scratch::new(&root, "verify");
    let folder = scratch.folder().to_owned();
    let (mut rows, names) = generate(&root, scratch, &versions)?;
    if args.all {
        settle_names(&root.join("docs/names.txt"), &names, args.write_names)?;
    }
    check(&folder, &mut rows)?;
    document(&folder, &mut rows)?;
    print(&rows, args.json)?;
    let wrong = rows.iter().filter(|row| !row.complaints.is_empty()).count();
    if wrong > 0 {
        anyhow::bail!("{wrong} of {} API versions are not right", rows.len());
    }
    Ok(())
}

/// What came of one version.
struct Row {
    version: ApiVersion,
    operations: usize,
    types: usize,
    lines: usize,
    generation: Duration,
    check: Duration,
    complaints: Vec<String>,
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
fn generate(
    root: &Path,
    mut scratch: Scratch<'_>,
    versions: &[ApiVersion],
) -> Result<(Vec<Row>, Names)> {
    let common = package::Common::read(root)?;
    let progress = progress("generating", versions.len());
    let mut rows = Vec::new();
    let mut names = Names::new();
    for &version in versions {
        progress.set_message(version.to_string());
        let document = package::document(root, version)?;
        let start = Instant::now();
        let output = common.generate(version, &document)?;
        note_names(&mut names, version, &output.types);
        rows.push(Row {
            version,
            operations: output.operations,
            types: output.types.len(),
            lines: output.lines(),
            generation: start.elapsed(),
            check: Duration::ZERO,
            complaints: Vec::new(),
        });
        scratch.add_api(version, output.files)?;
        scratch.add_client(version)?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    scratch.write("debug = false")?;
    Ok((rows, names))
}

/// The versions that have a type, or a field of it (name in the spec, name in Rust).
type Names = BTreeMap<(String, Option<(String, String)>), BTreeSet<ApiVersion>>;

fn note_names(
    names: &mut Names,
    version: ApiVersion,
    types: &BTreeMap<String, Vec<(String, String)>>,
) {
    for (name, fields) in types {
        names.entry((name.clone(), None)).or_default().insert(version);
        for field in fields {
            names.entry((name.clone(), Some(field.clone()))).or_default().insert(version);
        }
    }
}

/// Compares the names with the list that is checked in, or writes it: a name that users have in their code must not
/// change by accident.
fn settle_names(list: &Path, names: &Names, write: bool) -> Result<()> {
    let mut text = String::from(
        "# Every type of docker-api with the API versions that have it, and its fields and values: the name in the spec,\n\
         # the name in Rust, the versions. Generated by `cargo xtask verify --all --write-names`.\n",
    );
    for ((name, field), versions) in names {
        let ranges: Vec<String> =
            VersionRange::cover(versions).iter().map(ToString::to_string).collect();
        let ranges = ranges.join(", ");
        let _ = match field {
            None => writeln!(text, "{name} {ranges}"),
            Some((wire, rust)) => writeln!(text, "    {wire:?} {rust} {ranges}"),
        };
    }
    if write {
        files::write_if_changed(list, &text)?;
    } else if files::differs(list, text.as_bytes())? {
        anyhow::bail!(
            "names of types or fields have changed; if that is meant, `cargo xtask verify --all --write-names` \
             and tell it in CHANGELOG.md ({} is stale)",
            list.display()
        );
    }
    Ok(())
}

/// Compiles everything with warnings denied.
fn check(folder: &Path, rows: &mut [Row]) -> Result<()> {
    let log = folder.join("rustc-times");
    let _ = fs::remove_file(&log);
    let mut command = scratch::cargo(folder);
    command
        .args([
            "check",
            "--workspace",
            "--lib",
            "--examples",
            "--keep-going",
            "--message-format=json",
        ])
        .env("RUSTFLAGS", "-D warnings")
        .envs(rustc_timer::environment(&log)?);
    let progress = progress("compiling", rows.len());
    let seen = run_cargo(command, rows, |package| {
        if package.starts_with("docker-api-") {
            progress.inc(1);
        }
    })?;
    progress.finish_and_clear();
    for row in rows.iter_mut() {
        if !seen.iter().any(|package| *package == row.client()) && row.complaints.is_empty() {
            row.complaints.push("was not compiled".to_owned());
        }
        row.check = rustc_timer::total(&log, &folder.join(row.api()))?
            + rustc_timer::total(&log, &folder.join(row.client()))?;
    }
    Ok(())
}

/// Builds the documentation of each docker-api with warnings denied.
fn document(folder: &Path, rows: &mut [Row]) -> Result<()> {
    let progress = progress("documenting", rows.len());
    for index in 0..rows.len() {
        let name = rows[index].api();
        progress.set_message(name.clone());
        let mut command = scratch::cargo(folder);
        command
            .args(["doc", "--no-deps", "--message-format=json", "--package", &name])
            .env("RUSTFLAGS", "-D warnings")
            .env("RUSTDOCFLAGS", "-D warnings");
        run_cargo(command, &mut rows[index..=index], |_| {})?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}

/// Runs cargo, hands each package that was compiled to `done`, and notes complaints with their version.
///
/// Answers the packages that were compiled.
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
            let line = line.context("cannot read what cargo says")?;
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            let package =
                message["target"]["src_path"].as_str().map(package_of).unwrap_or_default();
            match message["reason"].as_str() {
                Some("compiler-artifact") => {
                    done(&package);
                    compiled.push(package);
                }
                Some("compiler-message") => {
                    let text = message["message"]["rendered"].as_str().unwrap_or_default();
                    if let Some(row) =
                        rows.iter_mut().find(|row| row.api() == package || row.client() == package)
                    {
                        row.complaints.push(text.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let said = reader.join().unwrap_or_default();
    if !status.success() && rows.iter().all(|row| row.complaints.is_empty()) {
        anyhow::bail!("cargo failed:\n{said}");
    }
    Ok(compiled)
}

/// The folder of the scratch workspace that a source file is in, which is its package's name.
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
                    "complaints": row.complaints,
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
            if row.complaints.is_empty() { "right" } else { "wrong" },
        );
    }
    for row in rows {
        for complaint in row.complaints.iter().take(5) {
            println!("\nAPI {}:\n{complaint}", row.version);
        }
    }
    Ok(())
}

pub(crate) fn progress(what: &'static str, count: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix:>12} [{bar:30}] {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count as u64).with_style(style).with_prefix(what)
}
