//! What a call is about: its operation, and the object that its path names.

use std::fmt;
use std::sync::Arc;

use crate::Operation;
use crate::uri::{Part, parts};

/// The operation of a call and the object that it names, as errors show them.
///
/// It is written as `ContainerInspect (GET /containers/web/json)`: values of the path are shown, because they name the object;
/// other values are not, because they may be secrets. A value that is not known is left out together with the path:
/// `ContainerInspect`. Clones are cheap.
///
/// ```
/// use docker_core::{Operation, Target};
///
/// static INSPECT: Operation = Operation::new("ThingInspect", "GET", "/things/{id}/json");
/// assert_eq!(Target::new(&INSPECT, [("id", "web")]).to_string(), "ThingInspect (GET /things/web/json)");
/// assert_eq!(Target::from(&INSPECT).to_string(), "ThingInspect");
/// ```
#[derive(Clone)]
pub struct Target {
    operation: &'static Operation,
    /// The path with its values, if it has parameters and all of them are known.
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
                    // What a terminal would obey is shown, not obeyed.
                    Some((_, value)) => {
                        let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
                        filled.extend(value.chars().map(shown));
                    }
                    None => return Self::from(operation),
                },
            }
        }
        Self { operation, path: Some(filled.into()) }
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
        let Operation { id, method, path, .. } = self.operation;
        match &self.path {
            Some(path) => write!(f, "{id} ({method} {path})"),
            None if path.contains('{') => f.write_str(id),
            None => write!(f, "{id} ({method} {path})"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static DELETE: Operation = Operation::new("PartDelete", "DELETE", "/things/{id}/parts/{part}");
    static INFO: Operation = Operation::new("Info", "GET", "/info");

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
