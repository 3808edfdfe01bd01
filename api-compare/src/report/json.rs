//! The report for programs; `docs/compare.schema.json` says what it looks like.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Comparison, Report};
use crate::{
    change::{Change, Site, Subject},
    rules::Level,
};

/// The number of the form; it grows when a program that reads the form would go wrong.
const FORM: u32 = 1;

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

/// The report as JSON.
///
/// # Errors
///
/// None that is known: everything in a report can be written as JSON.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let document = Document {
        form: FORM,
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
