//! `cargo xtask history`: the API versions that have each operation, parameter, field and value, as
//! `docs/api-history.md`.

use std::path::Path;

use anyhow::{Context, Result};
use api_compare::{
    History, compare,
    model::Api,
    report::{Comparison, history},
};

use crate::compare::EXTENSIONS;
use crate::{package, pages, workspace};

/// The title of the document.
const TITLE: &str = "The Engine API";

/// Writes docs/api-history.md: the API versions that have each operation, parameter, field and value.
///
/// Exit code 0: written, or up to date. 1: `--check` found the page stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if docs/api-history.md is stale
    #[arg(long)]
    check: bool,
}

/// The command that writes the page.
const COMMAND: &str = "cargo xtask history";

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    pages::write_or_check(&root, "docs/api-history.md", &document(&root)?, args.check, COMMAND)
}

fn document(root: &Path) -> Result<String> {
    let read = |version: codegen::versions::ApiVersion| -> Result<Api> {
        let document = package::document(root, version)?;
        let api = Api::read_with(version.to_string(), &document, &EXTENSIONS);
        api.with_context(|| format!("spec/v{version}.json"))
    };
    let apis = package::versions(root)?.into_iter().map(read).collect::<Result<Vec<_>>>()?;
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
    Ok(history::render(TITLE, &history, &steps, COMMAND))
}
