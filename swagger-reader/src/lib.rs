//! Reads a Swagger 2.0 document, YAML or JSON, into plain JSON.
//!
//! What comes out is the document as it stands, with string keys throughout: YAML reads the status `200:` as a number.
//! What a mapping holds is left to those who use it.

use serde_json::{Map, Number, Value};

mod pointer;

pub use pointer::Pointer;

/// The document cannot be read as Swagger 2.0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is neither YAML nor JSON.
    #[error("{name}{} is no valid {language}: {message}", position(.line, .column))]
    Syntax {
        /// The file's name.
        name: String,
        /// `YAML` or `JSON`.
        language: &'static str,
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
        /// The column, counted from 1, where it is known.
        column: Option<usize>,
        /// What the reader found there.
        message: String,
    },
    /// The document is not what Swagger 2.0 says it is.
    #[error("{name} at {pointer}: expected {expected}, found {found}")]
    Shape {
        /// The file's name.
        name: String,
        /// Where in the document.
        pointer: Pointer,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

fn position(line: &Option<usize>, column: &Option<usize>) -> String {
    [line, column].into_iter().flatten().map(|number| format!(":{number}")).collect()
}

/// Reads a Swagger 2.0 document; `name` is for errors.
///
/// A text that starts with `{` is read as JSON, any other as YAML.
///
/// # Errors
///
/// The text is no YAML or JSON, names a key twice, or is no Swagger 2.0: `swagger: "2.0"`, a string `info.version`, and
/// the objects `paths` and `definitions`.
pub fn read(text: &str, name: &str) -> Result<Value, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document =
        if text.trim_start().starts_with('{') { json(text, name)? } else { yaml(text, name)? };
    check(&document, name)?;
    Ok(document)
}

fn json(text: &str, name: &str) -> Result<Value, Error> {
    serde_json::from_str::<unique::Document>(text).map(|document| document.0).map_err(|error| {
        // The message repeats the position at its end.
        let message = error.to_string();
        let message =
            message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        Error::Syntax {
            name: name.to_owned(),
            language: "JSON",
            line: Some(error.line()),
            column: Some(error.column()),
            message: message.to_owned(),
        }
    })
}

fn yaml(text: &str, name: &str) -> Result<Value, Error> {
    let document: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| {
        let location = error.location();
        Error::Syntax {
            name: name.to_owned(),
            language: "YAML",
            line: location.as_ref().map(yaml_serde::Location::line),
            column: location.as_ref().map(yaml_serde::Location::column),
            message: error.to_string(),
        }
    })?;
    to_json(document, name, &Pointer::root())
}

fn to_json(value: yaml_serde::Value, name: &str, pointer: &Pointer) -> Result<Value, Error> {
    use yaml_serde::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::String(value) => Value::String(value),
        Yaml::Number(number) => Value::Number(
            number
                .as_u64()
                .map(Number::from)
                .or_else(|| number.as_i64().map(Number::from))
                .or_else(|| number.as_f64().and_then(Number::from_f64))
                .ok_or_else(|| shape(name, pointer, "a finite number", &number.to_string()))?,
        ),
        Yaml::Sequence(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| to_json(item, name, &pointer.child(index)))
            .collect::<Result<_, _>>()?,
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (key, member) in members {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    key => {
                        let found = format!("{key:?}");
                        return Err(shape(
                            name,
                            pointer,
                            "keys that are strings or numbers",
                            &found,
                        ));
                    }
                };
                let place = pointer.child(&key);
                let member = to_json(member, name, &place)?;
                if object.insert(key, member).is_some() {
                    return Err(shape(
                        name,
                        &place,
                        "a key that stands here once",
                        "it twice, spelled differently",
                    ));
                }
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            return Err(shape(
                name,
                pointer,
                "a value without a tag",
                &format!("the tag {}", tagged.tag),
            ));
        }
    })
}

fn check(document: &Value, name: &str) -> Result<(), Error> {
    let root = Pointer::root();
    if !document.is_object() {
        return Err(shape(name, &root, "a Swagger 2.0 document, an object", &kind(document)));
    }
    if let Some(version) = document.get("openapi") {
        return Err(shape(
            name,
            &root.child("openapi"),
            "a Swagger 2.0 document",
            &format!("OpenAPI {version}"),
        ));
    }
    let member = |path: &[&str], expected, fits: fn(&Value) -> bool| {
        let pointer = path.iter().fold(Pointer::root(), |pointer, key| pointer.child(key));
        match document.pointer(pointer.as_str()) {
            Some(value) if fits(value) => Ok(()),
            Some(value) => Err(shape(name, &pointer, expected, &kind(value))),
            None => Err(shape(name, &pointer, expected, "nothing")),
        }
    };
    member(&["swagger"], "the string \"2.0\"", |value| value == "2.0")?;
    member(&["info"], "an object", Value::is_object)?;
    member(&["info", "version"], "the API's version, a string", Value::is_string)?;
    member(&["paths"], "an object of paths", Value::is_object)?;
    member(&["definitions"], "an object of schemas", Value::is_object)
}

