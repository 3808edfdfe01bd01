//! The pages: on which engines each operation succeeded and was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use engines::coverage::Call;
use serde_json::Value;

use super::probe::Answer;
use super::runs::Seen;
use xtask::package;

/// The description of podman's behaviour before the tables.
const PODMAN_TEXT: &str = include_str!("podman.md");
/// The text before the table of podman's operations.
const PODMAN_TABLE: &str = "\n## Served\n\n`seen` is the result of the tests, as in [coverage.md](coverage.md). `missing object` is \
the response to a request\nwith an empty body for an object that does not exist. A dash means that the operation is not \
served.\n\n| operation |";
/// Operations that none of the engines can serve, and why. They are tested with a fake engine.
const FAKED: &[(&str, &str)] = &[
    ("CheckpointCreate", "checkpoints require CRIU and a kernel that supports it"),
    ("CheckpointDelete", "creating a checkpoint to remove requires CRIU"),
];
/// Operations that are never refused, and why.
const NEVER_REFUSED: &[(&str, &str)] = &[
    ("SystemPing", "the operation belongs to no API version and always succeeds"),
    ("SystemPingHead", "the operation belongs to no API version and always succeeds"),
];

/// What was seen, by operation and column.
pub(super) struct Table {
    columns: Vec<Column>,
    /// The operations of all versions that were called or agreed on, and which of these versions have each.
    operations: BTreeMap<String, BTreeSet<ApiVersion>>,
}

/// One engine, called with one version's crate.
struct Column {
    engine: String,
    version: ApiVersion,
    spoken: ApiVersion,
    cells: BTreeMap<String, Cell>,
    answers: Vec<Answer>,
}

/// The replies to an operation.
#[derive(Default)]
struct Cell {
    /// Statuses of success.
    succeeded: BTreeSet<u16>,
    /// Statuses of refusal.
    refused: BTreeSet<u16>,
    /// Whether a response with a success status reported an error in its body.
    failed: bool,
    /// Whether a fake engine answered.
    fake: bool,
}

impl Cell {
    fn note(&mut self, call: &Call) {
        match call.status {
            _ if call.fake => self.fake = true,
            _ if call.failed => self.failed = true,
            status if status < 400 => drop(self.succeeded.insert(status)),
            status => drop(self.refused.insert(status)),
        }
    }

    fn text(&self) -> String {
        let list = |statuses: &BTreeSet<u16>| {
            statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let mut succeeded = list(&self.succeeded);
        if self.fake {
            succeeded += if succeeded.is_empty() { "fake" } else { ", fake" };
        }
        let mut refused = list(&self.refused);
        if self.failed {
            refused += if refused.is_empty() { "in 200" } else { ", in 200" };
        }
        match (succeeded.as_str(), refused.as_str()) {
            ("", "") => String::new(),
            ("", refused) => format!("none / {refused}"),
            (succeeded, "") => succeeded.to_owned(),
            (succeeded, refused) => format!("{succeeded} / {refused}"),
        }
    }
}

impl Table {
    pub(super) fn of(root: &Path, seen: Vec<Seen>) -> Result<Self> {
        let mut operations: BTreeMap<String, BTreeSet<ApiVersion>> = BTreeMap::new();
        let versions: BTreeSet<ApiVersion> =
            seen.iter().flat_map(|seen| [seen.version, seen.spoken]).collect();
        for &version in &versions {
            let document = package::document(root, version)?;
            let document = Corrected::of(&document, version, Origin::Pinned)?.openapi;
            for id in operation_ids(&document) {
                operations.entry(id).or_default().insert(version);
            }
        }
        let columns = seen.into_iter().map(|seen| {
            let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
            for call in &seen.calls {
                cells.entry(call.operation.clone()).or_default().note(call);
            }
            let Seen { name: engine, version, spoken, answers, .. } = seen;
            Column { engine, version, spoken, cells, answers }
        });
        Ok(Self { columns: columns.collect(), operations })
    }

    /// Returns a line for each call that no test has made.
    pub(super) fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let listed = |list: &[(&str, &str)], id: &str| list.iter().any(|(name, _)| *name == id);
        let nothing = Cell::default();
        for (id, versions) in &self.operations {
            if !self.columns.iter().any(|column| versions.contains(&column.spoken)) {
                gaps.push(format!("{id}: no engine here supports a version that has it"));
            }
            for column in self.columns.iter().filter(|column| !column.is_podman()) {
                if !versions.contains(&column.spoken) {
                    continue;
                }
                let cell = column.cells.get(id).unwrap_or(&nothing);
                let place = format!("{id} on {}, API {}", column.engine, column.version);
                match (!cell.succeeded.is_empty(), listed(FAKED, id)) {
                    (true, true) => gaps.push(format!(
                        "{place}: a real engine serves it, and a reason says none does"
                    )),
                    (false, false) => gaps.push(format!("{place}: no call of it succeeded")),
                    (false, true) if !cell.fake => {
                        gaps.push(format!("{place}: no fake engine serves it"))
                    }
                    _ => {}
                }
                let refused = !cell.refused.is_empty() || cell.failed;
                if refused == listed(NEVER_REFUSED, id) {
                    let what = if refused {
                        "was refused, and a reason says it never is"
                    } else {
                        "no call of it was refused"
                    };
                    gaps.push(format!("{place}: {what}"));
                }
            }
        }
        gaps
    }

