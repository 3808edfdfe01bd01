//! Selects the changes that affect a client, by the part of the API that it uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, Place, Site, Subject};
use crate::rules::{self, Rule};

/// The part of an API that a client uses: operations, and what it sends to and reads from each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The operations by their id.
    pub operations: BTreeMap<String, OperationUsage>,
}

/// The part of an operation that a client uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationUsage {
    /// The names of the parameters of the path, the query and the headers that it sends. Those of the path may be left
    /// out.
    pub parameters: BTreeSet<String>,
    /// The keys of the filters that it sends.
    pub filters: BTreeSet<String>,
    /// The fields of the body that it sends; `None` if it sends no body.
    pub body: Option<Fields>,
    /// The fields of the response that it reads.
    pub reply: Fields,
}

/// Fields of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fields {
    /// All of them.
    #[default]
    All,
    /// The fields with these paths: `HostConfig.Mounts[].Type`. `[]` stands for every item of an array, and `{}` for
    /// every value of a map.
    Paths(BTreeSet<String>),
}

/// The rules whose changes affect a client that does not send what they add.
const DEMANDS: &[&Rule] = &[
    rules::REQUIRED_PARAMETER_ADDED,
    rules::PARAMETER_BECAME_REQUIRED,
    rules::REQUIRED_BODY_ADDED,
    rules::BODY_BECAME_REQUIRED,
    rules::REQUIRED_FIELD_ADDED,
    rules::FIELD_BECAME_REQUIRED,
];

impl Usage {
    /// Returns the part of the change that affects the client, with the level that it has there, or `None` if it does
    /// not affect the client.
    pub fn take(&self, mut change: Change) -> Option<Change> {
        let sites = std::mem::take(&mut change.sites);
        change.sites = sites.into_iter().filter(|site| self.affects(&change, site)).collect();
        change.level = change.sites.iter().map(|site| change.level_at(site)).max()?;
        Some(change)
    }

    fn affects(&self, change: &Change, site: &Site) -> bool {
        // A client that was written for the older version uses the id that the operation had there.
        let was = match &change.subject {
            Subject::Operation { .. } => change.was.as_ref(),
            _ => None,
        };
        let used = self.operations.get(&site.operation);
        let Some(used) = used.or_else(|| self.operations.get(was?)) else { return false };
        let demands = DEMANDS.contains(&change.rule);
        match &site.place {
            Place::Whole => true,
            Place::Parameter if change.rule == rules::FILTER_REMOVED => {
                used.filters.contains(&change.before)
            }
            Place::Parameter if change.rule == rules::FILTER_ADDED => {
                used.filters.contains(&change.after)
            }
            Place::Parameter => {
                demands
                    || used.parameters.contains(&site.path)
                    || used.parameters.contains(&change.before)
            }
            Place::Body => match &used.body {
                None => demands && site.path.is_empty(),
                Some(fields) if demands => fields.reach(parent(&site.path)),
                Some(fields) => renamed(change, site, |path| fields.reach(path)),
            },
            // Whoever reads an object may read everything in it.
            Place::Reply(_) => {
                renamed(change, site, |path| used.reply.reach(path) || used.reply.include(path))
            }
        }
    }
}

/// Returns whether the path, or the former path of a renamed field, satisfies the condition.
fn renamed(change: &Change, site: &Site, is: impl Fn(&str) -> bool) -> bool {
    if is(&site.path) {
        return true;
    }
    let before = match parent(&site.path) {
        "" => change.before.clone(),
        parent => format!("{parent}.{}", change.before),
    };
    change.rule == rules::FIELD_RENAMED && is(&before)
}

/// Returns the path of the object that has this field.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

impl Fields {
    /// Returns whether `path` is a used field, or an object that contains one.
    pub fn reach(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Paths(paths) => {
                let wanted: Vec<&str> = steps(path).collect();
                wanted.is_empty() || paths.iter().any(|used| begins_with(used, &wanted))
            }
        }
    }

    /// Returns whether `path` is a part of a used field.
    fn include(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Paths(paths) => {
                paths.iter().any(|used| begins_with(path, &steps(used).collect::<Vec<_>>()))
            }
        }
    }
}

/// Returns whether `path` begins with these steps. `{}` stands for any key of a map.
fn begins_with(path: &str, first: &[&str]) -> bool {
    let mut steps = steps(path);
    first.iter().all(|wanted| {
        steps.next().is_some_and(|step| {
            let is_key = *wanted == "{}" && step != "[]" || step == "{}" && *wanted != "[]";
            *wanted == step || is_key
        })
    })
}

/// Returns the names in a path, and `[]` and `{}` as steps of their own: `A[].B` has `A`, `[]` and `B`.
pub fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').flat_map(|part| {
        let end = part.find(['[', '{']).unwrap_or(part.len());
        let (name, marks) = part.split_at(end);
        let marks = (0..marks.len() / 2).filter_map(|index| marks.get(2 * index..2 * index + 2));
        Some(name).filter(|name| !name.is_empty()).into_iter().chain(marks)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_a_path() {
        let found: Vec<&str> = steps("HostConfig.Mounts[].Options{}").collect();
        assert_eq!(found, ["HostConfig", "Mounts", "[]", "Options", "{}"]);
        assert_eq!(steps("[].Id").collect::<Vec<_>>(), ["[]", "Id"]);
        assert_eq!(steps("").count(), 0);
    }

    #[test]
    fn a_used_field_is_affected_by_changes_of_the_objects_around_it() {
        let fields =
            Fields::Paths(["HostConfig.Memory".to_owned(), "Labels.team".to_owned()].into());
        for path in ["", "HostConfig", "HostConfig.Memory", "Labels", "Labels{}"] {
            assert!(fields.reach(path), "{path}");
        }
        for path in ["HostConfig.Cpus", "HostConfig.Memory.Max", "Host", "Labels[]"] {
            assert!(!fields.reach(path), "{path}");
        }
    }
}
