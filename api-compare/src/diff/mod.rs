//! Walks two versions side by side and records the differences.
//!
//! The walk starts at the operations and continues with their parameters, bodies and responses, so that for each change
//! it is known which operations it affects, and whether they send or receive it. Trees with equal fingerprints are
//! skipped. Schemas that no operation refers to are compared by name at the end.

mod operation;
mod rename;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    change::{Change, Place, Site, Subject},
    model::{Api, Operation},
    rules::{self, Level, Rule},
};

/// Compares two versions and returns the changes from `old` to `new`, in the order of their subjects.
///
/// Each change is returned once, with all operations that it affects.
pub fn compare(old: &Api, new: &Api) -> Vec<Change> {
    let mut comparer = Comparer { old, new, found: BTreeMap::new() };
    comparer.operations();
    comparer.unreached();
    comparer.finish()
}

struct Comparer<'a> {
    old: &'a Api,
    new: &'a Api,
    found: BTreeMap<Key, Recorded>,
}

/// The values that identify a change.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    subject: Subject,
    rule: &'static str,
    before: String,
    after: String,
    was: Option<String>,
}

/// The sites of a change, and its level there.
struct Recorded {
    rule: &'static Rule,
    level: Level,
    sites: BTreeSet<Site>,
}

/// The direction of the data.
#[derive(Clone, Copy)]
enum Direction {
    Request,
    Reply,
    /// No operation refers to it.
    Unreached,
}

impl Direction {
    fn level(self, rule: &Rule) -> Level {
        match self {
            Self::Request => rule.request,
            Self::Reply => rule.reply,
            Self::Unreached => rule.unreached(),
        }
    }
}

/// A place in both documents: the subject of changes there, and their site.
#[derive(Clone)]
struct Position {
    subject: Subject,
    was: Option<String>,
    site: Option<Site>,
    direction: Direction,
}

impl Position {
    /// Returns the place one step below. `step` is the name of a field, `[]` or `{}`.
    fn down(&self, step: &str) -> Self {
        let mut position = self.clone();
        match &mut position.subject {
            Subject::Body { path, .. }
            | Subject::Reply { path, .. }
            | Subject::Schema { path, .. } => push(path, step),
            _ => {}
        }
        if let Some(site) = &mut position.site {
            push(&mut site.path, step);
        }
        position
    }

    /// Returns the same place as a part of the named schema.
    fn within(self, schema: String, was: Option<String>, path: &str) -> Self {
        Self { subject: Subject::Schema { schema, path: path.to_owned() }, was, ..self }
    }
}

fn push(path: &mut String, step: &str) {
    if !path.is_empty() && !step.starts_with(['[', '{']) {
        path.push('.');
    }
    path.push_str(step);
}

impl Comparer<'_> {
    fn record(
        &mut self,
        rule: &'static Rule,
        position: &Position,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        let key = Key {
            subject: position.subject.clone(),
            rule: rule.id,
            before: before.into(),
            after: after.into(),
            was: position.was.clone(),
        };
        let level = position.direction.level(rule);
        let met = self.found.entry(key).or_insert_with(|| Recorded {
            rule,
            level,
            sites: BTreeSet::new(),
        });
        met.level = met.level.max(level);
        met.sites.extend(position.site.clone());
    }

    fn finish(self) -> Vec<Change> {
        let change = |(key, met): (Key, Recorded)| Change {
            rule: met.rule,
            level: met.level,
            subject: key.subject,
            was: key.was,
            before: key.before,
            after: key.after,
            sites: met.sites,
        };
        self.found.into_iter().map(change).collect()
    }

    fn operations(&mut self) {
        let (old, new) = (&self.old.operations, &self.new.operations);
        // Clients send methods and paths, so that operations are matched by these, and only those that have moved by their id.
        let new_routes: BTreeSet<String> = new.values().map(Operation::route).collect();
        let by_route: BTreeMap<String, &Operation> =
            old.values().map(|operation| (operation.route(), operation)).collect();
        let mut paired = BTreeSet::new();
        for operation in new.values() {
            let position = whole(&operation.id);
            let moved = || {
                let before = old.get(&operation.id)?;
                (!new_routes.contains(&before.route())).then_some(before)
            };
            match by_route.get(&operation.route()).copied().or_else(moved) {
                None => self.record(rules::OPERATION_ADDED, &position, "", address(operation)),
                Some(before) => {
                    paired.insert(before.id.as_str());
                    let mut position = position;
                    if before.id != operation.id {
                        position.was = Some(before.id.clone());
                        self.record(rules::OPERATION_RENAMED, &position, &before.id, &operation.id);
                    }
                    self.operation(before, operation, position);
                }
            }
        }
        for operation in old.values().filter(|gone| !paired.contains(gone.id.as_str())) {
            self.record(rules::OPERATION_REMOVED, &whole(&operation.id), address(operation), "");
        }
    }

    fn unreached(&mut self) {
        let (old, new) = (self.old, self.new);
        let position = |schema: &str| Position {
            subject: Subject::Schema { schema: schema.to_owned(), path: String::new() },
            was: None,
            site: None,
            direction: Direction::Unreached,
        };
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for (name, before) in &old.schemas {
            match new.schemas.get(name) {
                Some(after) if !(old.reached.contains(name) && new.reached.contains(name)) => {
                    self.schema(before, after, &position(name));
                }
                None if !old.reached.contains(name) => gone.push((name.as_str(), before.as_ref())),
                _ => {}
            }
        }
        for (name, after) in &new.schemas {
            if !old.schemas.contains_key(name) && !new.reached.contains(name) {
                come.push((name.as_str(), after.as_ref()));
            }
        }
        let renamed = rename::pairs(&gone, &come);
        for (name, before) in gone {
            match renamed
                .iter()
                .find(|(from, _)| *from == name)
                .and_then(|(_, to)| new.schemas.get(*to))
            {
                Some(after) => self.schema(before, after, &position(name)),
                None => self.record(rules::SCHEMA_REMOVED, &position(name), "", ""),
            }
        }
        for (name, _) in come.iter().filter(|(name, _)| renamed.iter().all(|(_, to)| to != name)) {
            self.record(rules::SCHEMA_ADDED, &position(name), "", "");
        }
    }
}

fn address(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn whole(id: &str) -> Position {
    Position {
        subject: Subject::Operation { operation: id.to_owned() },
        was: None,
        site: Some(Site { operation: id.to_owned(), place: Place::Whole, path: String::new() }),
        direction: Direction::Request,
    }
}
