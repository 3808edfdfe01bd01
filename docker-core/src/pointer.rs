//! Finds the JSON pointer of the place where decoding failed.
//!
//! `serde_json` reports the line and the column. Deriving the pointer from these costs nothing unless decoding fails,
//! whereas a deserializer that tracks its path would slow down every type and double its code.

/// Returns the JSON pointer (RFC 6901) of the value before a line and a column of `text`, which count from 1. It is
/// empty for the whole document.
pub(crate) fn pointer(text: &[u8], line: usize, column: usize) -> String {
    let end = offset(text, line, column);
    let mut levels = Vec::new();
    let mut at = 0;
    while at < end {
        match text[at] {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Array(index)) => *index += 1,
                Some(Level::Object(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let start = at;
                at = string_end(text, at);
                if let Some(Level::Object(key @ None)) = levels.last_mut() {
                    *key = Some(&text[start..at]);
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    levels.iter().map(Level::token).collect()
}

enum Level<'a> {
    /// With the key that was read last, in its quotes.
    Object(Option<&'a [u8]>),
    Array(usize),
}

impl Level<'_> {
    fn token(&self) -> String {
        match self {
            Level::Object(None) => String::new(),
            Level::Object(Some(key)) => {
                let key = serde_json::from_slice(key)
                    .unwrap_or_else(|_| String::from_utf8_lossy(key).into_owned());
                format!("/{}", key.replace('~', "~0").replace('/', "~1"))
            }
            Level::Array(index) => format!("/{index}"),
        }
    }
}

fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    start.saturating_add(column).min(text.len())
}

/// Returns the position after the string that begins at `start`.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Entry {
        #[serde(rename = "Ports", default)]
        _ports: BTreeMap<String, Vec<u16>>,
        #[serde(rename = "Next", default)]
        _next: Option<Box<Entry>>,
    }

    fn of(text: &str) -> String {
        let error = serde_json::from_str::<Vec<Entry>>(text).unwrap_err();
        pointer(text.as_bytes(), error.line(), error.column())
    }

    #[test]
    fn names_the_value_that_does_not_fit() {
        assert_eq!(of(r#"[{"Ports":{}},{"Ports":{"80/tcp":[1,"x"]}}]"#), "/1/Ports/80~1tcp/1");
        assert_eq!(of("[{\n \"Next\": {\n  \"Ports\": 5}}]"), "/0/Next/Ports");
        assert_eq!(of(r#"[{"Other":{"a":["}"]},"Ports":"\"{"}]"#), "/0/Ports");
        assert_eq!(of("7"), "");
    }

    #[test]
    fn truncated_input_is_not_overrun() {
        assert_eq!(of(r#"[{"Ports":{"a":[1,"#), "/0/Ports/a/1");
        assert_eq!(of(r#"[{"Por"#), "/0/\"Por");
        assert_eq!(pointer(b"", 9, 9), "");
    }
}
