//! What a comparison found, for people and for programs.
//!
//! Every form lists the same changes in the same order: the worst first, then by rule, then by subject.

pub mod github;
pub mod history;
pub mod json;
pub mod markdown;
pub mod text;

use std::cmp::Reverse;

use crate::{
    change::{Change, Subject},
    rules::{Level, RULES},
};

/// The changes from one version to another.
#[derive(Debug)]
pub struct Comparison {
    /// What the older version is called.
    pub from: String,
    /// What the newer version is called.
    pub to: String,
    /// What changed.
    pub changes: Vec<Change>,
}

/// One comparison, or the steps through a range of versions and their sum.
#[derive(Debug)]
pub struct Report {
    /// The name of the API, for titles.
    pub title: String,
    /// The comparisons of neighbours, oldest first.
    pub steps: Vec<Comparison>,
    /// The comparison of the first version with the last, where there is more than one step.
    pub total: Option<Comparison>,
}

/// Which changes a report is about; all that is left out is not looked at.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what this operation meets.
    pub operation: Option<String>,
    /// Only what touches this field or parameter: its name, or a path with dots.
    pub field: Option<String>,
    /// Only this level and worse ones.
    pub level: Option<Level>,
}

impl Filter {
    /// What is left of the change for this report; nothing if the report is not about it.
    ///
    /// A level counts for the chosen operation alone: a field that may be null now is harmless where it is only sent.
    pub fn take(&self, change: Change) -> Option<Change> {
        if self.field.as_ref().is_some_and(|field| !change.names_field(field)) {
            return None;
        }
        let change = match &self.operation {
            Some(operation) => change.at_operation(operation)?,
            None => change,
        };
        self.level.is_none_or(|level| change.level >= level).then_some(change)
    }
}

impl Comparison {
    /// How many changes there are of this level.
    pub fn count(&self, level: Level) -> usize {
        self.changes.iter().filter(|change| change.level == level).count()
    }

    /// `3 changes: 1 breaking, 2 info`, or `no changes`.
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

    /// The changes in the order of reports.
    pub fn ordered(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| order(change));
        changes
    }
}

impl Report {
    /// All comparisons, the sum last.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.steps.iter().chain(&self.total)
    }

    /// The worst level of all changes.
    pub fn worst(&self) -> Option<Level> {
        self.comparisons()
            .flat_map(|comparison| &comparison.changes)
            .map(|change| change.level)
            .max()
    }
}

/// Where a change stands in a report: the worst first.
pub(crate) fn order(change: &Change) -> impl Ord + use<'_> {
    let rule = RULES.iter().position(|rule| *rule == change.rule).unwrap_or(RULES.len());
    (Reverse(change.level), rule, &change.subject, &change.before, &change.after)
}

/// Changes that the same operations meet.
struct Group<'a> {
    operations: Vec<&'a str>,
    changes: Vec<&'a Change>,
}

/// The changes by the operations that meet them; the group with the worst change first.
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

/// What a change is about, as seen from the group that it stands in: without the operation's name where that is above.
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

/// `A`, `A, B and C`, `A, B, C and 5 more`.
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