    /// Whether the page, that of podman or the other one, is about the engines that were called: a new release of one
    /// makes it another page.
    pub(super) fn is_of(&self, page: &Path, podman: bool) -> Result<bool> {
        let text = match std::fs::read_to_string(page) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error).with_context(|| page.display().to_string()),
        };
        Ok(self
            .columns
            .iter()
            .filter(|column| column.is_podman() == podman)
            .all(|column| text.contains(&column.engine)))
    }

    /// `docs/coverage.md`.
    pub(super) fn page(&self) -> String {
        let mut text = String::from(
            "# Every operation, called on real engines\n\n\
             Generated by `cargo xtask coverage` from the results of the tests in\n\
             [tests/tests/operations](../tests/tests/operations). Do not edit by hand.\n\n\
             A column is an engine and the API version whose generated crate called it. If the engine does not support\n\
             that version, the negotiated one follows the arrow. A cell contains the statuses of the calls that succeeded\n\
             and, after the slash, those of the calls that failed. `in 200` is a response with status 200 that reports an\n\
             error in its body, and `fake` is a call to a fake engine. A dash means that this API version does not have\n\
             the operation.\n\n| operation |",
        );
        let columns: Vec<&Column> =
            self.columns.iter().filter(|column| !column.is_podman()).collect();
        for column in &columns {
            let _ = write!(text, " {} |", column.title());
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(columns.len()));
        for (id, versions) in &self.operations {
            let _ = write!(text, "| {id} |");
            for column in &columns {
                let cell = column.cells.get(id).map(Cell::text).unwrap_or_default();
                let has = versions.contains(&column.spoken);
                let _ = write!(text, " {} |", if has { cell } else { "–".to_owned() });
            }
            text.push('\n');
        }
        text += "\n## Not on a real engine\n\n";
        for (id, reason) in FAKED {
            let _ = writeln!(text, "- `{id}`: {reason}.");
        }
        text += "\n## Never refused\n\n";
        for (id, reason) in NEVER_REFUSED {
            let _ = writeln!(text, "- `{id}`: {reason}.");
        }
        text
    }

    /// `docs/podman.md`: the releases side by side.
    pub(super) fn podman(&self) -> String {
        let columns: Vec<&Column> =
            self.columns.iter().filter(|column| column.is_podman()).collect();
        let mut text = format!("{PODMAN_TEXT}\n## Not served\n");
        for column in &columns {
            let unserved: Vec<String> = column
                .answers
                .iter()
                .filter(|answer| !answer.is_served())
                .map(|answer| format!("`{}`", answer.operation))
                .collect();
            let _ = write!(
                text,
                "\n{} responds to {} of the {} operations of API {} with status 404 and the message \
                 `Not Found`,\nor with a message that they are not supported:\n{}.\n",
                column.engine,
                unserved.len(),
                column.answers.len(),
                column.spoken,
                unserved.join(", "),
            );
        }
        text += PODMAN_TABLE;
        for column in &columns {
            let _ = write!(text, " {} seen | {0} missing object |", column.engine);
        }
        let _ = write!(text, "\n|---|{}\n", "---|---|".repeat(columns.len()));
        let served: BTreeSet<&str> = columns.iter().flat_map(|column| column.served()).collect();
        for operation in served {
            let _ = write!(text, "| {operation} |");
            for column in &columns {
                let [seen, said] = column.podman(operation);
                let _ = write!(text, " {seen} | {said} |");
            }
            text.push('\n');
        }
        text
    }
}

impl Column {
    fn is_podman(&self) -> bool {
        self.engine.starts_with("podman")
    }

    /// The operations that podman serves.
    fn served(&self) -> impl Iterator<Item = &str> {
        let served = self.answers.iter().filter(|answer| answer.is_served());
        served.map(|answer| answer.operation.as_str())
    }

    /// What the tests saw of an operation, and the response for an object that does not exist.
    fn podman(&self, operation: &str) -> [String; 2] {
        let mut answers = self.answers.iter().filter(|answer| answer.is_served());
        match answers.find(|answer| answer.operation == operation) {
            Some(answer) => [
                self.cells.get(operation).map(Cell::text).unwrap_or_default(),
                format!("{} {}", answer.status, answer.message).trim_end().to_owned(),
            ],
            None => ["–".to_owned(), "–".to_owned()],
        }
    }

    fn title(&self) -> String {
        if self.spoken == self.version {
            format!("{} {}", self.engine, self.version)
        } else {
            format!("{} {} → {}", self.engine, self.version, self.spoken)
        }
    }
}

/// The operations of a document.
fn operation_ids(document: &Value) -> Vec<String> {
    let items = document["paths"].as_object().into_iter().flatten();
    let methods = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let ids = methods.filter_map(|(_, operation)| operation["operationId"].as_str());
    ids.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_compared_where_its_own_engines_are_the_same() {
        let version = ApiVersion::new(1, 41);
        let column = |engine: &str| Column {
            engine: engine.to_owned(),
            version,
            spoken: version,
            cells: BTreeMap::new(),
            answers: Vec::new(),
        };
        let columns = ["dockerd-20.10", "dockerd-28.5", "podman-4.3"].map(column).into();
        let table = Table { columns, operations: BTreeMap::new() };
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("page.md");
        assert!(table.is_of(&page, true).unwrap(), "there is none yet");
        for (text, of_dockerd, of_podman) in [
            ("dockerd-20.10 and dockerd-28.5", true, false),
            ("dockerd-20.10 and dockerd-27.0", false, false),
            ("podman-4.3 alone", false, true),
        ] {
            std::fs::write(&page, text).unwrap();
            assert_eq!(table.is_of(&page, false).unwrap(), of_dockerd, "{text}");
            assert_eq!(table.is_of(&page, true).unwrap(), of_podman, "{text}");
        }
    }
}
