//! The shape of a JSON value: which members there are and of which types, without the values.

use std::collections::BTreeSet;

use serde_json::{Value, de::StrRead};

/// The places of a value with their types. The elements of a list share one place.
///
/// Members whose name holds a digit or a character that no member of the API's own has, such as labels and
/// identifiers, share one place too.
pub type Shape = BTreeSet<(String, &'static str)>;

/// Returns the shape of all values of a string.
#[must_use]
pub fn of_text(text: &str) -> Shape {
    let mut shape = Shape::new();
    for value in values(text).map_while(Result::ok) {
        collect(&value, String::new(), &mut shape);
    }
    shape
}

/// Returns the first value of each shape in a string, each on a separate line.
#[must_use]
pub fn one_per_shape(text: &str) -> String {
    let mut seen = BTreeSet::new();
    let mut out = String::new();
    let mut values = values(text);
    let mut start = 0;
    while let Some(Ok(value)) = values.next() {
        let end = values.byte_offset();
        let mut shape = Shape::new();
        collect(&value, String::new(), &mut shape);
        if seen.insert(shape) {
            out.push_str(text[start..end].trim());
            out.push('\n');
        }
        start = end;
    }
    out
}

fn values(text: &str) -> serde_json::StreamDeserializer<'_, StrRead<'_>, Value> {
    serde_json::Deserializer::from_str(text).into_iter()
}

fn collect(value: &Value, place: String, shape: &mut Shape) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let own = name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
                collect(member, format!("{place}/{}", if own { name } else { "*" }), shape);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                collect(element, format!("{place}/*"), shape);
            }
        }
        _ => {}
    }
    shape.insert((place, kind(value)));
}

/// The kind of a value in one word.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_order_are_no_part_of_the_shape() {
        let one = of_text(r#"{"Id":"a","Labels":{"x.y":"1"},"Sizes":[1,2]}"#);
        assert_eq!(one, of_text(r#"{"Sizes":[7],"Labels":{"z-2":""},"Id":"b"}"#));
        assert_ne!(one, of_text(r#"{"Id":"a","Labels":null,"Sizes":[1]}"#));
        assert_ne!(one, of_text(r#"{"Id":"a","Labels":{"x.y":"1"},"Sizes":[1],"New":true}"#));
    }

    #[test]
    fn a_stream_is_thinned_to_one_of_each_shape() {
        let text = "{\"status\":\"a\"}\r\n{\"status\":\"b\"}\r\n{\"status\":\"c\",\"id\":\"1\"}{\"id\":\"2\",\"status\":\"\"}";
        assert_eq!(one_per_shape(text), "{\"status\":\"a\"}\n{\"status\":\"c\",\"id\":\"1\"}\n");
    }
}
