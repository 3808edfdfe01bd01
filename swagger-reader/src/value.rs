//! Turns YAML or JSON text into JSON values, and refuses what cannot be represented without loss.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess as _, Visitor,
};
use serde_json::{Map, Number, Value};

use crate::{Error, Pointer, shape};

pub(crate) fn json(text: &str, name: &str) -> Result<Value, Error> {
    let context = Context::new(text, name, false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Reader(&context).deserialize(&mut deserializer);
    let read = read.and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| {
        // The message repeats the position at its end.
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
        context.error(Some(error.line()), Some(error.column()), message.to_owned())
    })
}

pub(crate) fn yaml(text: &str, name: &str) -> Result<Value, Error> {
    let context = Context::new(text, name, true);
    Reader(&context).deserialize(yaml_serde::Deserializer::from_str(text)).map_err(|error| {
        let location = error.location();
        let line = location.as_ref().map(yaml_serde::Location::line);
        let column = location.as_ref().map(yaml_serde::Location::column);
        context.error(line, column, error.to_string())
    })
}

/// The text that is read, and the place where the reader is.
struct Context<'a> {
    text: &'a str,
    name: &'a str,
    is_yaml: bool,
    at: RefCell<Pointer>,
    /// The error that the reader found in well-formed text.
    found: Cell<Option<Error>>,
}

impl<'a> Context<'a> {
    fn new(text: &'a str, name: &'a str, is_yaml: bool) -> Self {
        Self { text, name, is_yaml, at: RefCell::default(), found: Cell::new(None) }
    }

    /// Keeps the error with its place, and returns one that makes the parser stop.
    fn refuse<E: serde::de::Error>(&self, expected: &'static str, found: String) -> E {
        let error = shape(self.name, &self.at.borrow(), expected, found);
        let stop = E::custom(&error);
        self.found.set(Some(error));
        stop
    }

    fn error(&self, line: Option<usize>, column: Option<usize>, message: String) -> Error {
        let language = if self.is_yaml { "YAML" } else { "JSON" };
        let name = self.name.to_owned();
        self.found.take().unwrap_or(Error::Syntax { name, language, line, column, message })
    }

    fn at<T>(&self, token: impl fmt::Display, read: impl FnOnce() -> T) -> T {
        let outside = self.at.borrow_mut().enter(token);
        let value = read();
        self.at.borrow_mut().leave(outside);
        value
    }

    /// Returns whether the text has this number as an integer of more than 64 bits.
    ///
    /// The parsers turn such an integer into a float, as if it had been written as `1e30`.
    fn is_long_integer(&self, number: f64) -> bool {
        let is_long = |token: &&str| {
            let digits = token.trim_start_matches(['-', '+']);
            digits.len() >= 19
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && token.parse::<u64>().is_err()
                && token.parse::<i64>().is_err()
        };
        let tokens = self.text.split(|c: char| !c.is_ascii_alphanumeric() && !"-+.".contains(c));
        tokens.filter(is_long).any(|token| token.parse::<f64>() == Ok(number))
    }

    fn refuse_integer<E: serde::de::Error>(&self, number: impl fmt::Display) -> E {
        self.refuse("an integer of at most 64 bits", number.to_string())
    }
}

/// Reads one value.
struct Reader<'c, 'a>(&'c Context<'a>);

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
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

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Value, E> {
        Err(self.0.refuse_integer(value))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Value, E> {
        Err(self.0.refuse_integer(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let is_large = value <= -(2_f64.powi(63)) || value >= 2_f64.powi(64);
        if is_large && self.0.is_long_integer(value) {
            return Err(self.0.refuse_integer(value));
        }
        match Number::from_f64(value) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(self.0.refuse("a finite number", value.to_string())),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = self.0.at(array.len(), || items.next_element_seed(Reader(self.0)))? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut merge = None;
        while let Some(key) = members.next_key_seed(KeyReader(self.0))? {
            let member = self.0.at(&key, || {
                if object.contains_key(&key) || (merge.is_some() && key == "<<") {
                    return Err(self.0.refuse("a key that occurs once", "it twice".to_owned()));
                }
                members.next_value_seed(Reader(self.0))
            })?;
            if self.0.is_yaml && key == "<<" {
                merge = Some(self.0.at(key, || self.merged(member))?);
            } else {
                object.insert(key, member);
            }
        }
        for (key, member) in merge.into_iter().flatten() {
            object.entry(key).or_insert(member);
        }
        Ok(Value::Object(object))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (tag, value) = tagged.variant::<String>()?;
        value.newtype_variant::<serde::de::IgnoredAny>()?;
        Err(self
            .0
            .refuse("a value without a tag", format!("the tag !{}", tag.trim_start_matches('!'))))
    }
}

impl Reader<'_, '_> {
    /// Returns the members that the value of a merge key adds; the first mapping that has a key wins.
    ///
    /// Ref: <https://yaml.org/type/merge.html>
    fn merged<E: serde::de::Error>(&self, value: Value) -> Result<Map<String, Value>, E> {
        let mappings = match value {
            Value::Array(items) => items,
            one => vec![one],
        };
        let mut merged = Map::new();
        for mapping in mappings {
            let Value::Object(members) = mapping else {
                let found = crate::kind(&mapping);
                return Err(self.0.refuse("a mapping, or a list of mappings, to merge", found));
            };
            for (key, member) in members {
                merged.entry(key).or_insert(member);
            }
        }
        Ok(merged)
    }
}

/// Reads a key: a string, or a number or boolean as its text.
struct KeyReader<'c, 'a>(&'c Context<'a>);

impl<'de> DeserializeSeed<'de> for KeyReader<'_, '_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeyReader<'_, '_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<String, E> {
        Ok(key.to_owned())
    }

    fn visit_bool<E>(self, key: bool) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_u64<E>(self, key: u64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_i64<E>(self, key: i64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_f64<E>(self, key: f64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<String, E> {
        Err(self.refuse("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        Err(self.refuse("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        Err(self.refuse("a mapping"))
    }
}

impl KeyReader<'_, '_> {
    fn refuse<E: serde::de::Error>(&self, found: &str) -> E {
        self.0.refuse("keys that are strings, numbers or booleans", found.to_owned())
    }
}
