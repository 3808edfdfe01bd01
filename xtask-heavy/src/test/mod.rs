//! `cargo xtask test`: every check that a change has to pass, and every test, on real engines where there are any.

mod steps;
mod tally;

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use engines::error::{Error, chain};
use engines::setup::{Running, Setup, VARIABLE};

use self::steps::Steps;
use self::tally::Tally;
use crate::{coverage, start};

/// Checks formatting, generated files, lints and documentation, and runs every test.
///
/// Tests on real engines run on the engine that DOCKER_HOST names. With --engines and without DOCKER_HOST, the command
/// starts private engines: it needs root on a Debian machine, installs a few small packages and Chromium, downloads
/// the engines to the target folder, and leaves the machine's own engine and network alone. Without any engine these tests are
/// skipped, and the command says how many and why.
///
/// The last line is "N passed, N failed, N skipped".
///
/// Exit code 0: nothing failed. 1: a check, a test or the start of an engine failed. 2: the command was called
/// wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Start private engines, unless DOCKER_HOST names one
    #[arg(long)]
    engines: bool,
    /// Skip the tests on engines, even where DOCKER_HOST names one
    #[arg(long, conflicts_with = "engines")]
    no_engines: bool,
    /// Run only the tests whose name contains this, and no other check
    filter: Option<String>,
}

/// What runs all tests. The benchmarks have none, and bring a second client along.
const TESTS: &[&str] = &["test", "--workspace", "--exclude", "bench", "--all-features"];

/// Where the tests find an engine.
enum Engines {
    /// They do, and these are to be kept until the tests have run.
    Running(Box<Running>),
    /// They do not, for this reason.
    Absent(String),
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = xtask::workspace::root();
    let this = std::env::current_exe().context("cannot find this program's own file")?;
    let target = this.ancestors().nth(2).context("this program is in no target folder")?;
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(arguments).current_dir(&root);
        cargo
    };
    let mut steps = Steps::default();
    let mut tally = Tally::default();

    let whole = args.filter.is_none();
    if whole {
        steps.run("formatting", || succeed(&mut cargo(&["fmt", "--all", "--check"])));
        steps.run("generated files", || {
            ["generate", "fixups", "history", "versions"].into_iter().try_for_each(|command| {
                succeed(
                    cargo(&["run", "--quiet", "--package", "xtask", "--"])
                        .args([command, "--check"]),
                )
            })
        });
        steps.run("lints", || {
            succeed(&mut cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "--deny",
                "warnings",
            ]))
        });
    }
    // What the tests need from outside is fetched here: they may run in a network that leads nowhere.
    if whole && args.engines {
        steps.run("browser", provide_browser);
    }
    let built = steps.run("building tests", || succeed(cargo(TESTS).arg("--no-run")));
    if built {
        let mut found = Engines::Absent("the engines could not be started".to_owned());
        steps.run("engines", || {
            found = find_engines(args, &target.join("engines"))?;
            Ok(())
        });
        let passed = steps.run("tests", || {
            run_tests(&cargo(&[]), &found, args.filter.as_deref(), target, &mut tally)
        });
        if let (false, Engines::Running(running)) = (passed, &found) {
            print!("{}", start::keep_logs(running, &target.join("engines/logs")));
        }
        let private = matches!(found, Engines::Running(_)) && !named();
        drop(found);
        if whole && private {
            // They come now, after `cargo test` has passed them over.
            tally.forget(engines::coverage::ELSEWHERE);
            steps.run("every operation", || every_operation(&root, &mut tally));
        }
    }
    if whole {
        steps.run("documentation", || {
            let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
            succeed(doc.env("RUSTDOCFLAGS", "--deny warnings"))
        });
        steps.run("every API version", || succeed(Command::new(&this).args(["verify", "--all"])));
        steps.run("what engines sent", || succeed(Command::new(&this).args(["truth", "--replay"])));
    }

    println!();
    tally.print_skipped();
    let failed = steps.failed();
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    println!("{tally}");
    std::io::stdout().flush()?;
    if !failed.is_empty() {
        // All that failed has been named, and the sums have to be the last line.
        std::process::exit(1);
    }
    Ok(())
}

/// Where there can be none, the tests that need one are skipped and say so.
fn provide_browser() -> Result<()> {
    match engines::browser::provide(&|line| println!("    {line}")) {
        Err(Error::Unavailable(reason)) => println!("    no browser: {reason}"),
        provided => provided.map_err(|error| anyhow::anyhow!("{}", chain(&error)))?,
    }
    Ok(())
}

/// Calls every operation on engines that are started for it, and adds the tests up.
fn every_operation(root: &Path, tally: &mut Tally) -> Result<()> {
    let seen = coverage::call(root, None, &|line| println!("{line}"))?;
    for line in seen.iter().flat_map(|seen| seen.output.lines()) {
        tally.read(line);
    }
    coverage::settle(root, seen, true)
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
    tally: &mut Tally,
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
    if let Some(folder) = cargo.get_current_dir() {
        command.current_dir(folder);
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
        // Tests may print what is no UTF-8.
        while reader.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            tally.read(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`cargo test` ended with {status}");
    }
    if let Some(filter) = filter
        && tally.is_empty()
    {
        bail!("no test has {filter:?} in its name");
    }
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}

/// A file that goes when the value goes.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // It is in the target folder and harms nobody there.
        let _ = std::fs::remove_file(&self.0);
    }
}
