//! Parses JSON that may contain secrets, with errors that do not contain them.

use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

/// Parses JSON, after a byte order mark if there is one.
///
/// # Errors
///
/// Returns the position and the kind of the error. Unlike an error of serde, it does not contain the value.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    serde_json::from_slice(text).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "the value is not of the expected type",
            Category::Eof => "the JSON ends too early",
            Category::Syntax | Category::Io => "invalid JSON",
        };
        format!("cannot be parsed (line {}, column {}: {what})", error.line(), error.column())
    })
}

/// Reads `null` as the default value, as Go does.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_error_says_where_and_shows_no_value() {
        for (text, expected) in [
            ("{\"a\":\n{\"b\": \"hunter2\"}}", "line 2, column 15: the value is not of the"),
            ("{\"a\":\nhunter2}", "line 2, column 1: invalid JSON"),
            ("{\"a\": \"hunter2", "line 1, column 14: the JSON ends too early"),
            ("\"hunter2\"", "line 1, column 9: the value is not of the"),
        ] {
            let read = read::<BTreeMap<String, BTreeMap<String, u8>>>(text.as_bytes());
            let error = read.unwrap_err();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