fn shape(name: &str, pointer: &Pointer, expected: &'static str, found: &str) -> Error {
    Error::Shape {
        name: name.to_owned(),
        pointer: pointer.clone(),
        expected,
        found: found.to_owned(),
    }
}

/// A value in the words of an error: scalars as they are, the rest by its kind.
fn kind(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a longer string".to_owned(),
        Value::String(_) => format!("the string {value}"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A JSON reader that refuses an object that names a key twice; serde_json keeps the last without a word.
mod unique {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
    use serde_json::{Map, Number, Value};

    pub(super) struct Document(pub(super) Value);

    impl<'de> Deserialize<'de> for Document {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Reader).map(Self)
        }
    }

    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
            Ok(Value::Bool(value))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
            Ok(Value::Number(value.into()))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
            Ok(Value::Number(value.into()))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
            Number::from_f64(value)
                .map(Value::Number)
                .ok_or_else(|| E::custom("a number that is not finite"))
        }

        fn visit_str<E>(self, value: &str) -> Result<Value, E> {
            Ok(Value::String(value.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
            let mut array = Vec::new();
            while let Some(Document(item)) = items.next_element()? {
                array.push(item);
            }
            Ok(Value::Array(array))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
            let mut object = Map::new();
            while let Some(key) = members.next_key::<String>()? {
                let Document(member) = members.next_value()?;
                if object.contains_key(&key) {
                    return Err(A::Error::custom(format!(
                        "the key `{key}` stands twice in one object"
                    )));
                }
                object.insert(key, member);
            }
            Ok(Value::Object(object))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINIMAL: &str = "swagger: '2.0'\ninfo: {version: '1.0'}\ndefinitions: {}\n";

    fn error(text: &str) -> String {
        read(text, "api.yaml").unwrap_err().to_string()
    }

    #[test]
    fn yaml_and_json_give_the_same_document() {
        let yaml = format!(
            "{MINIMAL}paths:\n  /a: {{get: {{responses: {{200: {{}}, default: {{}}}}}}}}\n"
        );
        let read_yaml = read(&yaml, "api.yaml").unwrap();
        assert_eq!(read_yaml["paths"]["/a"]["get"]["responses"], json!({"200": {}, "default": {}}));
        assert_eq!(read(&read_yaml.to_string(), "api.json").unwrap(), read_yaml);
    }

    #[test]
    fn scalars_keep_what_the_author_wrote() {
        let document = read(
            &format!("{MINIMAL}paths: {{}}\nx: [2020-01-01T00:00:00Z, 2020-01-01, no, 18446744073709551615, -1, 0.5, ~]"),
            "api.yaml",
        )
        .unwrap();
        let expected = json!([
            "2020-01-01T00:00:00Z",
            "2020-01-01",
            "no",
            18446744073709551615_u64,
            -1,
            0.5,
            null
        ]);
        assert_eq!(document["x"], expected);
    }

    #[test]
    fn a_syntax_error_says_where() {
        let text = error("swagger: '2.0'\ninfo: [\n");
        assert!(text.starts_with("api.yaml:3:1 is no valid YAML"), "{text}");
        let text = error("{\n  \"swagger\": \"2.0\",\n  oops\n}");
        assert!(
            text.starts_with("api.yaml:3:3 is no valid JSON") && !text.contains("at line"),
            "{text}"
        );
        let text =
            error("{\"swagger\": \"2.0\", \"info\": {\"version\": \"1\", \"version\": \"2\"}}");
        assert!(text.contains(":1:") && text.contains("`version` stands twice"), "{text}");
        let text = error("swagger: '2.0'\nswagger: '2.0'\n");
        assert!(text.contains("duplicate") && text.contains("swagger"), "{text}");
    }

    #[test]
    fn what_is_no_swagger_says_where_and_what_was_expected() {
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
                "swagger: '2.0'\ninfo: {version: '1'}\npaths: {}",
                "/definitions: expected an object of schemas, found",
            ),
            (
                &format!("{MINIMAL}paths: {{}}\nx: [!tag 1]"),
                "/x/0: expected a value without a tag, found the tag !tag",
            ),
            (
                &format!("{MINIMAL}paths: {{}}\nx: {{y: .inf}}"),
                "/x/y: expected a finite number, found .inf",
            ),
            (
                &format!("{MINIMAL}paths: {{}}\nx: {{1: a, '1': b}}"),
                "/x/1: expected a key that stands here once",
            ),
            (
                &format!("{MINIMAL}paths: {{}}\nx: {{[1]: a}}"),
                "/x: expected keys that are strings or numbers",
            ),
        ] {
            let found = error(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
