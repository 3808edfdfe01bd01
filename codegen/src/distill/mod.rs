//! Drops the prose of a Swagger 2.0 document; what is left is the API's facts, in a fixed order.
//!
//! - Descriptions, summaries, examples, external links and what only decorates the reference pages are dropped.
//! - Every keyword is known here: an unknown one is an error, because it could be prose.
//! - What only the prose states becomes an `x-` fact beside the keywords, by the rules of one module per kind of fact:
//!   [`deprecation`], [`filters`], [`platform`], [`mod@unit`]. A place whose prose suggests a fact that no rule can read is
//!   listed as [`Unread`], not guessed.
//! - Objects are sorted by key; arrays keep their order.
//!
//! JSON pointers into the distilled document lead to the same places in the upstream one, and the other way round.

pub mod deprecation;
pub mod filters;
pub mod platform;
mod prose;
mod reading;
pub mod unit;
pub mod unread;

use serde_json::{Map, Value};

use prose::Prose;
pub(crate) use reading::Reading;
use swagger_reader::Pointer;
pub use unread::{Fact, Unread};

/// A distilled document.
#[derive(Debug, Clone, PartialEq)]
pub struct Distilled {
    /// The document without its prose.
    pub document: Value,
    /// The places where the prose suggests a fact that no rule could read, in the document's order.
    pub unread: Vec<Unread>,
}

/// The document cannot be distilled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A keyword that is neither known to be a fact nor known to be prose.
    #[error(
        "{pointer}: unknown keyword in {place}: say in codegen/src/distill/mod.rs whether it is a fact or prose"
    )]
    UnknownKeyword {
        /// The place of the keyword.
        pointer: Pointer,
        /// The kind of object that contains it.
        place: &'static str,
    },
    /// A value of another kind than Swagger 2.0 puts there.
    #[error("{pointer}: expected {expected}, found {found}")]
    Shape {
        /// The place of the value.
        pointer: Pointer,
        /// What belongs there.
        expected: &'static str,
        /// The value that was found: a scalar by its text, anything else by its type.
        found: String,
    },
}

/// Distils a Swagger 2.0 document, as [`swagger_reader::read`] gives it.
///
/// # Errors
///
/// A keyword that is not known, or a value where Swagger 2.0 has another kind of value.
pub fn distill(document: &Value) -> Result<Distilled, Error> {
    let mut walk = Walk { keeps_prose: false, unread: Vec::new() };
    let document = walk.root(document)?;
    Ok(Distilled { document, unread: walk.unread })
}

/// Adds to a Swagger 2.0 document the facts that only its prose states, and keeps everything else.
///
/// This allows comparing a document of any source with a distilled one, and generating code from it: [`distill`] refuses
/// keywords that are not in the engine's own documents, and this function leaves them alone. A fact that the document states
/// itself, as a distilled one does, is kept too.
///
/// # Errors
///
/// Returned if a value has a type that Swagger 2.0 does not allow at its place.
pub fn annotate(document: &Value) -> Result<Value, Error> {
    Walk { keeps_prose: true, unread: Vec::new() }.root(document)
}

/// The text of a distilled document, as stored in `spec/`.
pub fn to_text(document: &Value) -> String {
    format!("{document:#}\n")
}

/// What becomes of a keyword.
enum Keep {
    /// It is prose or decoration.
    Drop,
    /// It is a fact, copied unchanged.
    Verbatim,
    /// It holds more of the document.
    Into(fn(&mut Walk, &Value, &Pointer) -> Result<Value, Error>),
}
use Keep::{Drop, Into, Verbatim};

type Keywords = fn(&str) -> Option<Keep>;

fn root_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "swagger" | "schemes" | "produces" | "consumes" | "host" | "basePath" => Verbatim,
        "info" => Into(|walk, value, at| walk.object(value, at, "info", info_keyword)),
        "tags" => Into(|walk, value, at| {
            walk.array(value, at, |walk, tag, at| walk.object(tag, at, "a tag", tag_keyword))
        }),
        "paths" => Into(|walk, value, at| {
            walk.map(value, at, |walk, item, at| walk.object(item, at, "a path item", path_keyword))
        }),
        "definitions" => Into(|walk, value, at| walk.map(value, at, Walk::schema)),
        "externalDocs" => Drop,
        _ => return None,
    })
}

fn info_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "version" => Verbatim,
        "title" | "description" | "contact" | "license" | "termsOfService" | "x-logo" => Drop,
        _ => return None,
    })
}

fn tag_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "name" => Verbatim,
        "description" | "externalDocs" | "x-displayName" => Drop,
        _ => return None,
    })
}

