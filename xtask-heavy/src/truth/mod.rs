//! `cargo xtask truth`: decodes recorded responses of real engines with the generated types, and serializes them again.

mod arbitrary;
mod compare;
mod explained;
mod fields;
mod findings;
mod live;
mod page;
mod program;
mod recordings;
mod report;
mod scrubbed;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use codegen::correct::Corrected;
use codegen::versions::ApiVersion;
use serde_json::Value;

use self::explained::Explained;
use self::fields::Gaps;
use self::findings::{Findings, Table};
use self::recordings::Replies;
use crate::start;
use xtask::{package, pages, workspace};

/// Compares the generated types with the responses of real engines, and writes docs/truth.md.
///
/// Each response in tests/recordings is decoded with the type that is generated for its API version, and with the one of
/// API 1.52, as a client does that negotiated an older version. Then it is serialized again and compared with what the
/// engine sent.
///
/// docs/truth.md lists the fields that engines send and no document names, and those that the documents name and no engine
/// sends. Of these, a field that is sent under the engine's newest version, a field that is never sent, and a pair of both
/// that may be one field need a reason in spec/truth.toml.
///
/// With --record, the responses are recorded first: the command starts each engine (as root on Debian), creates objects
/// of every kind and calls every operation whose response can be decoded, under every API version that the engine serves.
/// A recording is replaced only where the response has another shape.
///
/// With --engine, the engine at an address is read instead, and a report is printed that can be attached to a bug report. It
/// has the engine's program, version and API versions, the names of operations, types and fields, the kinds of values
/// (such as "string") and HTTP statuses. It has no values and none of the engine's messages: no names, addresses, labels,
/// variables, paths or secrets. A name of a field that has other characters than letters, digits and underscores is `*`.
/// Without --read-only, the command creates containers, networks, volumes and images on the engine and removes them at the
/// end; it fails before that if the engine has an object of one of their names. It does not create a swarm, and does not
/// prune. Up to 50 objects of each kind are read one by one.
///
/// Exit code 0: every response is decoded, no value of a field that the spec names is lost or changed, and every difference
/// that needs a reason has one. 1: otherwise, or `--check` found a file stale, or the engine cannot be read or has no API
/// version in common with spec/. 2: wrong usage, or --api-version is none that both have.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if docs/truth.md is stale, or with --record if tests/recordings is
    #[arg(long)]
    check: bool,
    /// Start the engines and record their responses to tests/recordings first
    #[arg(long)]
    record: bool,
    /// Print a report about the engine at this address, unix://PATH or tcp://HOST:PORT, instead
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["check", "record"])]
    engine: Option<String>,
    /// The API version to call the engine with; the newest that it accepts unless given
    #[arg(long, value_name = "VERSION", requires = "engine")]
    api_version: Option<ApiVersion>,
    /// Only read what the engine has, and create nothing
    #[arg(long, requires = "engine")]
    read_only: bool,
    /// Print the report as JSON
    #[arg(long, requires = "engine")]
    json: bool,
}

/// The newest version of a client; it negotiates an older one with older engines.
const NEGOTIATING: ApiVersion = ApiVersion::new(1, 52);

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    if let Some(address) = &args.engine {
        let request = live::Request {
            address,
            version: args.api_version,
            read_only: args.read_only,
            json: args.json,
        };
        return live::run(&root, &request);
    }
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
    let documents = documents(&root)?;
    for replies in &replies {
        for as_version in [replies.version, NEGOTIATING] {
            let program = programs.get(&as_version).context("a version without a program")?;
            let findings = Findings::of(replies, program, &documents[&as_version], compare::short)?;
            table.add(replies, as_version, findings);
        }
    }
    for (&version, program) in &programs {
        table.arbitrary.push((version, Findings::of_arbitrary(program, &documents[&version])?));
    }
    print!("{}", report::table(&table));
    let gaps = Gaps::of(&table, &documents);
    let explained = Explained::read(&root)?;
    let written = pages::write_or_check(
        &root,
        "docs/truth.md",
        &page::document(&table, &gaps, &explained),
        args.check,
        "cargo xtask truth",
    );
    let mut defects = table.defects();
    defects.extend(explained.check(&gaps));
    for defect in &defects {
        println!("{defect}");
    }
    if !defects.is_empty() {
        bail!("{} places differ from what engines send, or have no reason", defects.len());
    }
    written
}

/// The corrected documents of all supported versions.
fn documents(root: &Path) -> Result<BTreeMap<ApiVersion, Value>> {
    let mut pinned = Vec::new();
    for version in package::versions(root)? {
        if version >= package::OLDEST_SUPPORTED {
            pinned.push((version, package::document(root, version)?));
        }
    }
    let corrected = Corrected::all(&pinned)?.into_iter();
    Ok(corrected.map(|corrected| (corrected.version, corrected.openapi)).collect())
}

fn record(cache: &Path) -> Result<Vec<engines::truth::Record>> {
    let say = |line: &str| println!("    {line}");
    // Nothing here leaves the main thread, which lives as long as the engines.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let records =
        runtime.block_on(engines::truth::record(cache, package::OLDEST_SUPPORTED.minor, &say));
    start::available(records)?
        .map_err(|reason| anyhow!("{reason}; without --record, `cargo xtask truth` needs none"))
}
