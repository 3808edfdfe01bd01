//! What a call is about: its operation, and the object that its path or its query names.

use std::fmt;
use std::sync::Arc;

use crate::Operation;
use crate::uri::{Part, parts};

/// The operation of a call and the object that it names, as errors show them.
///
/// It is written as `ContainerInspect (GET /containers/web/json)`, or as
/// `ImageCreate (POST /images/create?fromImage=alpine)` if parameters of the query name the object
/// ([`Operation::object`]). Other values are not shown, because they may be secrets. If a value of the path is not
/// known, the path is omitted: `ContainerInspect`. Clones are cheap.
///
/// ```
/// use docker_core::{Operation, Target};
///
/// static INSPECT: Operation = Operation::new("ThingInspect", "GET", "/things/{id}/json");
/// assert_eq!(Target::new(&INSPECT, [("id", "web")]).to_string(), "ThingInspect (GET /things/web/json)");
/// assert_eq!(Target::from(&INSPECT).to_string(), "ThingInspect");
///
/// static CREATE: Operation = Operation::new("ThingCreate", "POST", "/things").object(&["name"]);
/// let target = Target::new(&CREATE, []).with_query([("name", "web"), ("token", "secret")]);
/// assert_eq!(target.to_string(), "ThingCreate (POST /things?name=web)");
/// ```
#[derive(Clone)]
pub struct Target {
    operation: &'static Operation,
    /// The path and the query with the values that name the object, if all of those in the path are known.
    path: Option<Arc<str>>,
}

impl Target {
    /// Creates the target of a call of `operation` with these values in its path.
    pub fn new<'a>(
        operation: &'static Operation,
        path: impl IntoIterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Self {
        let known = |name: &str| path.clone().into_iter().find(|(key, _)| *key == name);
        let mut filled = String::new();
        for part in parts(operation.path) {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Parameter(name) => match known(name) {
                    Some((_, value)) => push_shown(&mut filled, value),
                    None => return Self::from(operation),
                },
            }
        }
        Self { operation, path: Some(filled.into()) }
    }

    /// Adds the values of the query that name the object.
    #[must_use]
    pub fn with_query<'a>(self, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let object = self.operation.object;
        let mut named = query.into_iter().filter(|(name, _)| object.contains(name)).peekable();
        if named.peek().is_none() {
            return self;
        }
        let Some(mut shown) = self.shown_path().map(str::to_owned) else { return self };
        for (name, value) in named {
            shown.push(if shown.contains('?') { '&' } else { '?' });
            shown.push_str(name);
            shown.push('=');
            push_shown(&mut shown, value);
        }
        Self { path: Some(shown.into()), ..self }
    }

    /// Returns whether the object of the call is known.
    pub(crate) fn names_object(&self) -> bool {
        self.path.is_some()
    }

    /// The path as it is shown; `None` if a value of it is not known.
    fn shown_path(&self) -> Option<&str> {
        let path = self.operation.path;
        self.path.as_deref().or_else(|| (!path.contains('{')).then_some(path))
    }

    /// Returns the operation.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }
}

/// The target of a call whose path has no parameters, or whose values are not known.
impl From<&'static Operation> for Target {
    fn from(operation: &'static Operation) -> Self {
        Self { operation, path: None }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { id, method, .. } = self.operation;
        match self.shown_path() {
            Some(path) => write!(f, "{id} ({method} {path})"),
            None => f.write_str(id),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Adds a value. Control characters, which a terminal would obey, are replaced.
fn push_shown(to: &mut String, value: &str) {
    to.extend(value.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    static DELETE: Operation = Operation::new("PartDelete", "DELETE", "/things/{id}/parts/{part}");
    static INFO: Operation = Operation::new("Info", "GET", "/info");

    static RENAME: Operation =
        Operation::new("Rename", "POST", "/things/{id}/rename").object(&["name", "tag"]);

    #[test]
    fn only_what_names_the_object_is_shown_of_the_query() {
        let query = [("name", "b\n"), ("token", "secret"), ("tag", "1"), ("tag", "2")];
        let target = Target::new(&RENAME, [("id", "a")]).with_query(query);
        assert_eq!(target.to_string(), "Rename (POST /things/a/rename?name=b\u{fffd}&tag=1&tag=2)");
        let target = Target::new(&RENAME, [("id", "a")]).with_query([("token", "secret")]);
        assert_eq!(target.to_string(), "Rename (POST /things/a/rename)");
        assert_eq!(Target::from(&RENAME).with_query([("name", "b")]).to_string(), "Rename");
    }

    #[test]
    fn the_path_is_shown_with_its_values_or_not_at_all() {
        let target = Target::new(&DELETE, [("part", "b/c"), ("id", "a\n\u{1b}[31m")]);
        assert_eq!(
            target.to_string(),
            "PartDelete (DELETE /things/a\u{fffd}\u{fffd}[31m/parts/b/c)"
        );
        assert_eq!(Target::new(&DELETE, [("id", "a")]).to_string(), "PartDelete");
        assert_eq!(Target::from(&INFO).to_string(), "Info (GET /info)");
        assert_eq!(Target::new(&INFO, []).to_string(), "Info (GET /info)");
    }
}
