//! A value as the engine sent it, against the same value decoded and written again.

use std::collections::{BTreeMap, BTreeSet};

use engines::truth::shape;
use serde_json::{Map, Value};

/// What is found at a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The spec names the field, and it is gone.
    Lost,
    /// It has another value.
    Changed,
    /// It was not there, and has a value now.
    Invented,
    /// The engine sends it, the spec does not name it, and decoding ignores it.
    Unnamed,
    /// The spec does not name it, and it is kept.
    Kept,
}

/// A difference at a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: Kind,
    /// `Type.field`, with `[]` and `{}` for elements of lists and maps.
    pub(super) field: String,
    /// What was and what is, short.
    pub(super) values: String,
}

/// By type and member, the kinds of values, as in [`shape::kind`].
pub(super) type Sent = BTreeMap<String, BTreeMap<String, BTreeSet<&'static str>>>;

/// How a value that differs is written.
pub(super) type Show = fn(&Value) -> String;

/// Compares values with the schema of `document` at hand.
pub(super) struct Comparison<'a> {
    document: &'a Value,
    /// Writes a value that differs.
    show: Show,
    pub(super) differences: Vec<Difference>,
    /// The members that objects of each type had, with the kinds of their values.
    pub(super) sent: Sent,
}

/// What the spec says of a place.
#[derive(Clone, Copy)]
enum Schema<'a> {
    Declared(&'a Value),
    /// Any value at all.
    Free,
    /// The spec does not name it; whether the type keeps it all the same.
    Unnamed {
        kept: bool,
    },
}

impl<'a> Comparison<'a> {
    pub(super) fn new(document: &'a Value, show: Show) -> Self {
        Self { document, show, differences: Vec::new(), sent: Sent::new() }
    }

    /// Compares a value that has this schema; `name` is for places that have no type's name.
    pub(super) fn run(&mut self, schema: &'a Value, name: &str, before: &Value, after: &Value) {
        self.value(Schema::Declared(schema), name, before, after);
    }

    fn value(&mut self, schema: Schema<'a>, place: &str, before: &Value, after: &Value) {
        let (schema, name) = self.resolve(schema);
        if let (Some(name), Value::Object(members)) = (name, before) {
            let sent = self.sent.entry(name.to_owned()).or_default();
            for (member, value) in members {
                sent.entry(member.clone()).or_default().insert(shape::kind(value));
            }
        }
        let place = name.unwrap_or(place);
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                self.object(schema, place, before, after)
            }
            (Value::Array(before), Value::Array(after)) => {
                let items = match schema {
                    Schema::Declared(schema) => {
                        schema.get("items").map_or(Schema::Free, Schema::Declared)
                    }
                    other => other,
                };
                let place = format!("{place}[]");
                if before.len() != after.len() {
                    let lengths = format!("{} elements, then {}", before.len(), after.len());
                    self.note(Kind::Changed, &place, lengths);
                }
                for (before, after) in before.iter().zip(after) {
                    self.value(items, &place, before, after);
                }
            }
            _ if same(before, after) => {}
            _ => self.note(
                Kind::Changed,
                place,
                format!("{} became {}", (self.show)(before), (self.show)(after)),
            ),
        }
    }

    fn object(
        &mut self,
        schema: Schema<'a>,
        place: &str,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) {
        for (key, was) in before {
            let (member, place) = member(schema, place, key);
            match (member, after.get(key)) {
                (Schema::Unnamed { kept: false }, None) => {
                    self.note(Kind::Unnamed, &place, (self.show)(was))
                }
                (Schema::Unnamed { .. }, Some(is)) => {
                    self.note(Kind::Kept, &place, (self.show)(was));
                    self.value(Schema::Free, &place, was, is);
                }
                // A required field that an engine leaves out takes its zero value, as in the Go client.
                (_, Some(is)) if was.is_null() && is_required(schema, key) && is_zero(is) => {}
                (_, Some(is)) => self.value(member, &place, was, is),
                (_, None) if is_empty(was) => {}
                (_, None) => self.note(Kind::Lost, &place, (self.show)(was)),
            }
        }
        for (key, is) in after {
            let zero = is_required(schema, key) && is_zero(is);
            if !before.contains_key(key) && !is_empty(is) && !zero {
                let (_, place) = member(schema, place, key);
                self.note(Kind::Invented, &place, (self.show)(is));
            }
        }
    }

    /// Follows references; the name of the last one.
    fn resolve(&self, schema: Schema<'a>) -> (Schema<'a>, Option<&'a str>) {
        let (mut schema, mut name) = (schema, None);
        while let Schema::Declared(declared) = schema {
            let only = declared.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1);
            if let Some(only) = only {
                schema = Schema::Declared(&only[0]);
                continue;
            }
            let Some(target) = declared
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix("#/components/schemas/"))
            else {
                break;
            };
            name = Some(target);
            schema = match self.document["components"]["schemas"].get(target) {
                Some(target) => Schema::Declared(target),
                None => Schema::Free,
            };
        }
        (schema, name)
    }

    fn note(&mut self, kind: Kind, field: &str, values: String) {
        self.differences.push(Difference { kind, field: field.to_owned(), values });
    }
}

