//! `cargo xtask truth`: decodes recorded responses of real engines with the generated types, and serializes them again.

mod arbitrary;
mod compare;
mod findings;
mod program;
mod recordings;
mod report;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;

use self::findings::{Findings, Table};
use self::recordings::Replies;
use crate::start;
use xtask::{package, pages, workspace};

/// Compares the generated types with the responses of real engines, and writes docs/truth.md.
///
/// Each response in tests/recordings is decoded with the type that is generated for its API version, and with the one of
/// API 1.52, as a client does that negotiated an older version. Then it is serialized again and compared with what the
/// engine sent. docs/truth.md lists the fields that engines send and no document names.
///
/// With --record, the responses are recorded first: the command starts each engine (as root on Debian), creates objects
/// of every kind and calls every operation whose response can be decoded, under every API version that the engine serves.
/// A recording is replaced only where the response has another shape.
///
/// Exit code 0: every response is decoded, and no value of a field that the spec names is lost or changed. 1: one is, or
/// `--check` found a file stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if docs/truth.md is stale, or with --record if tests/recordings is
    #[arg(long)]
    check: bool,
    /// Start the engines and record their responses to tests/recordings first
    #[arg(long)]
    record: bool,
}

/// The newest version of a client; it negotiates an older one with older engines.
const NEGOTIATING: ApiVersion = ApiVersion::new(1, 52);

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let directory = root.join("tests/recordings");
    let replies: Vec<Replies> = if args.record {
        let records = record(&root.join("target/engines"))?;
        recordings::Changes::of(&directory, &records)?.write_or_check(args.check)?;
        records.into_iter().map(Replies::from).collect()
    } else {
        recordings::read(&directory)?
    };
    if replies.is_empty() {
        bail!("no recordings in {}: run `cargo xtask truth --record`", directory.display());
    }

    let mut versions: Vec<ApiVersion> = replies.iter().map(|replies| replies.version).collect();
    versions.push(NEGOTIATING);
    versions.sort_unstable();
    versions.dedup();
    let programs = program::build(&root, &versions)?;
    let mut table = Table::default();
    let mut documents = BTreeMap::new();
    for &version in &versions {
        let document = package::document(&root, version)?;
        documents.insert(version, Corrected::of(&document, version, Origin::Pinned)?.openapi);
    }
    for replies in &replies {
        for as_version in [replies.version, NEGOTIATING] {
            let program = programs.get(&as_version).context("a version without a program")?;
            let findings = Findings::of(replies, program, &documents[&as_version])?;
            table.add(replies, as_version, findings);
        }
    }
    for (&version, program) in &programs {
        table.arbitrary.push((version, Findings::of_arbitrary(program, &documents[&version])?));
    }
    print!("{}", report::table(&table));
    let written = pages::write_or_check(
        &root,
        "docs/truth.md",
        &report::document(&table),
        args.check,
        "cargo xtask truth",
    );
    let defects = table.defects();
    for defect in &defects {
        println!("{defect}");
    }
    if !defects.is_empty() {
        bail!("{} places differ from what engines send", defects.len());
    }
    written
}

fn record(cache: &std::path::Path) -> Result<Vec<engines::truth::Record>> {
    let say = |line: &str| println!("    {line}");
    // Nothing here leaves the main thread, which lives as long as the engines.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let records =
        runtime.block_on(engines::truth::record(cache, package::OLDEST_SUPPORTED.minor, &say));
    start::available(records)?
        .map_err(|reason| anyhow!("{reason}; without --record, `cargo xtask truth` needs none"))
}
