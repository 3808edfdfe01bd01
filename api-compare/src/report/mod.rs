//! Reports of what a comparison found, for people and for programs.
//!
//! All reports list the same changes in the same order: the worst first, then by rule, then by subject.
//!
//! ```
//! use api_compare::{compare, model::Api, report::{Filter, Report, markdown}};
//! use serde_json::json;
//!
//! let document = |replies| json!({"paths": {"/items": {"get": {"operationId": "ItemList", "responses": replies}}}});
//! let versions = [
//!     Api::read("1.0", &document(json!({"200": {}})))?,
//!     Api::read("1.1", &document(json!({"200": {}, "404": {}})))?,
//! ];
//! let report = Report::new("Shop API", &versions, |api| &api.label, &Filter::default(), compare);
//! assert!(markdown::render(&report).starts_with("# Shop API 1.0 → 1.1\n\n1 change: 1 info.\n"));
//! # Ok::<(), api_compare::model::ReadError>(())
//! ```

pub mod github;
pub mod history;
pub mod json;
pub mod markdown;
pub mod text;

use std::cmp::Reverse;

use crate::{
    change::{Change, Subject},
    rules::{Level, RULES},
    usage::Usage,
};

/// The changes from one version to another.
#[derive(Debug)]
pub struct Comparison {
    /// The name of the older version.
    pub from: String,
    /// The name of the newer version.
    pub to: String,
    /// The changes.
    pub changes: Vec<Change>,
}

/// One comparison, or the steps through a range of versions and the comparison of its ends.
#[derive(Debug)]
pub struct Report {
    /// The name of the API, for titles.
    pub title: String,
    /// The comparisons of neighbouring versions, oldest first.
    pub steps: Vec<Comparison>,
    /// The comparison of the first version with the last, if there is more than one step.
    pub total: Option<Comparison>,
}

/// Selects the changes of a report. The default selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only changes that affect the operation with this id.
    pub operation: Option<String>,
    /// Only changes of this field or parameter: its name, or a path with dots.
    pub field: Option<String>,
    /// Only changes of this level and worse ones.
    pub level: Option<Level>,
    /// Only changes that affect a client which uses this part of the API.
    pub usage: Option<Usage>,
}

impl Filter {
    /// Returns the part of the change that is selected, or `None` if no part of it is selected.
    ///
    /// With an operation, the level is the one that the change has for that operation: a field that may be null now is
    /// harmless for an operation that only sends it.
    pub fn take(&self, change: Change) -> Option<Change> {
        if self.field.as_ref().is_some_and(|field| !change.names_field(field)) {
            return None;
        }
        let change = match &self.usage {
            Some(usage) => usage.take(change)?,
            None => change,
        };
        let change = match &self.operation {
            Some(operation) => change.at_operation(operation)?,
            None => change,
        };
        self.level.is_none_or(|level| change.level >= level).then_some(change)
    }
}

impl Comparison {
    /// Returns the number of changes of this level.
    pub fn count(&self, level: Level) -> usize {
        self.changes.iter().filter(|change| change.level == level).count()
    }

    /// Returns the number of changes by level: `3 changes: 1 breaking, 2 info`, or `no changes`.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = Level::ALL
            .into_iter()
            .map(|level| (self.count(level), level))
            .filter(|(count, _)| *count > 0)
            .map(|(count, level)| match level {
                Level::Warning if count > 1 => format!("{count} warnings"),
                level => format!("{count} {level}"),
            })
            .collect();
        match self.changes.len() {
            0 => "no changes".to_owned(),
            1 => format!("1 change: {}", counts.join(", ")),
            all => format!("{all} changes: {}", counts.join(", ")),
        }
    }

    /// Returns the changes in the order of reports.
    pub fn ordered(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| order(change));
        changes
    }
}

impl Report {
    /// Compares each version with the next one and, of more than two versions, the first with the last.
    ///
    /// `title` is the name of the API, `label` returns the name of a version, and `filter` selects the changes.
    /// `compare` is [`compare`](crate::compare()), or a function that finds changes of another kind.
    pub fn new<'a, T>(
        title: &str,
        versions: &'a [T],
        label: impl Fn(&'a T) -> &'a str,
        filter: &Filter,
        compare: impl Fn(&T, &T) -> Vec<Change>,
    ) -> Self {
        let comparison = |old: &'a T, new: &'a T| Comparison {
            from: label(old).to_owned(),
            to: label(new).to_owned(),
            changes: compare(old, new)
                .into_iter()
                .filter_map(|change| filter.take(change))
                .collect(),
        };
        let steps = versions.iter().zip(versions.iter().skip(1));
        Self {
            title: title.to_owned(),
            steps: steps.map(|(old, new)| comparison(old, new)).collect(),
            total: match versions {
                [first, _, .., last] => Some(comparison(first, last)),
                _ => None,
            },
        }
    }

    /// Returns all comparisons, the one of the first version with the last at the end.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.steps.iter().chain(&self.total)
    }

    /// Returns the worst level of all changes, or `None` if there are no changes.
    pub fn worst(&self) -> Option<Level> {
        self.comparisons()
            .flat_map(|comparison| &comparison.changes)
            .map(|change| change.level)
            .max()
    }
}

/// Returns the position of a change in a report: the worst come first.
pub(crate) fn order(change: &Change) -> impl Ord + use<'_> {
    let rule = RULES.iter().position(|rule| *rule == change.rule).unwrap_or(RULES.len());
    (Reverse(change.level), rule, &change.subject, &change.before, &change.after)
}

/// The changes that affect the same operations.
struct Group<'a> {
    operations: Vec<&'a str>,
    changes: Vec<&'a Change>,
}

/// Returns the changes by the operations that they affect. The group with the worst change comes first.
fn groups(comparison: &Comparison) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for change in comparison.ordered() {
        let operations = change.operations();
        match groups.iter_mut().find(|group| group.operations == operations) {
            Some(group) => group.changes.push(change),
            None => groups.push(Group { operations, changes: vec![change] }),
        }
    }
    groups.sort_by_key(|group| {
        (group.changes.first().map(|change| Reverse(change.level)), group.operations.clone())
    });
    groups
}

/// Returns the subject of a change in its group: without the name of the operation if that is the heading of the group.
fn name_within(change: &Change, operations: &[&str]) -> String {
    let name = change.subject.to_string();
    let operation = match &change.subject {
        Subject::Schema { .. } | Subject::Code { .. } => return name,
        Subject::Operation { operation }
        | Subject::Parameter { operation, .. }
        | Subject::Body { operation, .. }
        | Subject::Reply { operation, .. }
        | Subject::Header { operation, .. } => operation,
    };
    match name.strip_prefix(operation.as_str()) {
        Some(rest) if operations == [operation.as_str()] => rest.trim_start().to_owned(),
        _ => name,
    }
}

/// Joins names: `A`, `A, B and C`, `A, B, C and 5 more`.
fn some_of(names: &[&str], most: usize) -> String {
    match names {
        [] => "no operation".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= most => format!("{} and {last}", first.join(", ")),
        _ => {
            let shown = names.get(..most).unwrap_or(names);
            format!("{} and {} more", shown.join(", "), names.len() - shown.len())
        }
    }
}
