//! Compares two operations: their parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Comparer, Direction, Position, rename};
use crate::{
    change::{Place, Site, Subject},
    model::{Body, Location, Operation, Parameter, Reply, Schema},
    rules,
};

impl Comparer<'_> {
    /// Compares an operation with its older version. `position` is the operation as a whole.
    pub(super) fn operation(&mut self, old: &Operation, new: &Operation, position: Position) {
        if old.route() != new.route() {
            self.record(
                rules::OPERATION_MOVED,
                &position,
                super::address(old),
                super::address(new),
            );
        }
        let rules = [
            rules::OPERATION_UNDEPRECATED,
            rules::OPERATION_DEPRECATED,
            rules::DEPRECATION_CHANGED,
        ];
        self.option(rules, &position, old.deprecated.as_deref(), new.deprecated.as_deref());
        let at = OperationId { operation: &new.id, was: position.was.as_ref() };
        self.parameters(old, new, at);
        self.bodies(old.body.as_ref(), new.body.as_ref(), at);
        self.replies(old, new, at);
        let rules = [rules::REPLY_MEDIA_TYPE_REMOVED, rules::REPLY_MEDIA_TYPE_ADDED];
        self.sets(
            rules,
            &Position { direction: Direction::Reply, ..position },
            &old.produces,
            &new.produces,
        );
    }

    fn parameters(&mut self, old: &Operation, new: &Operation, at: OperationId<'_>) {
        let mut come: Vec<&Parameter> = new.parameters.iter().collect();
        let mut gone = Vec::new();
        for parameter in &old.parameters {
            let name = name_now(parameter, old, new);
            match come
                .iter()
                .position(|other| other.location == parameter.location && same_name(other, name))
            {
                Some(index) => {
                    let after = come.remove(index);
                    let position = at.parameter(after.location, &after.name);
                    if parameter.location == Location::Path && parameter.name != after.name {
                        self.record(
                            rules::PATH_PARAMETER_RENAMED,
                            &position,
                            &parameter.name,
                            &after.name,
                        );
                    }
                    self.parameter(parameter, after, &position);
                }
                None => gone.push(parameter),
            }
        }
        // The parameters that are left have another location or another name, or are removed or added.
        gone.retain(|parameter| {
            let Some(index) = come.iter().position(|other| other.name == parameter.name) else {
                return true;
            };
            let after = come.remove(index);
            let position = at.parameter(after.location, &after.name);
            self.record(
                rules::PARAMETER_RELOCATED,
                &position,
                parameter.location.as_str(),
                after.location.as_str(),
            );
            self.parameter(parameter, after, &position);
            false
        });
        for (before, after) in renamed(&gone, &come) {
            let position = at.parameter(after.location, &after.name);
            self.record(rules::PARAMETER_RENAMED, &position, &before.name, &after.name);
            self.parameter(before, after, &position);
            gone.retain(|other| !std::ptr::eq(*other, before));
            come.retain(|other| !std::ptr::eq(*other, after));
        }
        for parameter in gone {
            let rule = if parameter.required {
                rules::REQUIRED_PARAMETER_REMOVED
            } else {
                rules::PARAMETER_REMOVED
            };
            self.record(
                rule,
                &at.parameter(parameter.location, &parameter.name),
                describe(parameter),
                "",
            );
        }
        for parameter in come {
            let rule = if parameter.required {
                rules::REQUIRED_PARAMETER_ADDED
            } else {
                rules::PARAMETER_ADDED
            };
            self.record(
                rule,
                &at.parameter(parameter.location, &parameter.name),
                "",
                describe(parameter),
            );
        }
    }

    fn parameter(&mut self, old: &Parameter, new: &Parameter, position: &Position) {
        match (old.required, new.required) {
            (false, true) => self.record(rules::PARAMETER_BECAME_REQUIRED, position, "", ""),
            (true, false) => self.record(rules::PARAMETER_BECAME_OPTIONAL, position, "", ""),
            _ => {}
        }
        // The default of Swagger 2.0.
        let collection = |parameter: &Parameter| {
            parameter.collection.clone().unwrap_or_else(|| "csv".to_owned())
        };
        if old.schema.items.is_some()
            && new.schema.items.is_some()
            && collection(old) != collection(new)
        {
            self.record(
                rules::COLLECTION_FORMAT_CHANGED,
                position,
                collection(old),
                collection(new),
            );
        }
        match (old.filters.is_empty(), new.filters.is_empty()) {
            (false, false) => {
                self.sets(
                    [rules::FILTER_REMOVED, rules::FILTER_ADDED],
                    position,
                    &old.filters,
                    &new.filters,
                );
            }
            (true, false) => self.record(rules::FILTERS_STATED, position, "", list(&new.filters)),
            (false, true) => self.record(rules::FILTERS_DROPPED, position, list(&old.filters), ""),
            (true, true) => {}
        }
        self.schema(&old.schema, &new.schema, position);
    }

    fn bodies(&mut self, old: Option<&Body>, new: Option<&Body>, at: OperationId<'_>) {
        let position = at.body();
        match (old, new) {
            (None, None) => {}
            (Some(old), None) => {
                let rule =
                    if old.required { rules::REQUIRED_BODY_REMOVED } else { rules::BODY_REMOVED };
                self.record(rule, &position, old.schema.describe(), "");
            }
            (None, Some(new)) => {
                let rule =
                    if new.required { rules::REQUIRED_BODY_ADDED } else { rules::BODY_ADDED };
                self.record(rule, &position, "", new.schema.describe());
            }
            (Some(old), Some(new)) => {
                match (old.required, new.required) {
                    (false, true) => self.record(rules::BODY_BECAME_REQUIRED, &position, "", ""),
                    (true, false) => self.record(rules::BODY_BECAME_OPTIONAL, &position, "", ""),
                    _ => {}
                }
                let rules = [rules::REQUEST_MEDIA_TYPE_REMOVED, rules::REQUEST_MEDIA_TYPE_ADDED];
                self.sets(rules, &position, &old.consumes, &new.consumes);
                self.schema(&old.schema, &new.schema, &position);
            }
        }
    }

    fn replies(&mut self, old: &Operation, new: &Operation, at: OperationId<'_>) {
        for status in old.replies.keys().filter(|status| !new.replies.contains_key(*status)) {
            let rule = if is_success(status) {
                rules::SUCCESS_STATUS_REMOVED
            } else {
                rules::ERROR_STATUS_REMOVED
            };
            self.record(rule, &at.reply(status), status, "");
        }
        for (status, after) in &new.replies {
            match old.replies.get(status) {
                Some(before) => self.reply(before, after, status, at),
                None if is_success(status) => {
                    self.record(rules::SUCCESS_STATUS_ADDED, &at.reply(status), "", status)
                }
                None => self.record(rules::ERROR_STATUS_ADDED, &at.reply(status), "", status),
            }
        }
    }

    fn reply(&mut self, old: &Reply, new: &Reply, status: &str, at: OperationId<'_>) {
        let position = at.reply(status);
        match (&old.schema, &new.schema) {
            (Some(old), Some(new)) => self.schema(old, new, &position),
            (Some(old), None) => {
                self.record(rules::REPLY_BODY_REMOVED, &position, old.describe(), "")
            }
            (None, Some(new)) => {
                self.record(rules::REPLY_BODY_ADDED, &position, "", new.describe())
            }
            (None, None) => {}
        }
        let header = |name: &String| {
            let mut position = position.clone();
            position.subject = Subject::Header {
                operation: at.operation.to_owned(),
                status: status.to_owned(),
                name: name.clone(),
            };
            position.site = position.site.map(|site| Site { path: name.clone(), ..site });
            position
        };
        let find = |headers: &'_ BTreeMap<String, Arc<Schema>>, name: &str| {
            let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, schema)| Arc::clone(schema))
        };
        for (name, before) in &old.headers {
            if find(&new.headers, name).is_none() {
                self.record(rules::REPLY_HEADER_REMOVED, &header(name), before.describe(), "");
            }
        }
        for (name, after) in &new.headers {
            match find(&old.headers, name) {
                Some(before) => self.schema(&before, after, &header(name)),
                None => self.record(rules::REPLY_HEADER_ADDED, &header(name), "", after.describe()),
            }
        }
    }
}

