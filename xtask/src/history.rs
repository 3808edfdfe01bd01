//! `cargo xtask history`: since when and until when each thing of the API is there, as `docs/api-history.md`.

use anyhow::{Context, Result, bail};
use api_compare::{
    History, compare,
    model::Api,
    report::{Comparison, history},
};

use crate::compare::EXTENSIONS;
use crate::{files, package, workspace};

/// The title of the document.
const TITLE: &str = "The Engine API";

/// Says since when and until when the API has each operation, parameter, field and value.
///
/// Exit code 0: done. 1: `docs/api-history.md` is stale. 2: called wrongly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Writes docs/api-history.md.
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fails if docs/api-history.md is stale.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let text = document()?;
    let path = workspace::root().join("docs/api-history.md");
    if args.write {
        let wrote = files::write_if_changed(&path, text)?;
        println!("docs/api-history.md: {}", if wrote { "written" } else { "up to date" });
    } else if args.check {
        if files::differs(&path, text.as_bytes())? {
            bail!("docs/api-history.md is stale; mend it with `cargo xtask history --write`");
        }
        println!("docs/api-history.md: up to date");
    } else {
        print!("{text}");
    }
    Ok(())
}

fn document() -> Result<String> {
    let root = workspace::root();
    let read = |version: codegen::versions::ApiVersion| -> Result<Api> {
        let document = package::document(&root, version)?;
        let api = Api::read_with(version.to_string(), &document, &EXTENSIONS);
        api.with_context(|| format!("spec/v{version}.json"))
    };
    let apis = package::versions(&root)?.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let steps: Vec<Comparison> = apis
        .windows(2)
        .filter_map(|pair| {
            let [old, new] = pair else { return None };
            Some(Comparison {
                from: old.label.clone(),
                to: new.label.clone(),
                changes: compare(old, new),
            })
        })
        .collect();
    let history = History::new(&apis.iter().collect::<Vec<_>>());
    Ok(history::render(TITLE, &history, &steps, "cargo xtask history --write"))
}
