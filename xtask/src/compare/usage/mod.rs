//! What a program uses of the API: read from a file that docker-client recorded, or from the sources of the program.

mod engine;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use api_compare::model::Api;
use api_compare::usage::{Fields, OperationUsage, Usage};
use serde::Deserialize;

pub(super) use engine::unknown_to;

use crate::files;

/// Where a program's use of the API is read from.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(super) struct UsageArgs {
    /// Reports only what affects a program: FILE is what `docker_client::UsageRecorder` saved in its tests.
    #[arg(long, value_name = "FILE")]
    used: Option<PathBuf>,
    /// Reports only what affects a program: PATH is a Rust file or the directory of a crate. Operations, setters and fields
    /// are found by their names.
    #[arg(long, value_name = "PATH")]
    used_in: Option<PathBuf>,
}

impl UsageArgs {
    /// Reads what the program uses of these versions; `None` if neither option was given.
    pub(super) fn read(&self, apis: &[Api]) -> Result<Option<Usage>> {
        match (&self.used, &self.used_in) {
            (Some(file), _) => Ok(Some(parse(&files::read(file)?, &file.display().to_string())?)),
            (None, Some(path)) => Ok(Some(program::read(path, apis)?)),
            (None, None) => Ok(None),
        }
    }
}

/// The file of a recorder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    operations: BTreeMap<String, Entry>,
}

/// An operation in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    parameters: BTreeSet<String>,
    #[serde(default)]
    filters: BTreeSet<String>,
    body: Option<BTreeSet<String>>,
    /// The fields that are read; all of them if absent. A recorder cannot know them, so this is written by hand.
    response: Option<BTreeSet<String>>,
}

/// Parses the file `name` of a recorder.
fn parse(text: &str, name: &str) -> Result<Usage> {
    let file: File = serde_json::from_str(text).with_context(|| {
        format!("{name}: expected a file that docker_client::UsageRecorder saved")
    })?;
    let operation = |entry: Entry| OperationUsage {
        parameters: entry.parameters,
        filters: entry.filters,
        body: entry.body.map(Fields::Paths),
        reply: entry.response.map_or(Fields::All, Fields::Paths),
    };
    let operations = file.operations.into_iter().map(|(id, entry)| (id, operation(entry)));
    Ok(Usage { operations: operations.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_record_is_refused_with_its_name() {
        for text in ["", "[]", r#"{"operations":{"A":{"params":[]}}}"#] {
            let error = format!("{:#}", parse(text, "usage.json").unwrap_err());
            assert!(error.starts_with("usage.json: expected a file that"), "{error}");
        }
    }
}
