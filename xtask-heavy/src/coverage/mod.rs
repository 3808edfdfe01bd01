//! `cargo xtask coverage`: every operation of the API, called on every engine with the crates of several API versions.

mod pairs;
mod probe;
mod programs;
mod runs;
mod table;

use std::path::Path;

use anyhow::{Result, bail};
use engines::setup::provide;

use self::pairs::PAIRS;
use self::runs::Seen;
use crate::start;
use xtask::{package, pages, workspace};

/// Calls every operation on every engine, and writes the results to docs/coverage.md and docs/podman.md.
///
/// Builds the tests of tests/tests/operations with the crates of several API versions, and runs each program on an
/// engine that is started for it. This requires root on Debian, as `cargo xtask test --engines` does. The tests of
/// tests/tests/newest run with the crate of the newest API version, which no engine here has, on a fake engine.
///
/// Exit code 0: every test passed, and on each dockerd and in each version that has it, every operation succeeded once and
/// was refused once, or is listed with the reason why not. 1: a test failed, a call is missing, or `--check` found a page
/// stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a page is stale
    #[arg(long)]
    check: bool,
    /// Run only the tests whose name contains this, and neither write nor check the pages
    #[arg(conflicts_with = "check")]
    filter: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let say = |line: &str| println!("{line}");
    let (seen, _) = call(&root, args.filter.as_deref(), &say)?;
    match &args.filter {
        None => write_or_check(&root, seen, args.check),
        Some(filter) if seen.iter().all(Seen::is_empty) => {
            bail!("no test has {filter:?} in its name")
        }
        Some(_) => passed(&seen),
    }
}

fn passed(seen: &[Seen]) -> Result<()> {
    match seen.iter().find(|seen| !seen.passed) {
        Some(failed) => bail!("tests failed, the first of them on {}", failed.name),
        None => Ok(()),
    }
}

/// Builds the programs of all versions and runs them on the engines; also returns what the tests of the newest version
/// printed, which are left out where a filter is given.
pub(crate) fn call(
    root: &Path,
    filter: Option<&str>,
    say: &dyn Fn(&str),
) -> Result<(Vec<Seen>, String)> {
    let newest = package::newest(root)?;
    let programs = programs::build(root, &PAIRS.map(|pair| pair.version), newest)?;
    let printed = if filter.is_none() { programs.newest()? } else { String::new() };
    for line in printed.lines().filter(|line| line.starts_with("test result")) {
        say(&format!("    API {newest} on a fake engine: {line}"));
    }
    let packages = start::available(provide(&root.join("target/engines"), say))?;
    let packages = packages.map_err(anyhow::Error::msg)?;
    let seen = runs::all(root, &PAIRS, &programs.operations, &packages, filter, say)?;
    Ok((seen, printed))
}

/// Writes the pages, or with `check` fails if they are stale; in either case fails if a call is missing.
pub(crate) fn write_or_check(root: &Path, seen: Vec<Seen>, check: bool) -> Result<()> {
    passed(&seen)?;
    let table = table::Table::of(root, seen)?;
    let gaps = table.gaps();
    for gap in &gaps {
        println!("{gap}");
    }
    for (name, podman) in [("docs/coverage.md", false), ("docs/podman.md", true)] {
        let path = root.join(name);
        let text = if podman { table.podman() } else { table.page() };
        if check && !table.is_of(&path, podman)? {
            println!("    {name}: not compared, it is about other releases of the engines");
        } else {
            pages::write_or_check(root, name, &text, check, "cargo xtask coverage")?;
        }
    }
    if !gaps.is_empty() {
        bail!("a call is missing in {} places", gaps.len());
    }
    Ok(())
}