fn path_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "get" | "put" | "post" | "delete" | "options" | "head" | "patch" => Into(Walk::operation),
        "parameters" => Into(|walk, value, at| walk.array(value, at, Walk::parameter)),
        "$ref" => Verbatim,
        _ => return None,
    })
}

fn operation_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "operationId" | "tags" | "produces" | "consumes" | "schemes" | "deprecated"
        | "security" => Verbatim,
        "parameters" => Into(|walk, value, at| walk.array(value, at, Walk::parameter)),
        "responses" => Into(|walk, value, at| {
            walk.map(value, at, |walk, reply, at| {
                walk.object(reply, at, "a response", response_keyword)
            })
        }),
        "summary" | "description" | "externalDocs" => Drop,
        _ => return None,
    })
}

fn response_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "schema" => Into(Walk::schema),
        "headers" => Into(|walk, value, at| {
            walk.map(value, at, |walk, header, at| {
                walk.object(header, at, "a header", value_keyword)
            })
        }),
        "description" | "examples" => Drop,
        _ => return None,
    })
}

fn parameter_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "name" | "in" | "required" | "allowEmptyValue" => Verbatim,
        "schema" => Into(Walk::schema),
        _ => return value_keyword(keyword),
    })
}

/// The keywords of a value outside a body: a parameter, its items, a header.
fn value_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "collectionFormat" => Verbatim,
        "items" => Into(|walk, value, at| {
            walk.object(value, at, "the items of a parameter", value_keyword)
        }),
        "description" | "example" => Drop,
        _ => return limit_keyword(keyword),
    })
}

fn schema_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        // A title names an inline type.
        "$ref" | "title" | "required" | "discriminator" | "readOnly" | "minProperties"
        | "maxProperties" => Verbatim,
        "items" => Into(Walk::schema),
        "allOf" => Into(|walk, value, at| walk.array(value, at, Walk::schema)),
        "properties" => Into(|walk, value, at| walk.map(value, at, Walk::schema)),
        "additionalProperties" => {
            Into(
                |walk, value, at| {
                    if value.is_boolean() { Ok(value.clone()) } else { walk.schema(value, at) }
                },
            )
        }
        "description" | "example" | "externalDocs" => Drop,
        _ => return limit_keyword(keyword),
    })
}

/// The keywords that limit a value, at any place.
fn limit_keyword(keyword: &str) -> Option<Keep> {
    Some(match keyword {
        "type" | "format" | "default" | "enum" | "pattern" | "minimum" | "maximum"
        | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength" | "maxLength"
        | "minItems" | "maxItems" | "uniqueItems" | "x-nullable" | "x-omitempty" => Verbatim,
        _ if keyword.starts_with("x-go-") => Verbatim,
        _ => return None,
    })
}

struct Walk {
    /// Whether prose and unknown keywords are kept.
    keeps_prose: bool,
    unread: Vec<Unread>,
}

impl Walk {
    fn root(&mut self, value: &Value) -> Result<Value, Error> {
        self.object(value, &Pointer::root(), "the document", root_keyword)
    }

    fn operation(&mut self, value: &Value, at: &Pointer) -> Result<Value, Error> {
        let facts = self.facts(value, at, &["summary", "description"])?;
        let operation = self.object(value, at, "an operation", operation_keyword)?;
        Ok(with(operation, facts))
    }

    fn parameter(&mut self, value: &Value, at: &Pointer) -> Result<Value, Error> {
        let mut facts = self.facts(value, at, &["description"])?;
        if value.get("name").is_some_and(|name| name == "filters") {
            let prose = Prose::parse(text(value, at, "description")?);
            self.note(&mut facts, at, Fact::Filters, filters::read(&prose));
        }
        let parameter = self.object(value, at, "a parameter", parameter_keyword)?;
        Ok(with(parameter, facts))
    }

    fn schema(&mut self, value: &Value, at: &Pointer) -> Result<Value, Error> {
        let facts = self.facts(value, at, &["description"])?;
        let schema = self.object(value, at, "a schema", schema_keyword)?;
        Ok(with(schema, facts))
    }

    /// What the prose under `keys` states, as `x-` keywords.
    fn facts(
        &mut self,
        value: &Value,
        at: &Pointer,
        keys: &[&str],
    ) -> Result<Vec<(String, Value)>, Error> {
        let texts = keys.iter().map(|key| text(value, at, key)).collect::<Result<Vec<_>, _>>()?;
        let prose = Prose::parse(&texts.join("\n\n"));
        let mut facts = Vec::new();
        self.note(&mut facts, at, Fact::Deprecation, deprecation::read(&prose));
        self.note(&mut facts, at, Fact::Platform, platform::read(&prose));
        match value_kind(value) {
            ValueKind::Numbers => self.note(&mut facts, at, Fact::Unit, unit::read(&prose)),
            ValueKind::Objects => self.note(&mut facts, at, Fact::Unit, unit::read_rate(&prose)),
            ValueKind::Other => {}
        }
        Ok(facts)
    }