/// The operation that is compared: its id, and its former id.
#[derive(Clone, Copy)]
struct OperationId<'a> {
    operation: &'a str,
    was: Option<&'a String>,
}

impl OperationId<'_> {
    fn position(
        self,
        subject: Subject,
        place: Place,
        path: &str,
        direction: Direction,
    ) -> Position {
        let site = Site { operation: self.operation.to_owned(), place, path: path.to_owned() };
        Position { subject, was: self.was.cloned(), site: Some(site), direction }
    }

    fn parameter(self, location: Location, name: &str) -> Position {
        let subject = Subject::Parameter {
            operation: self.operation.to_owned(),
            location,
            name: name.to_owned(),
        };
        self.position(subject, Place::Parameter, name, Direction::Request)
    }

    fn body(self) -> Position {
        let subject = Subject::Body { operation: self.operation.to_owned(), path: String::new() };
        self.position(subject, Place::Body, "", Direction::Request)
    }

    fn reply(self, status: &str) -> Position {
        let (operation, status) = (self.operation.to_owned(), status.to_owned());
        let place = Place::Reply(status.clone());
        self.position(
            Subject::Reply { operation, status, path: String::new() },
            place,
            "",
            Direction::Reply,
        )
    }
}

/// Returns the new name of a path parameter: the one at its position, if the path is the same otherwise.
fn name_now<'a>(parameter: &'a Parameter, old: &Operation, new: &'a Operation) -> &'a str {
    if parameter.location != Location::Path || old.route() != new.route() {
        return &parameter.name;
    }
    let position = names(&old.path).position(|name| name == parameter.name);
    position.and_then(|position| names(&new.path).nth(position)).unwrap_or(&parameter.name)
}

