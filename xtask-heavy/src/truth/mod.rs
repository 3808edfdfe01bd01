//! `cargo xtask truth`: what engines really send, decoded with the generated types and written again.

mod arbitrary;
mod compare;
mod findings;
mod program;
mod recordings;
mod report;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;

use self::findings::{Findings, Table};
use self::recordings::Replies;
use crate::start;
use xtask::{files, package, workspace};

/// Compares the generated types with what engines send.
///
/// Starts each engine with a stock of real objects, calls every operation that leaves something to read under every
/// API version that the engine serves, and keeps the replies in tests/recordings where their shape is new. Each reply
/// is decoded with the type that is generated for that version, and with the one of API 1.52, as a client does that
/// negotiated down; then it is written again and compared with what the engine sent.
///
/// With --replay no engine is started: the recordings are decoded.
///
/// Exit code 0: nothing fails to decode, and no value of a field that the spec names is lost or changed. 1: something
/// is, or docs/truth.md is stale. 2: called wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Decodes the recordings instead of asking engines.
    #[arg(long)]
    replay: bool,
    /// Writes docs/truth.md from the recordings.
    #[arg(long, requires = "replay")]
    write: bool,
}

/// The version that clients negotiate down from.
const NEGOTIATING: ApiVersion = ApiVersion::new(1, 52);

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let folder = root.join("tests/recordings");
    let fresh = if args.replay { None } else { Some(record(&root.join("target/engines"))?) };
    if let Some(records) = &fresh {
        let written = recordings::write(&folder, records)?;
        println!("tests/recordings: {written} files changed");
    }
    let kept = recordings::read(&folder)?;
    let replies: Vec<Replies> = match fresh {
        Some(records) => records.into_iter().map(Replies::from).collect(),
        None => kept,
    };
    if replies.is_empty() {
        bail!("no recordings in {}: record some with `cargo xtask truth`", folder.display());
    }

    let mut versions: Vec<ApiVersion> = replies.iter().map(|replies| replies.version).collect();
    versions.push(NEGOTIATING);
    versions.sort_unstable();
    versions.dedup();
    let programs = program::build(&root, &versions)?;
    let mut table = Table::default();
    let mut documents = BTreeMap::new();
    for &version in &versions {
        let (document, _) = codegen::generate::prepare(
            &package::document(&root, version)?,
            version,
            Origin::Pinned,
        )?;
        documents.insert(version, document);
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
    let text = report::document(&table);
    let path = root.join("docs/truth.md");
    let stale = files::differs(&path, text.as_bytes())?;
    if stale && (!args.replay || args.write) {
        files::write_if_changed(&path, &text)?;
        println!("docs/truth.md: written");
    }
    let defects = table.defects();
    for defect in &defects {
        println!("{defect}");
    }
    if !defects.is_empty() {
        bail!("{} places differ from what engines send", defects.len());
    }
    if stale && args.replay && !args.write {
        bail!("docs/truth.md is stale; mend it with `cargo xtask truth --replay --write`");
    }
    Ok(())
}

fn record(cache: &std::path::Path) -> Result<Vec<engines::truth::Record>> {
    let say = |line: &str| println!("    {line}");
    // Nothing here leaves the main thread, which lives as long as the engines.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let records = runtime.block_on(engines::truth::record(cache, package::OLDEST.minor, &say));
    start::available(records)?
        .map_err(|reason| anyhow!("{reason}; `cargo xtask truth --replay` needs none"))
}
