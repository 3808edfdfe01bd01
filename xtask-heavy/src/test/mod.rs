//! `cargo xtask test`: the checks and tests that a change has to pass.

mod dependencies;
mod licence;
mod packages;
mod plan;
mod steps;
mod totals;

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use engines::error::{Error, chain};
use engines::setup::{Running, Setup, VARIABLE};

use self::plan::{Scope, Step};
use self::steps::Steps;
use self::totals::Totals;
use crate::{coverage, rustdoc, start};
use xtask::cargo::{self, succeed};

/// Runs the checks and tests that a change has to pass.
///
/// Without flags: formatting, generated files, lints, dependencies, and all tests that need no engine. With --engines, the
/// whole run, as CI does it: the tests on real engines too, every operation on every engine, the documentation, the
/// packages of the published crates with each feature, every API version, and the recorded responses.
///
/// Engine tests use the engine that DOCKER_HOST names. With --engines and without DOCKER_HOST, the command starts engines
/// of its own: this requires root on Debian, installs a few small packages and Chromium where they are missing, downloads
/// the engines to target/engines, and does not touch the machine's own engine and network. Tests that have no engine are
/// skipped, with the reason.
///
/// Nothing outside of the target directory is written. The last line is "N passed, N failed, N skipped".
///
/// Exit code 0: everything passed. 1: a check, a test or the start of an engine failed. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run everything, and start engines unless DOCKER_HOST names one
    #[arg(long)]
    engines: bool,
    /// Skip the tests on engines, even where DOCKER_HOST names one
    #[arg(long, conflicts_with = "engines")]
    no_engines: bool,
    /// Run only the tests whose name contains this, and no other check
    filter: Option<String>,
}

impl Args {
    fn scope(&self) -> Scope {
        match (&self.filter, self.engines) {
            (Some(_), _) => Scope::Filtered,
            (None, true) => Scope::All,
            (None, false) => Scope::Fast,
        }
    }
}

/// What runs all tests. The benchmarks have none, and depend on a second client.
const TESTS: &[&str] = &["test", "--workspace", "--exclude", "bench", "--all-features"];

/// The commands whose files can be checked in a few seconds, without an engine or a network.
const GENERATED: [&str; 4] = ["generate", "fixups", "history", "versions"];

/// Whether the tests have engines.
enum Engines {
    /// They run as long as this value lives.
    Running(Box<Running>),
    /// There are none, for this reason.
    Absent(String),
}

/// A run.
struct Run<'a> {
    args: &'a Args,
    root: PathBuf,
    /// This program.
    program: PathBuf,
    target: PathBuf,
    totals: Totals,
    /// Whether the tests compile; if they do not, no later step of the tests runs.
    built: bool,
    engines: Engines,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let target = program.ancestors().nth(2).context("this program is not in a target directory")?;
    let mut run = Run {
        args,
        root: xtask::workspace::root(),
        target: target.to_path_buf(),
        program,
        totals: Totals::default(),
        built: false,
        engines: Engines::Absent("the engines could not be started".to_owned()),
    };
    let mut timed = Steps::default();
    for step in plan::steps(args.scope()) {
        timed.run(step.name(), || run.step(*step));
    }

    println!();
    run.totals.print_skipped();
    timed.print();
    let failed = timed.failed();
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    println!("{}", run.totals);
    std::io::stdout().flush()?;
    drop(run);
    if !failed.is_empty() {
        // Each failure has been printed, and the sums have to be the last line.
        std::process::exit(1);
    }
    Ok(())
}