/// Returns the names of the parameters in a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn same_name(parameter: &Parameter, name: &str) -> bool {
    // Names of headers are case-insensitive. Ref: RFC 9110, 5.1
    match parameter.location {
        Location::Header => parameter.name.eq_ignore_ascii_case(name),
        _ => parameter.name == name,
    }
}

/// Returns pairs of parameters that differ in their name alone: the names are nearly the same, or no other parameter
/// fits.
fn renamed<'a>(
    gone: &[&'a Parameter],
    come: &[&'a Parameter],
) -> Vec<(&'a Parameter, &'a Parameter)> {
    let fits = |from: &Parameter, to: &Parameter| {
        from.location == to.location
            && from.required == to.required
            && from.schema.shape() == to.schema.shape()
    };
    let mut pairs = Vec::new();
    for from in gone {
        let fitting: Vec<&&Parameter> = come.iter().filter(|to| fits(from, to)).collect();
        let similar = fitting.iter().find(|to| rename::similar(&from.name, &to.name));
        let rivals = gone.iter().filter(|other| fitting.iter().any(|to| fits(other, to))).count();
        match (similar, fitting.as_slice()) {
            (Some(to), _) => pairs.push((*from, **to)),
            (None, [to]) if rivals == 1 => pairs.push((*from, **to)),
            _ => {}
        }
    }
    pairs
}

fn describe(parameter: &Parameter) -> String {
    format!("{} parameter, {}", parameter.location.as_str(), parameter.schema.describe())
}

fn list(values: &BTreeSet<String>) -> String {
    values.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn is_success(status: &str) -> bool {
    status.starts_with(['1', '2', '3'])
}
