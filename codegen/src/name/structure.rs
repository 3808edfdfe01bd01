//! What matters for whether two schemas are the same.

use serde_json::{Map, Value};

/// The schema without what is only said about it.
pub(super) fn structure(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let mut out = Map::new();
            for (key, value) in object {
                if key.starts_with("x-")
                    || ["description", "title", "example"].contains(&key.as_str())
                {
                    continue;
                }
                let value = match (key.as_str(), value) {
                    ("properties", Value::Object(properties)) => Value::Object(
                        properties
                            .iter()
                            .map(|(name, property)| (name.clone(), structure(property)))
                            .collect(),
                    ),
                    _ => structure(value),
                };
                out.insert(key.clone(), value);
            }
            // A reference says the same with facts around it.
            match (out.len(), out.get("allOf").and_then(Value::as_array).map(Vec::as_slice)) {
                (1, Some([only])) => only.clone(),
                _ => Value::Object(out),
            }
        }
        Value::Array(elements) => Value::Array(elements.iter().map(structure).collect()),
        scalar => scalar.clone(),
    }
}
