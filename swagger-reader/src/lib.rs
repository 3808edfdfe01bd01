//! Reads Swagger 2.0 documents from YAML or JSON.
//!
//! [`read`] returns the document as plain [`serde_json::Value`]s, with string keys throughout (YAML reads the status
//! `200:` as a number) and with YAML's anchors and merge keys applied. It checks that the text is a Swagger 2.0
//! document, but does not check the contents of the objects in it. Every error names the file and
//! the place: a line and column for a syntax error, a JSON [`Pointer`] otherwise.
//!
//! ```
//! let text = "
//! swagger: '2.0'
//! info: {version: '1.0'}
//! paths:
//!   /info: {get: {responses: {200: {description: ok}}}}
//! ";
//! let document = swagger_reader::read(text, "api.yaml")?;
//! assert!(document["paths"]["/info"]["get"]["responses"]["200"].is_object());
//!
//! let error = swagger_reader::read("swagger: '2.0'\ninfo: {version: 1.0}", "api.yaml").unwrap_err();
//! assert_eq!(error.to_string(), "api.yaml at /info/version: expected the API's version, a string, found 1.0");
//! # Ok::<(), swagger_reader::Error>(())
//! ```

mod pointer;
mod value;

use serde_json::Value;

pub use pointer::Pointer;

/// The error of a document that cannot be read as Swagger 2.0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is neither valid YAML nor valid JSON.
    #[error("{name}{} is not valid {language}: {message}", position(.line, .column))]
    Syntax {
        /// The name of the file.
        name: String,
        /// `YAML` or `JSON`.
        language: &'static str,
        /// The line, counted from 1, if it is known.
        line: Option<usize>,
        /// The column, counted from 1, if it is known.
        column: Option<usize>,
        /// The parser's message.
        message: String,
    },
    /// A value has a type or form that Swagger 2.0 does not allow at its place.
    #[error("{name} at {pointer}: expected {expected}, found {found}")]
    Shape {
        /// The name of the file.
        name: String,
        /// The place in the document.
        pointer: Pointer,
        /// The value that was expected.
        expected: &'static str,
        /// The value that was found.
        found: String,
    },
}

fn position(line: &Option<usize>, column: &Option<usize>) -> String {
    [line, column].into_iter().flatten().map(|number| format!(":{number}")).collect()
}

/// Reads a Swagger 2.0 document. `name` is the file's name in errors.
///
/// Text that starts with `{` is read as JSON, any other text as YAML.
///
/// # Errors
///
/// Returns an error if the text is not valid YAML or JSON, repeats a key in an object, contains an integer that does
/// not fit into 64 bits, or is not a Swagger 2.0 document, which has `swagger: "2.0"`, a string `info.version`, and an
/// object `paths`; `definitions`, if there are any, must be an object.
pub fn read(text: &str, name: &str) -> Result<Value, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = match text.trim_start().starts_with('{') {
        true => value::json(text, name)?,
        false => value::yaml(text, name)?,
    };
    check(&document, name)?;
    Ok(document)
}

fn check(document: &Value, name: &str) -> Result<(), Error> {
    let root = Pointer::root();
    if !document.is_object() {
        return Err(shape(name, &root, "a Swagger 2.0 document, an object", kind(document)));
    }
    if let Some(version) = document.get("openapi") {
        let found = format!("OpenAPI {version}");
        return Err(shape(name, &root.child("openapi"), "a Swagger 2.0 document", found));
    }
    let member = |path: &[&str], expected, fits: fn(&Value) -> bool| {
        let pointer = path.iter().fold(Pointer::root(), |pointer, key| pointer.child(key));
        match document.pointer(pointer.as_str()) {
            Some(value) if fits(value) => Ok(()),
            Some(value) => Err(shape(name, &pointer, expected, kind(value))),
            None => Err(shape(name, &pointer, expected, "nothing".to_owned())),
        }
    };
    member(&["swagger"], "the string \"2.0\"", |value| value == "2.0")?;
    member(&["info"], "an object", Value::is_object)?;
    member(&["info", "version"], "the API's version, a string", Value::is_string)?;
    member(&["paths"], "an object of paths", Value::is_object)?;
    match document.get("definitions") {
        None => Ok(()),
        Some(_) => member(&["definitions"], "an object of schemas", Value::is_object),
    }
}

fn shape(name: &str, pointer: &Pointer, expected: &'static str, found: String) -> Error {
    Error::Shape { name: name.to_owned(), pointer: pointer.clone(), expected, found }
}

