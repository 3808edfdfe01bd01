//! Arbitrary JSON for a schema: with null, missing, additional and unknown values where an engine may send them.

use serde_json::{Map, Value};

/// The nesting below which objects stay empty, so that types which contain themselves come to an end.
const DEPTH: usize = 6;

/// Makes values; the same seed makes the same ones.
pub(super) struct Arbitrary<'a> {
    document: &'a Value,
    state: u64,
}

impl<'a> Arbitrary<'a> {
    pub(super) fn new(document: &'a Value, seed: u64) -> Self {
        Self { document, state: seed }
    }

    /// A value that an engine could send for this schema.
    pub(super) fn value(&mut self, schema: &Value) -> Value {
        self.of(schema, 0)
    }

    fn of(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(target) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix("#/components/schemas/"))
        {
            let document = self.document;
            return self.of(&document["components"]["schemas"][target], depth);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut all = Map::new();
            for part in parts {
                match self.of(part, depth) {
                    Value::Object(members) => all.extend(members),
                    single => return single,
                }
            }
            return Value::Object(all);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return match self.below(values.len() + 1) {
                index if index < values.len() => values[index].clone(),
                _ if values.iter().all(Value::is_number) => 99.into(),
                _ => "a value of a later version".into(),
            };
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => (self.below(2) == 0).into(),
            Some("integer") => self.integer(schema),
            Some("number") => [0.0, -1.5, 0.25, 1e300][self.below(4)].into(),
            Some("string") => {
                ["", "text", "ünï \"quoted\" \n", "0001-01-01T00:00:00Z"][self.below(4)].into()
            }
            Some("array") => {
                let count = if depth > DEPTH { 0 } else { self.below(3) };
                let items = schema.get("items").unwrap_or(&Value::Null);
                (0..count).map(|_| self.of(items, depth + 1)).collect()
            }
            Some("object") => self.object(schema, depth),
            _ => self.anything(),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        if depth > DEPTH {
            return Value::Object(members);
        }
        for (name, property) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            match self.below(4) {
                0 => {}
                1 => drop(members.insert(name.clone(), Value::Null)),
                _ => drop(members.insert(name.clone(), self.of(property, depth + 1))),
            }
        }
        match schema.get("additionalProperties") {
            Some(values) if is_empty_object(values) => {
                for name in ["one", "two.of/two"].iter().take(self.below(3)) {
                    members.insert((*name).to_owned(), Value::Object(Map::new()));
                }
            }
            Some(values @ Value::Object(_)) => {
                for name in ["one", "two.of/two"].iter().take(self.below(3)) {
                    members.insert((*name).to_owned(), self.of(values, depth + 1));
                }
            }
            _ => drop(members.insert("OfALaterVersion".to_owned(), self.anything())),
        }
        Value::Object(members)
    }

    fn integer(&mut self, schema: &Value) -> Value {
        match schema.get("format").and_then(Value::as_str) {
            Some("uint64") => [0, 1, u64::MAX][self.below(3)].into(),
            _ => [0, -1, i64::MIN, i64::MAX][self.below(4)].into(),
        }
    }

    fn anything(&mut self) -> Value {
        let values = ["null", "true", "7", "\"text\"", "[1, null]", "{\"a\": {\"b\": []}}"];
        values[self.below(values.len())].parse().unwrap_or_default()
    }

    /// A number below `end`, which is not 0. SplitMix64.
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % end as u64) as usize
    }
}

/// Whether the schema is an object without members. A map to these is how engines write a set, from a Go type that cannot
/// have members: `map[string]struct{}`.
fn is_empty_object(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object")
        && !["properties", "additionalProperties"].iter().any(|key| schema.get(key).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_an_engine_may_send_comes_up() {
        let document = json!({"components": {"schemas": {"Thing": {"type": "object", "properties": {
            "State": {"type": "string", "enum": ["on"]},
            "Parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
            "Set": {"type": "object", "additionalProperties": {"type": "object"}},
        }}}}});
        let schema = json!({"$ref": "#/components/schemas/Thing"});
        let values: Vec<Value> =
            (0..50).map(|seed| Arbitrary::new(&document, seed).value(&schema)).collect();
        let has = |test: &dyn Fn(&Value) -> bool| assert!(values.iter().any(test));
        has(&|value| value.get("State") == Some(&Value::Null));
        has(&|value| value.get("State").is_none());
        has(&|value| value["State"] == "on");
        has(&|value| value["State"] == "a value of a later version");
        has(&|value| value["Parts"][0].is_object());
        has(&|value| value["Set"] == json!({"one": {}}));
        assert!(values.iter().all(|value| value.get("OfALaterVersion").is_some()));
    }
}
