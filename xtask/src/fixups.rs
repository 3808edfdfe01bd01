//! `cargo xtask fixups`: the corrections of the upstream documents, as `docs/fixups.md` or as a list.

use anyhow::Result;
use codegen::fixup;
use codegen::versions::ApiVersion;

use crate::{pages, workspace};

/// Writes docs/fixups.md: the corrections that are made to moby's documents before code is generated.
///
/// Exit code 0: written or listed, or up to date. 1: `--check` found the page stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if docs/fixups.md is stale
    #[arg(long)]
    check: bool,
    /// Write nothing; print the corrections
    #[arg(long, conflicts_with = "check")]
    list: bool,
    /// List only the corrections for this API version
    #[arg(long, value_name = "VERSION", requires = "list")]
    api_version: Option<ApiVersion>,
    /// List them as JSON
    #[arg(long, requires = "list")]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.list {
        return list(args);
    }
    let root = workspace::root();
    pages::write_or_check(
        &root,
        "docs/fixups.md",
        &fixup::markdown(),
        args.check,
        "cargo xtask fixups",
    )
}

fn list(args: &Args) -> Result<()> {
    let chosen: Vec<_> = fixup::registry()
        .iter()
        .filter(|fixup| args.api_version.is_none_or(|version| fixup.versions.contains(version)))
        .collect();
    if args.json {
        let list: Vec<_> = chosen
            .iter()
            .map(|fixup| {
                serde_json::json!({
                    "name": fixup.name,
                    "first": fixup.versions.first,
                    "last": fixup.versions.last,
                    "why": fixup.why,
                    "refs": fixup.refs,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
        return Ok(());
    }
    for fixup in &chosen {
        println!("{} ({})", fixup.name, fixup.versions);
        println!("    {}", fixup.why);
        for reference in fixup.refs {
            println!("    {reference}");
        }
    }
    println!("{} corrections", chosen.len());
    Ok(())
}
