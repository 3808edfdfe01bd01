//! Reading JSON objects with the place of everything that is read.

use serde_json::{Map, Value};

use super::error::Error;
use swagger_reader::Pointer;

/// An object of the document and its place.
pub(super) struct Object<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) at: Pointer,
}

/// A named member or a numbered element and its place.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) at: Pointer,
}

impl<'a> Object<'a> {
    pub(super) fn new(value: &'a Value, at: Pointer) -> Result<Self, Error> {
        match value {
            Value::Object(fields) => Ok(Self { fields, at }),
            _ => Err(shape(at, "an object", value)),
        }
    }

    /// Refuses every keyword that is neither in `known` nor an extension.
    pub(super) fn only(&self, known: &[&[&'static str]]) -> Result<(), Error> {
        match self.fields.keys().find(|key| {
            !is_extension(key) && !known.iter().any(|list| list.contains(&key.as_str()))
        }) {
            Some(keyword) => Err(Error::Keyword {
                at: self.at.clone(),
                keyword: keyword.clone(),
                expected: known.concat(),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Member<'a>> {
        let (name, value) = self.fields.get_key_value(key)?;
        Some(Member { name, value, at: self.at.child(key) })
    }

    pub(super) fn need(&self, key: &str) -> Result<Member<'a>, Error> {
        self.get(key).ok_or_else(|| Error::Shape {
            at: self.at.clone(),
            expected: format!("a member `{key}`"),
            found: "none".to_owned(),
        })
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        self.get(key).map(|member| member.text()).transpose()
    }

    pub(super) fn map(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, Error> {
        self.get(key).map(|member| member.object().map(|object| object.fields)).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, Error> {
        match self.get(key) {
            Some(member) => member.value.as_bool().ok_or_else(|| member.shape("a boolean")),
            None => Ok(false),
        }
    }

    /// The members of the object `key`; none if it is absent.
    pub(super) fn members(&self, key: &str) -> Result<Vec<Member<'a>>, Error> {
        let Some(member) = self.get(key) else { return Ok(Vec::new()) };
        let object = member.object()?;
        Ok(object
            .fields
            .iter()
            .map(|(name, value)| Member { name, value, at: object.at.child(name) })
            .collect())
    }

    /// The elements of the array `key`; none if it is absent.
    pub(super) fn elements(&self, key: &str) -> Result<Vec<Member<'a>>, Error> {
        let Some(member) = self.get(key) else { return Ok(Vec::new()) };
        let elements = member.value.as_array().ok_or_else(|| member.shape("an array"))?;
        Ok(elements
            .iter()
            .enumerate()
            .map(|(index, value)| Member { name: member.name, value, at: member.at.child(index) })
            .collect())
    }

    /// The strings of the array `key`, if it is there.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, Error> {
        if self.get(key).is_none() {
            return Ok(None);
        }
        self.elements(key)?.iter().map(Member::text).collect::<Result<_, _>>().map(Some)
    }

    /// The `x-` members.
    pub(super) fn extensions(&self) -> Map<String, Value> {
        self.fields
            .iter()
            .filter(|(key, _)| is_extension(key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    /// Copies the member `key` as it is.
    pub(super) fn copy(&self, key: &str, to: &mut Map<String, Value>) {
        if let Some(value) = self.fields.get(key) {
            to.insert(key.to_owned(), value.clone());
        }
    }
}

impl<'a> Member<'a> {
    pub(super) fn object(&self) -> Result<Object<'a>, Error> {
        Object::new(self.value, self.at.clone())
    }

    pub(super) fn text(&self) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.shape("a string"))
    }

    pub(super) fn shape(&self, expected: &str) -> Error {
        shape(self.at.clone(), expected, self.value)
    }
}

fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

fn shape(at: Pointer, expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        scalar => scalar.to_string(),
    };
    Error::Shape { at, expected: expected.to_owned(), found }
}
