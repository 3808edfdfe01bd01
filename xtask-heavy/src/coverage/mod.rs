//! `cargo xtask coverage`: every operation of the API, called on every engine with the crates of several API versions.

mod probe;
mod programs;
mod runs;
mod table;

use std::path::Path;

use anyhow::{Result, bail};
use codegen::versions::ApiVersion;
use engines::packages::Release;
use engines::setup::{Program, provide};

use self::runs::Seen;
use crate::start;
use xtask::{files, workspace};

/// Calls every operation on every engine, and writes down what was answered.
///
/// Builds the tests of tests/tests/operations with the crates of several API versions, and runs each program on an
/// engine that is started for it: needs root on Debian, as `cargo xtask test --engines` does. What the calls were
/// answered becomes docs/coverage.md and docs/podman.md.
///
/// Exit code 0: every test passed, and every operation was seen to succeed and to be refused, on each dockerd and in
/// each version that has it, or stands in the page with the reason why not. 1: something is missing, or a page is stale.
/// 2: called wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fails where the pages are stale instead of writing them.
    #[arg(long)]
    check: bool,
    /// Runs only the tests whose name contains this, and looks at no page.
    #[arg(conflicts_with = "check")]
    filter: Option<String>,
}

/// An engine, and the API version whose crate calls its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    program: Program,
    version: ApiVersion,
}

/// The oldest and the newest version that users of an engine ask for, and the one that a client negotiates down from.
const PAIRS: [Pair; 7] = [
    pair(Program::Dockerd(Release::Stable), 35),
    pair(Program::Dockerd(Release::Stable), 41),
    pair(Program::Dockerd(Release::Stable), NEGOTIATING),
    pair(Program::Dockerd(Release::Newest), 44),
    pair(Program::Dockerd(Release::Newest), 51),
    pair(Program::Dockerd(Release::Newest), NEGOTIATING),
    pair(Program::Podman, NEGOTIATING),
];

/// The version that the workspace's own docker-api stands at.
const NEGOTIATING: u16 = 52;

const fn pair(program: Program, minor: u16) -> Pair {
    Pair { program, version: ApiVersion::new(1, minor as u32) }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let say = |line: &str| println!("{line}");
    let seen = call(&root, args.filter.as_deref(), &say)?;
    match &args.filter {
        None => settle(&root, seen, args.check),
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

/// Builds the programs and runs them.
pub(crate) fn call(root: &Path, filter: Option<&str>, say: &dyn Fn(&str)) -> Result<Vec<Seen>> {
    let programs = programs::build(root, &PAIRS.map(|pair| pair.version))?;
    let packages = start::available(provide(&root.join("target/engines"), say))?;
    let packages = packages.map_err(anyhow::Error::msg)?;
    runs::all(root, &PAIRS, &programs, &packages, filter, say)
}

/// Writes the pages, or compares with them; in either case nothing may be missing.
pub(crate) fn settle(root: &Path, seen: Vec<Seen>, check: bool) -> Result<()> {
    passed(&seen)?;
    let table = table::Table::of(root, seen)?;
    let gaps = table.gaps();
    for gap in &gaps {
        println!("{gap}");
    }
    for (name, podman) in [("docs/coverage.md", false), ("docs/podman.md", true)] {
        let path = root.join(name);
        let text = if podman { table.podman() } else { table.page() };
        if !check {
            files::write_if_changed(&path, &text)?;
        } else if !table.is_of(&path, podman)? {
            println!("    {name} is about other releases of the engines, and was not compared");
        } else if files::differs(&path, text.as_bytes())? {
            bail!("{name} is stale; mend it with `cargo xtask coverage`");
        }
    }
    if !gaps.is_empty() {
        bail!("a call is missing in {} places", gaps.len());
    }
    Ok(())
}
