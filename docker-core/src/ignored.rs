//! Finds the fields in the body of a request that are too new for the engine, which then ignores them silently.
//!
//! A query parameter that is too new is an error ([`Error::TooNew`](crate::Error::TooNew)), but a field of a body is
//! not: most of them do no harm if they are ignored, and programs set them for engines that support them.

use std::fmt;

use serde_json::Value;

use crate::{ApiVersion, Operation};

/// A field in the body of a request that needs a later version of the API than the negotiated one. The engine may have
/// ignored it.
///
/// `Display` writes
/// `HostConfig.Annotations needs API 1.43; API 1.41 was negotiated, so the engine may have ignored it`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredField {
    /// The path of the field in the body, such as `HostConfig.Mounts[].BindOptions.NonRecursive`: `[]` is any item of a
    /// list and `{}` any value of a map.
    pub path: &'static str,
    /// The version that introduced it.
    pub needs: ApiVersion,
    /// The negotiated or pinned version.
    pub negotiated: ApiVersion,
}

impl fmt::Display for IgnoredField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, needs, negotiated } = self;
        write!(
            f,
            "{path} needs API {needs}; API {negotiated} was negotiated, so the engine may have ignored it"
        )
    }
}

/// Returns the fields of a JSON body that need a later version than `negotiated`.
pub(crate) fn ignored(
    operation: &Operation,
    body: &[u8],
    negotiated: ApiVersion,
) -> Vec<IgnoredField> {
    let mut newer = operation.fields.iter().filter(|field| field.since > negotiated).peekable();
    if newer.peek().is_none() {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    newer
        .filter(|field| is_set(&body, field.path))
        .map(|field| IgnoredField { path: field.path, needs: field.since, negotiated })
        .collect()
}

/// Returns whether a path leads to a value other than null, through any item of a list and any value of a map.
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
    use crate::BodyField;

    #[test]
    fn a_field_is_found_at_any_path() {
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
    fn newer_fields_that_are_set_are_reported() {
        static CREATE: Operation = Operation::new("ThingCreate", "POST", "/things/create")
            .fields(&[BodyField::new("A", 1, 42), BodyField::new("B", 1, 43)]);
        let told = |body, minor| ignored(&CREATE, body, ApiVersion::new(1, minor));
        let body = br#"{"A":1,"B":2}"#;
        assert_eq!(told(body, 41).len(), 2);
        assert_eq!(told(body, 42)[0].path, "B");
        assert!(told(body, 43).is_empty());
        assert!(told(br#"{"A":null}"#, 41).is_empty());
    }
}