impl Run<'_> {
    fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Formatting => succeed(&mut self.cargo(&["fmt", "--all", "--check"])),
            Step::GeneratedFiles => GENERATED.into_iter().try_for_each(|name| self.check(name)),
            Step::Names => self.check("names"),
            Step::Lints => succeed(self.cargo(&["clippy", "--workspace", "--all-targets"]).args([
                "--all-features",
                "--",
                "--deny",
                "warnings",
            ])),
            Step::Dependencies => {
                let metadata = ["metadata", "--format-version", "1", "--locked", "--all-features"];
                dependencies::check(&self.root, self.cargo(&metadata))
            }
            Step::Browser => provide_browser(),
            Step::BuildTests => {
                succeed(self.cargo(TESTS).arg("--no-run"))?;
                self.built = true;
                Ok(())
            }
            Step::Engines | Step::Tests | Step::Operations if !self.built => {
                bail!("skipped, as the tests do not compile")
            }
            Step::Engines => {
                self.engines = find_engines(self.args, &self.target.join("engines"))?;
                Ok(())
            }
            Step::Tests => self.tests(),
            Step::Operations => self.operations(),
            Step::Documentation => {
                let mut doc = self.cargo(&["doc", "--no-deps", "--all-features"]);
                for name in packages::PUBLISHED {
                    doc.args(["--package", name]);
                }
                succeed(doc.envs(rustdoc::environment()?))
            }
            Step::Packages => packages::check(&self.root, &self.target, self.cargo(&["package"])),
            Step::Versions => succeed(Command::new(&self.program).args(["verify", "--all"])),
            Step::Recordings => succeed(Command::new(&self.program).args(["truth", "--check"])),
        }
    }

    /// Runs a command of xtask with `--check`.
    fn check(&self, command: &str) -> Result<()> {
        let mut xtask = self.cargo(&["run", "--quiet", "--package", "xtask", "--"]);
        succeed(xtask.args([command, "--check"]))
    }

    /// A cargo in the workspace.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = cargo::command();
        cargo.args(arguments).current_dir(&self.root);
        cargo
    }

    fn tests(&mut self) -> Result<()> {
        let cargo = self.cargo(&[]);
        let filter = self.args.filter.as_deref();
        let ran = run_tests(&cargo, &self.engines, filter, &self.target, &mut self.totals);
        if let (true, Engines::Running(running)) = (ran.is_err(), &self.engines) {
            print!("{}", start::keep_logs(running, &self.target.join("engines/logs")));
        }
        ran
    }

    /// Calls every operation on engines that are started for it, and adds up the tests.
    fn operations(&mut self) -> Result<()> {
        let absent = Engines::Absent("the tests have run".to_owned());
        // The engines of the tests end here, because the machine is small.
        if let Engines::Absent(reason) = std::mem::replace(&mut self.engines, absent) {
            println!("    no engine: {reason}");
            return Ok(());
        }
        if named() {
            println!("    DOCKER_HOST names an engine, and this step needs engines of its own");
            return Ok(());
        }
        // `cargo test` has counted them as skipped.
        self.totals.remove_reason(engines::coverage::SKIP_REASON);
        let (seen, newest) = coverage::call(&self.root, None, &|line| println!("{line}"))?;
        for line in seen.iter().flat_map(|seen| seen.output.lines()).chain(newest.lines()) {
            self.totals.read(line);
        }
        coverage::write_or_check(&self.root, seen, true)
    }
}

/// Installs a browser, or prints why there can be none: the tests that need one are then skipped.
fn provide_browser() -> Result<()> {
    match engines::browser::provide(&|line| println!("    {line}")) {
        Err(Error::Unavailable(reason)) => println!("    no browser: {reason}"),
        provided => provided.map_err(|error| anyhow::anyhow!("{}", chain(&error)))?,
    }
    Ok(())
}

/// Whether `DOCKER_HOST` names an engine.
fn named() -> bool {
    std::env::var_os("DOCKER_HOST").is_some_and(|host| !host.is_empty())
}

fn find_engines(args: &Args, cache: &Path) -> Result<Engines> {
    let named = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let say = |line: &str| println!("    {line}");
    // Nothing here leaves the main thread, which lives as long as the engines.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = match named {
        _ if args.no_engines => return Ok(Engines::Absent("--no-engines was given".to_owned())),
        Some(host) => runtime.block_on(Running::named(&host, cache, &say)),
        None if args.engines => runtime.block_on(Running::private(cache, &say)),
        None => {
            let reason = "no engine: give --engines to start private ones, or set DOCKER_HOST";
            return Ok(Engines::Absent(reason.to_owned()));
        }
    };
    Ok(match start::available(started)? {
        Ok(running) => Engines::Running(Box::new(running)),
        Err(reason) => {
            say(&reason);
            Engines::Absent(reason)
        }
    })
}

fn run_tests(
    cargo: &Command,
    found: &Engines,
    filter: Option<&str>,
    target: &Path,
    totals: &mut Totals,
) -> Result<()> {
    let description = target.join(format!("engine-setup-{}.json", std::process::id()));
    let _remove = Removed(description.clone());
    let mut command = match found {
        Engines::Running(running) => {
            running.setup().write(&description)?;
            running.network().command(cargo.get_program())
        }
        Engines::Absent(reason) => {
            Setup::without_engines(reason.clone()).write(&description)?;
            Command::new(cargo.get_program())
        }
    };
    if let Some(directory) = cargo.get_current_dir() {
        command.current_dir(directory);
    }
    command.args(TESTS).args(["--no-fail-fast", "--offline"]);
    if let Some(filter) = filter {
        command.arg("--").arg(filter);
    }
    command.env(VARIABLE, &description);
    start::without_settings(&mut command);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        // The output of tests may not be valid UTF-8.
        while reader.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            totals.read(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`cargo test` ended with {status}");
    }
    if let Some(filter) = filter
        && totals.is_empty()
    {
        bail!("no test has {filter:?} in its name");
    }
    Ok(())
}

/// A file that is removed when the value is dropped.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // A file that remains in the target directory does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}
