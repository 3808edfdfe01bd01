//! What of a request's body an engine that speaks an older version of the API does not know, and ignores without a word.
//!
//! A parameter of the query that is too new is refused ([`Error::TooNew`](crate::Error::TooNew)); a field of a body is not:
//! most are a wish whose lack does no harm, and programs set them for the engines that know them.

use std::fmt;

use serde_json::Value;

use crate::generated::FIELDS;
use crate::{ApiVersion, Operation};

/// An operation, and the fields of its body that are younger than it, by path, with the minor versions they came with.
pub(crate) type Entry = (&'static str, &'static [(&'static str, u16)]);

/// A field that was set in the body of a request, and which came with a later version of the API than the request went out
/// with. Engines ignore what they do not know.
///
/// What is written is for people: `HostConfig.Annotations came with API 1.43; the engine, spoken to in API 1.41, may have
/// ignored it`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredField {
    /// Where it is in the body: `HostConfig.Mounts[].BindOptions.NonRecursive`, where `[]` stands for the items of a list and
    /// `{}` for the values of a map.
    pub path: &'static str,
    /// The version that it came with.
    pub needs: ApiVersion,
    /// The version that the request went out with.
    pub speaks: ApiVersion,
}

impl fmt::Display for IgnoredField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, needs, speaks } = self;
        write!(
            f,
            "{path} came with API {needs}; the engine, spoken to in API {speaks}, may have ignored it"
        )
    }
}

/// Whether the body of an operation can have fields that are younger than `speaks`.
pub(crate) fn has_younger(operation: &Operation, speaks: ApiVersion) -> bool {
    younger(operation, speaks).next().is_some()
}

/// The fields in a body of JSON that came after `speaks`.
pub(crate) fn ignored(operation: &Operation, body: &[u8], speaks: ApiVersion) -> Vec<IgnoredField> {
    if !has_younger(operation, speaks) {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    younger(operation, speaks)
        .filter(|(path, _)| is_set(&body, path))
        .map(|(path, needs)| IgnoredField { path, needs, speaks })
        .collect()
}

fn younger(
    operation: &Operation,
    speaks: ApiVersion,
) -> impl Iterator<Item = (&'static str, ApiVersion)> {
    let found = FIELDS.binary_search_by_key(&operation.id, |(id, _)| id);
    let fields = found.map_or(&[][..], |at| FIELDS[at].1);
    fields
        .iter()
        .map(|(path, minor)| (*path, ApiVersion::new(1, *minor)))
        .filter(move |(_, needs)| *needs > speaks)
}

/// Whether there is something other than null at a path, in any item of a list and any value of a map on the way.
fn is_set(value: &Value, path: &str) -> bool {
    if path.is_empty() {
        return !value.is_null();
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    if let Some(rest) = path.strip_prefix("[]") {
        return value.as_array().is_some_and(|items| items.iter().any(|item| is_set(item, rest)));
    }
    if let Some(rest) = path.strip_prefix("{}") {
        return value.as_object().is_some_and(|map| map.values().any(|value| is_set(value, rest)));
    }
    let (name, rest) = path.split_at(path.find(['.', '[', '{']).unwrap_or(path.len()));
    value.get(name).is_some_and(|value| is_set(value, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_wherever_it_stands() {
        let body = json!({
            "A": {"B": false, "N": null},
            "List": [{"X": 1}, {"Y": {"Z": ""}}],
            "Map": {"one": {}, "two": {"Y": []}},
        });
        for path in ["A", "A.B", "List[].X", "List[].Y.Z", "Map{}.Y"] {
            assert!(is_set(&body, path), "{path}");
        }
        for path in
            ["B", "A.N", "A.C", "A.B.C", "List.X", "List[].Z", "Map[].Y", "Map{}.X", "A[].B"]
        {
            assert!(!is_set(&body, path), "{path}");
        }
    }

    #[test]
    fn the_table_is_sorted_as_it_is_searched() {
        assert!(FIELDS.is_sorted_by_key(|(id, _)| id));
    }
}
