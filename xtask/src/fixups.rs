//! `cargo xtask fixups`: the corrections of the upstream documents, listed and written to `docs/fixups.md`.

use anyhow::Result;
use codegen::fixup;
use codegen::versions::ApiVersion;

use crate::{files, workspace};

/// Lists the corrections that are made to moby's documents before code is generated.
///
/// Exit code 0: done. 1: `docs/fixups.md` is stale. 2: called wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only those for this API version.
    #[arg(long, value_name = "VERSION")]
    api_version: Option<ApiVersion>,
    /// Writes docs/fixups.md.
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fails if docs/fixups.md is stale.
    #[arg(long)]
    check: bool,
    /// Prints them as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let path = workspace::root().join("docs/fixups.md");
    if args.write {
        let wrote = files::write_if_changed(&path, fixup::markdown())?;
        println!("docs/fixups.md: {}", if wrote { "written" } else { "up to date" });
        return Ok(());
    }
    if args.check {
        if files::differs(&path, fixup::markdown().as_bytes())? {
            anyhow::bail!("docs/fixups.md is stale; mend it with `cargo xtask fixups --write`");
        }
        println!("docs/fixups.md: up to date");
        return Ok(());
    }
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
