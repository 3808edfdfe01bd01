//! Runs the programs, each on a separate engine, and reads their results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use engines::coverage::{Call, VARIABLE};
use engines::error::chain;
use engines::http::{Address, Client};
use engines::packages::Packages;
use engines::setup::{self, Running};

use super::pairs::Pair;
use super::probe::{self, Answer};
use crate::start;
use xtask::package;

/// The maximum number of engines at a time. The number of processors is a limit too.
const MAX_PARALLEL: usize = 4;

/// The calls of one program on its engine.
pub(crate) struct Seen {
    /// Program and version of the engine, for example `dockerd-20.10`.
    pub(crate) name: String,
    /// The version that the crate is generated for.
    pub(super) version: ApiVersion,
    /// The version that engine and client agree on.
    pub(super) spoken: ApiVersion,
    /// Whether all tests passed.
    pub(crate) passed: bool,
    /// What the program printed.
    pub(crate) output: String,
    /// The calls of the tests that passed.
    pub(super) calls: Vec<Call>,
    /// The responses of podman to each operation; empty for other engines.
    pub(super) answers: Vec<Answer>,
}

/// Runs the program of each pair.
pub(super) fn all(
    root: &Path,
    pairs: &[Pair],
    programs: &BTreeMap<ApiVersion, PathBuf>,
    packages: &Packages,
    filter: Option<&str>,
    say: &dyn Fn(&str),
) -> Result<Vec<Seen>> {
    let parallel = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_PARALLEL);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Seen>)>> = Mutex::default();
    let (told, telling) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..parallel {
            let (next, done, told) = (&next, &done, told.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(pair) = pairs.get(index) else { return };
                    let begun = Instant::now();
                    let seen = one(root, *pair, programs, packages, filter);
                    let line = match &seen {
                        Ok(seen) => seen.line(begun.elapsed().as_secs_f32()),
                        Err(error) => format!("    {pair:?}: {error:#}"),
                    };
                    // The receiver lives as long as this scope.
                    let _ = told.send(line);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, seen));
                    }
                }
            });
        }
        drop(told);
        for line in telling {
            say(&line);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, seen)| seen).collect()
}

impl Seen {
    /// Whether there was no test for it to run.
    pub(super) fn is_empty(&self) -> bool {
        self.output.lines().any(|line| line == "running 0 tests")
    }

    /// A line with the result of the run, after the whole output if a test failed.
    fn line(&self, seconds: f32) -> String {
        let result = self.output.lines().find(|line| line.starts_with("test result"));
        let result = result.unwrap_or("no result");
        let output = if self.passed { "" } else { &self.output };
        format!("{output}    {} with API {}: {result}, {seconds:.0} s", self.name, self.version)
    }
}

fn one(
    root: &Path,
    pair: Pair,
    programs: &BTreeMap<ApiVersion, PathBuf>,
    packages: &Packages,
    filter: Option<&str>,
) -> Result<Seen> {
    let directory = tempfile::tempdir().context("cannot create a temporary directory")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let running = runtime.block_on(Running::alone(packages.clone(), pair.program));
    let running = running.map_err(|error| anyhow!("{}", chain(&error)))?;
    let engine = running.setup().engines.first().context("no engine")?.clone();
    let (description, calls) =
        (directory.path().join("setup.json"), directory.path().join("calls"));
    running.setup().write(&description)?;
    let program = programs.get(&pair.version).context("no program for this version")?;
    let mut command: Command = running.network().command(program);
    command.env(setup::VARIABLE, &description).env(VARIABLE, &calls).args(filter);
    start::without_settings(&mut command);
    let output = command.stdin(Stdio::null()).output().context("cannot start the tests")?;
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    printed += &String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        // One release runs with several versions, and its log has the release's name.
        let directory = root.join(format!("target/engines/logs/api-{}", pair.version));
        printed += &start::keep_logs(&running, &directory);
    }
    let spoken: ApiVersion = engine.api_version.parse()?;
    let mut answers = Vec::new();
    if engine.is_podman() {
        let document = package::document(root, spoken)?;
        let document = Corrected::of(&document, spoken, Origin::Pinned)?.openapi;
        let address = Address::parse(&engine.host).context("an address of podman")?;
        let client = Client::new(address);
        answers = runtime.block_on(probe::ask(&client, &engine.api_version, &document))?;
    }
    let text = std::fs::read_to_string(&calls).unwrap_or_default();
    Ok(Seen {
        name: engine.name,
        version: pair.version,
        spoken: spoken.min(pair.version),
        passed: output.status.success(),
        output: printed,
        calls: text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .context("cannot read the calls that the tests saw")?,
        answers,
    })
}