/// Describes a value for an error: a scalar by its text, anything else by its type.
fn kind(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a longer string".to_owned(),
        Value::String(_) => format!("the string {value}"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINIMAL: &str = "swagger: '2.0'\ninfo: {version: '1.0'}\npaths: {}\n";

    fn error(text: &str) -> String {
        read(text, "api.yaml").unwrap_err().to_string()
    }

    #[test]
    fn yaml_and_json_give_the_same_document() {
        let yaml = "swagger: '2.0'\ninfo: {version: '1.0'}\ndefinitions: {}\n\
                    paths:\n  /a: {get: {responses: {200: {}, default: {}}}}\n";
        let read_yaml = read(yaml, "api.yaml").unwrap();
        assert_eq!(read_yaml["paths"]["/a"]["get"]["responses"], json!({"200": {}, "default": {}}));
        assert_eq!(read(&read_yaml.to_string(), "api.json").unwrap(), read_yaml);
    }

    #[test]
    fn a_document_without_definitions_is_read() {
        assert_eq!(read(MINIMAL, "api.yaml").unwrap().get("definitions"), None);
    }

    #[test]
    fn scalars_keep_what_the_author_wrote() {
        let values =
            "x: [2020-01-01T00:00:00Z, 2020-01-01, no, 18446744073709551615, -1, 0.5, ~, 1e30]";
        let document = read(&format!("{MINIMAL}{values}"), "api.yaml").unwrap();
        let expected = json!([
            "2020-01-01T00:00:00Z",
            "2020-01-01",
            "no",
            18446744073709551615_u64,
            -1,
            0.5,
            null,
            1e30
        ]);
        assert_eq!(document["x"], expected);
    }

    #[test]
    fn merge_keys_are_applied_and_own_keys_override_them() {
        let text = "
base: &base {a: 1, b: 1}
more: &more {<<: *base, b: 2, c: 2}
one: {<<: *more, c: 3}
many: {<<: [*base, *more], d: 4}
";
        let document = read(&format!("{MINIMAL}{text}"), "api.yaml").unwrap();
        assert_eq!(document["one"], json!({"a": 1, "b": 2, "c": 3}));
        // The first of several mappings wins.
        assert_eq!(document["many"], json!({"a": 1, "b": 1, "c": 2, "d": 4}));
        // In JSON, `<<` is a key like any other.
        let json = r#"{"swagger": "2.0", "info": {"version": "1"}, "paths": {}, "x": {"<<": 1}}"#;
        assert_eq!(read(json, "api.json").unwrap()["x"], json!({"<<": 1}));
    }

    #[test]
    fn integers_of_more_than_64_bits_are_refused() {
        let long = ["1".repeat(30), "1".repeat(60)];
        for number in ["18446744073709551616", "-9223372036854775809", &long[0], &long[1]] {
            let expected = "at /x/maximum: expected an integer of at most 64 bits, found ";
            let yaml = error(&format!("{MINIMAL}x: {{maximum: {number}}}"));
            assert!(yaml.contains(expected), "{yaml}");
            let json = format!(
                r#"{{"swagger": "2.0", "info": {{"version": "1"}}, "paths": {{}}, "x": {{"maximum": {number}}}}}"#
            );
            let json = error(&json);
            assert!(json.contains(expected), "{json}");
        }
    }

    #[test]
    fn a_syntax_error_says_where() {
        let text = error("swagger: '2.0'\ninfo: [\n");
        assert!(text.starts_with("api.yaml:3:1 is not valid YAML"), "{text}");
        let text = error("{\n  \"swagger\": \"2.0\",\n  oops\n}");
        assert!(
            text.starts_with("api.yaml:3:3 is not valid JSON") && !text.contains("at line"),
            "{text}"
        );
    }

    #[test]
    fn a_repeated_key_is_refused() {
        for text in [
            "{\"swagger\": \"2.0\", \"info\": {\"version\": \"1\", \"version\": \"2\"}}",
            "swagger: '2.0'\ninfo: {version: '1', version: '2'}\n",
            "swagger: '2.0'\ninfo: {version: '1'}\ninfo: {}\n",
        ] {
            let error = error(text);
            assert!(
                error.contains("at /info") && error.contains("a key that occurs once"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_swagger_says_where_and_what_was_expected() {
        for (text, expected) in [
            ("", "api.yaml at (root): expected a Swagger 2.0 document, an object, found null"),
            (
                "<html>not found</html>",
                "(root): expected a Swagger 2.0 document, an object, found the string",
            ),
            (
                "openapi: 3.1.0\npaths: {}",
                "/openapi: expected a Swagger 2.0 document, found OpenAPI \"3.1.0\"",
            ),
            ("info: {}", "/swagger: expected the string \"2.0\", found nothing"),
            ("swagger: 2.0", "/swagger: expected the string \"2.0\", found 2.0"),
            ("swagger: '1.2'", "/swagger: expected the string \"2.0\", found the string \"1.2\""),
            (
                "swagger: '2.0'\ninfo: {version: 1.5}",
                "/info/version: expected the API's version, a string, found 1.5",
            ),
            (
                "swagger: '2.0'\ninfo: {version: '1'}\npaths: []",
                "/paths: expected an object of paths, found an array",
            ),
            (
                &format!("{MINIMAL}definitions: []"),
                "/definitions: expected an object of schemas, found an array",
            ),
            (
                &format!("{MINIMAL}x: [!tag 1]"),
                "/x/0: expected a value without a tag, found the tag !tag",
            ),
            (&format!("{MINIMAL}x: {{y: .inf}}"), "/x/y: expected a finite number, found inf"),
            (&format!("{MINIMAL}x: {{1: a, '1': b}}"), "/x/1: expected a key that occurs once"),
            (
                &format!("{MINIMAL}x: {{[1]: a}}"),
                "/x: expected keys that are strings, numbers or booleans",
            ),
            (
                &format!("{MINIMAL}x: {{<<: 1}}"),
                "/x/<<: expected a mapping, or a list of mappings, to merge",
            ),
        ] {
            let found = error(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
