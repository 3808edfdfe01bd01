//! The report as JSON, for programs.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Comparison, Report};
use crate::{
    change::{Change, Site, Subject},
    rules::Level,
};

/// The version of the format. It is incremented when programs that read the format need to change.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    form: u32,
    steps: Vec<Step<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    from: &'a str,
    to: &'a str,
    counts: Counts,
    changes: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Counts {
    breaking: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    rule: &'static str,
    level: Level,
    name: String,
    subject: &'a Subject,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<&'a str>,
    text: String,
    before: &'a str,
    after: &'a str,
    operations: Vec<&'a str>,
    sites: &'a BTreeSet<Site>,
}

/// Renders the report as JSON.
///
/// ```json
/// {
///   "form": 1,
///   "steps": [{
///     "from": "1.0", "to": "1.1",
///     "counts": {"breaking": 0, "warning": 0, "info": 1},
///     "changes": [{
///       "id": "0f1e2d3c4b5a", "rule": "field-added", "level": "info",
///       "name": "Item.price", "subject": {"kind": "schema", "schema": "Item", "path": "price"},
///       "text": "new field: integer", "before": "", "after": "integer",
///       "operations": ["ItemGet"],
///       "sites": [{"operation": "ItemGet", "place": "reply 200", "path": "price"}]
///     }]
///   }]
/// }
/// ```
///
/// `total` has the form of a step and is present if there is more than one step. `was` is the former name of the
/// subject, if it had another. `form` is the version of this format: members may be added without a new version.
///
/// # Errors
///
/// Returns an error if the report cannot be written as JSON, which is not expected to happen.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let document = Document {
        form: FORMAT_VERSION,
        steps: report.steps.iter().map(step).collect(),
        total: report.total.as_ref().map(step),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn step(comparison: &Comparison) -> Step<'_> {
    Step {
        from: &comparison.from,
        to: &comparison.to,
        counts: Counts {
            breaking: comparison.count(Level::Breaking),
            warning: comparison.count(Level::Warning),
            info: comparison.count(Level::Info),
        },
        changes: comparison.ordered().into_iter().map(record).collect(),
    }
}

fn record(change: &Change) -> Record<'_> {
    Record {
        id: change.id(),
        rule: change.rule.id,
        level: change.level,
        name: change.subject.to_string(),
        subject: &change.subject,
        was: change.was.as_deref(),
        text: change.text(),
        before: &change.before,
        after: &change.after,
        operations: change.operations(),
        sites: &change.sites,
    }
}