/// What an object's schema says of a member, and the member's place.
fn member<'a>(schema: Schema<'a>, place: &str, key: &str) -> (Schema<'a>, String) {
    let Schema::Declared(schema) = schema else { return (schema, format!("{place}.{key}")) };
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    for part in std::iter::once(schema).chain(parts) {
        if let Some(property) = part.get("properties").and_then(|all| all.get(key)) {
            return (Schema::Declared(property), format!("{place}.{key}"));
        }
    }
    let more = schema.get("additionalProperties");
    if let Some(values) = more.filter(|more| more.as_object().is_some_and(|more| !more.is_empty()))
    {
        return (Schema::Declared(values), format!("{place}{{}}"));
    }
    let member = if schema.get("properties").is_none() && schema.get("allOf").is_none() {
        Schema::Free
    } else {
        Schema::Unnamed { kept: more.is_some() }
    };
    (member, format!("{place}.{key}"))
}

fn is_required(schema: Schema<'_>, key: &str) -> bool {
    let Schema::Declared(schema) = schema else { return false };
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(schema)
        .chain(parts)
        .filter_map(|part| part.get("required")?.as_array())
        .any(|required| required.iter().any(|name| name == key))
}

/// The value that is equivalent to none: 0, false, empty, and an object of nothing else.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(members) => members.values().all(is_zero),
        other => is_empty(other),
    }
}

/// null, absent and empty are one for lists, maps and strings.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Number(before), Value::Number(after)) => {
            before == after
                || before.as_f64() == after.as_f64() && (before.is_f64() || after.is_f64())
        }
        _ => before == after || is_empty(before) && is_empty(after),
    }
}

/// The kind of a value, without the value.
pub(super) fn kind(value: &Value) -> String {
    shape::kind(value).to_owned()
}

/// The beginning of a value.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(57).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(before: &Value, after: &Value) -> Vec<(Kind, String)> {
        let document = json!({"components": {"schemas": {
            "Thing": {"type": "object", "properties": {
                "Id": {"type": "string"}, "Size": {"type": "integer"},
                "Labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "Parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                "Spec": {"type": "object", "properties": {}, "additionalProperties": {}},
            }},
        }}});
        let schema = json!({"$ref": "#/components/schemas/Thing"});
        let mut comparison = Comparison::new(&document, short);
        comparison.run(&schema, "reply", before, after);
        comparison.differences.into_iter().map(|found| (found.kind, found.field)).collect()
    }

    #[test]
    fn each_kind_is_told_apart() {
        let before =
            json!({"Id": "a", "Size": 1, "Odd": 2, "Parts": [{"Size": 3, "Labels": {"x": "y"}}]});
        let after = json!({"Size": 2, "Parts": [{"Id": "new", "Size": 3.0}]});
        assert_eq!(
            found(&before, &after),
            [
                (Kind::Lost, "Thing.Id".to_owned()),
                (Kind::Unnamed, "Thing.Odd".to_owned()),
                (Kind::Lost, "Thing.Labels".to_owned()),
                (Kind::Invented, "Thing.Id".to_owned()),
                (Kind::Changed, "Thing.Size".to_owned()),
            ]
        );
    }

    #[test]
    fn a_type_that_is_sent_back_keeps_what_the_spec_does_not_name() {
        let spec = json!({"Spec": {"Odd": {"a": 1}}});
        assert_eq!(found(&spec, &spec), [(Kind::Kept, "Thing.Spec.Odd".to_owned())]);
        assert_eq!(found(&spec, &json!({"Spec": {}})), [(Kind::Lost, "Thing.Spec.Odd".to_owned())]);
    }

    #[test]
    fn null_absent_and_empty_are_one_but_zero_is_not() {
        let before = json!({"Id": "", "Labels": null, "Parts": []});
        assert_eq!(found(&before, &json!({})), []);
        assert_eq!(found(&json!({}), &before), []);
        assert_eq!(found(&json!({"Size": 0}), &json!({})), [(Kind::Lost, "Thing.Size".to_owned())]);
        assert_eq!(found(&json!({"Size": null}), &json!({"Size": 0})).len(), 1);
    }
}