    fn note<T: serde::Serialize>(
        &mut self,
        facts: &mut Vec<(String, Value)>,
        at: &Pointer,
        fact: Fact,
        reading: Reading<T>,
    ) {
        match reading {
            Reading::Fact(found) => facts.extend(
                // Serialising these small types cannot fail; should it, the place is listed and not lost.
                serde_json::to_value(found)
                    .map_err(|_| self.unread.push(Unread { pointer: at.clone(), fact }))
                    .ok()
                    .map(|found| (fact.keyword().to_owned(), ordered(&found))),
            ),
            Reading::Nothing => {}
            Reading::Unread => self.unread.push(Unread { pointer: at.clone(), fact }),
        }
    }

    fn object(
        &mut self,
        value: &Value,
        at: &Pointer,
        place: &'static str,
        keywords: Keywords,
    ) -> Result<Value, Error> {
        let mut kept = Vec::new();
        for (keyword, member) in sorted(value, at)? {
            let pointer = at.child(keyword);
            match keywords(keyword) {
                Some(Drop) if !self.keeps_prose => {}
                None if !self.keeps_prose => return Err(Error::UnknownKeyword { pointer, place }),
                None | Some(Drop | Verbatim) => kept.push((keyword.clone(), ordered(member))),
                Some(Into(walk)) => kept.push((keyword.clone(), walk(self, member, &pointer)?)),
            }
        }
        Ok(Value::Object(kept.into_iter().collect()))
    }

    /// An object whose keys are names and not keywords.
    fn map(
        &mut self,
        value: &Value,
        at: &Pointer,
        each: fn(&mut Self, &Value, &Pointer) -> Result<Value, Error>,
    ) -> Result<Value, Error> {
        sorted(value, at)?
            .into_iter()
            .map(|(name, member)| {
                // Paths and responses may have extensions of any type among them.
                let is_extension = name.starts_with("x-") && !member.is_object();
                let member = match self.keeps_prose && is_extension {
                    true => ordered(member),
                    false => each(self, member, &at.child(name))?,
                };
                Ok((name.clone(), member))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object)
    }

    fn array(
        &mut self,
        value: &Value,
        at: &Pointer,
        each: fn(&mut Self, &Value, &Pointer) -> Result<Value, Error>,
    ) -> Result<Value, Error> {
        let items = value.as_array().ok_or_else(|| shape(at.clone(), "an array", value))?;
        items.iter().enumerate().map(|(index, item)| each(self, item, &at.child(index))).collect()
    }
}

/// The members of an object in the order of their keys, whatever order `serde_json` was built to keep.
fn sorted<'a>(value: &'a Value, at: &Pointer) -> Result<Vec<(&'a String, &'a Value)>, Error> {
    let object = value.as_object().ok_or_else(|| shape(at.clone(), "an object", value))?;
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|&(key, _)| key);
    Ok(members)
}

fn shape(pointer: Pointer, expected: &'static str, found: &Value) -> Error {
    let found = match found {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        scalar => format!("`{scalar}`"),
    };
    Error::Shape { pointer, expected, found }
}

/// A copy with the keys of every object in order.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> =
                object.iter().map(|(key, member)| (key.clone(), ordered(member))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(ordered).collect(),
        scalar => scalar.clone(),
    }
}

/// Adds members to an object, in the order of the keys; the object's own members are kept.
fn with(value: Value, more: Vec<(String, Value)>) -> Value {
    let Value::Object(object) = value else { return value };
    let mut members: Vec<_> = more.into_iter().chain(object).collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(members.into_iter().collect())
}

/// The text under `key`; none is empty.
fn text<'a>(value: &'a Value, at: &Pointer, key: &str) -> Result<&'a str, Error> {
    match value.get(key) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(shape(at.child(key), "a string", other)),
    }
}

/// What a schema or parameter holds that may have a unit.
enum ValueKind {
    /// It is a number, or a list of numbers.
    Numbers,
    /// It is a list of objects that are described elsewhere.
    Objects,
    Other,
}

fn value_kind(value: &Value) -> ValueKind {
    match (value.get("type").and_then(Value::as_str), value.get("items")) {
        (Some("integer" | "number"), _) => ValueKind::Numbers,
        (Some("array"), Some(items)) if items.get("$ref").is_some() => ValueKind::Objects,
        (Some("array"), Some(items)) => value_kind(items),
        _ => ValueKind::Other,
    }
}
