//! Reads a Swagger 2.0 document, distilled or upstream, into the model.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use super::{Api, Body, Field, Location, Operation, Parameter, Reply, Schema};
use swagger_reader::Pointer;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

const LIMITS: [&str; 10] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "pattern",
];

/// Why a document cannot be compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A place holds something else than Swagger 2.0 allows there.
    #[error("{at}: expected {expected}, found {found}")]
    Shape {
        /// The place.
        at: Pointer,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A reference leads nowhere.
    #[error(
        "{at}: `{target}` leads nowhere; expected a reference into this document, such as `#/definitions/Mount`"
    )]
    Dangling {
        /// The place.
        at: Pointer,
        /// The reference.
        target: String,
    },
    /// Two operations have one id.
    #[error("{at}: the operation id `{id}` is taken by another operation")]
    Duplicate {
        /// The place of the second.
        at: Pointer,
        /// The id.
        id: String,
    },
}

impl Api {
    /// Reads a Swagger 2.0 document, as [`swagger_reader::read`] gives it; `label` is what reports call it.
    ///
    /// # Errors
    ///
    /// A place of the document has a shape that Swagger 2.0 does not allow.
    pub fn read(label: impl Into<String>, document: &Value) -> Result<Self, ReadError> {
        let root = Pointer::root();
        let mut reader = Reader {
            document,
            schemas: BTreeMap::new(),
            stack: Vec::new(),
            reached: BTreeSet::new(),
        };
        let mut operations = BTreeMap::new();
        let paths_at = root.child("paths");
        for (path, item) in members(document, "paths", &root)? {
            let at = paths_at.child(path);
            let shared = list(item, "parameters", &at)?;
            for method in METHODS {
                let Some(value) = item.get(method) else { continue };
                let at = at.child(method);
                let operation = reader.operation(method, path, value, shared, &at)?;
                if let Some(taken) = operations.insert(operation.id.clone(), operation) {
                    return Err(ReadError::Duplicate { at, id: taken.id });
                }
            }
        }
        let reached = std::mem::take(&mut reader.reached);
        for (name, _) in members(document, "definitions", &root)? {
            reader.named(name, &root.child("definitions").child(name))?;
        }
        Ok(Self { label: label.into(), operations, schemas: reader.schemas, reached })
    }
}

struct Reader<'a> {
    document: &'a Value,
    schemas: BTreeMap<String, Arc<Schema>>,
    stack: Vec<String>,
    reached: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn operation(
        &mut self,
        method: &str,
        path: &str,
        value: &'a Value,
        shared: &'a [Value],
        at: &Pointer,
    ) -> Result<Operation, ReadError> {
        let method = method.to_uppercase();
        let id = text(value, "operationId", at)?.unwrap_or_else(|| format!("{method} {path}"));
        let tag =
            list(value, "tags", at)?.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut parameters = BTreeMap::new();
        let mut body = None;
        for (index, parameter) in shared.iter().chain(list(value, "parameters", at)?).enumerate() {
            let at = at.child("parameters").child(index);
            let parameter = self.follow(parameter, &at)?;
            let required = flag(parameter, "required", &at)?;
            let place = needed(parameter, "in", &at)?;
            if place == "body" {
                let schema = match parameter.get("schema") {
                    Some(schema) => self.schema(schema, &at.child("schema"))?,
                    None => Arc::new(Schema::default().seal()),
                };
                body =
                    Some(Body { required, consumes: self.media(value, "consumes", &at)?, schema });
                continue;
            }
            let location = match place.as_str() {
                "path" => Location::Path,
                "query" => Location::Query,
                "header" => Location::Header,
                "formData" => Location::Form,
                _ => {
                    return Err(shape(
                        &at.child("in"),
                        "path, query, header, formData or body",
                        &parameter["in"],
                    ));
                }
            };
            let name = needed(parameter, "name", &at)?;
            let collection = text(parameter, "collectionFormat", &at)?;
            let filters = strings(parameter, "x-filters", &at)?;
            let schema = self.schema(parameter, &at)?;
            let key = (location, name.clone());
            parameters
                .insert(key, Parameter { name, location, required, collection, filters, schema });
        }
        let mut replies = BTreeMap::new();
        for (status, reply) in members(value, "responses", at)? {
            if status.starts_with("x-") {
                continue;
            }
            let at = at.child("responses").child(status);
            let reply = self.follow(reply, &at)?;
            let schema = match reply.get("schema") {
                Some(schema) => Some(self.schema(schema, &at.child("schema"))?),
                None => None,
            };
            let mut headers = BTreeMap::new();
            for (name, header) in members(reply, "headers", &at)? {
                headers
                    .insert(name.clone(), self.schema(header, &at.child("headers").child(name))?);
            }
            replies.insert(status.clone(), Reply { schema, headers });
        }
        Ok(Operation {
            id,
            path: path.to_owned(),
            tag,
            deprecated: deprecation(value),
            parameters: parameters.into_values().collect(),
            body,
            replies,
            produces: self.media(value, "produces", at)?,
            method,
        })
    }

    /// The media types of an operation: its own, or those of the whole document.
    fn media(
        &self,
        operation: &Value,
        key: &str,
        at: &Pointer,
    ) -> Result<BTreeSet<String>, ReadError> {
        if operation.get(key).is_some() {
            strings(operation, key, at)
        } else {
            strings(self.document, key, &Pointer::root())
        }
    }

    /// What a reference in front of a parameter or reply leads to.
    fn follow(&self, value: &'a Value, at: &Pointer) -> Result<&'a Value, ReadError> {
        let Some(target) = value.get("$ref") else { return Ok(value) };
        let target =
            target.as_str().ok_or_else(|| shape(&at.child("$ref"), "a reference", target))?;
        target
            .strip_prefix('#')
            .and_then(|pointer| self.document.pointer(pointer))
            .ok_or_else(|| ReadError::Dangling { at: at.clone(), target: target.to_owned() })
    }

    fn named(&mut self, name: &str, at: &Pointer) -> Result<Arc<Schema>, ReadError> {
        self.reached.insert(name.to_owned());
        if let Some(schema) = self.schemas.get(name) {
            return Ok(Arc::clone(schema));
        }
        if self.stack.iter().any(|open| open == name) {
            return Ok(Arc::new(
                Schema { recursion: Some(name.to_owned()), ..Schema::default() }.seal(),
            ));
        }
        let target = self.document.get("definitions").and_then(|definitions| definitions.get(name));
        let Some(definition) = target else {
            return Err(ReadError::Dangling {
                at: at.clone(),
                target: format!("#/definitions/{name}"),
            });
        };
        self.stack.push(name.to_owned());
        let schema = self.schema(definition, &Pointer::root().child("definitions").child(name))?;
        self.stack.pop();
        let schema = Arc::new(
            Schema { name: Some(name.to_owned()), remarked: false, ..Schema::clone(&schema) }
                .seal(),
        );
        self.schemas.insert(name.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }

    fn schema(&mut self, value: &'a Value, at: &Pointer) -> Result<Arc<Schema>, ReadError> {
        let object = value.as_object().ok_or_else(|| shape(at, "a schema (an object)", value))?;
        if let Some(target) = object.get("$ref") {
            let target =
                target.as_str().ok_or_else(|| shape(&at.child("$ref"), "a reference", target))?;
            let name = target
                .strip_prefix("#/definitions/")
                .ok_or_else(|| ReadError::Dangling { at: at.clone(), target: target.to_owned() })?;
            let schema = self.named(name, at)?;
            // Swagger 2.0 ignores what stands beside a reference; moby means it.
            let mut own = Schema::clone(&schema);
            overlay(&mut own, object, at)?;
            return Ok(Arc::new(own.seal()));
        }
        let mut schema = Schema::default();
        let mut inherited = None;
        for (index, part) in list(value, "allOf", at)?.iter().enumerate() {
            let part = self.schema(part, &at.child("allOf").child(index))?;
            merge(&mut schema, &part);
            inherited = if index == 0 { part.name.clone() } else { None };
        }
        let before = schema.fields.len();
        self.own(&mut schema, value, at)?;
        overlay(&mut schema, object, at)?;
        if schema.fields.len() == before {
            // One reference with remarks beside it is still that schema.
            schema.name = inherited;
        }
        schema.remarked &= schema.name.is_some();
        Ok(Arc::new(schema.seal()))
    }

    /// Reads what the schema itself says of its structure.
    fn own(
        &mut self,
        schema: &mut Schema,
        value: &'a Value,
        at: &Pointer,
    ) -> Result<(), ReadError> {
        let mut types = BTreeSet::new();
        match value.get("type") {
            None => {}
            Some(Value::String(one)) => drop(types.insert(one.clone())),
            Some(Value::Array(_)) => types = strings(value, "type", at)?,
            Some(other) => {
                return Err(shape(
                    &at.child("type"),
                    "the name of a type, or a list of such",
                    other,
                ));
            }
        }
        schema.nullable |= types.remove("null");
        if !types.is_empty() {
            schema.types = types;
        }
        let required = strings_or_flag(value, at)?;
        for (name, property) in members(value, "properties", at)? {
            let field = self.schema(property, &at.child("properties").child(name))?;
            schema
                .fields
                .insert(name.clone(), Field { required: false, owner: None, schema: field });
        }
        for (name, field) in &mut schema.fields {
            field.required |= required.contains(name);
        }
        if let Some(items) = value.get("items") {
            schema.items = Some(self.schema(items, &at.child("items"))?);
        }
        match value.get("additionalProperties") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => schema.values = Some(Arc::new(Schema::default().seal())),
            Some(values) => {
                schema.values = Some(self.schema(values, &at.child("additionalProperties"))?)
            }
        }
        if schema.types.is_empty() {
            if schema.is_record() || schema.values.is_some() {
                schema.types.insert("object".to_owned());
            } else if schema.items.is_some() {
                schema.types.insert("array".to_owned());
            }
        }
        Ok(())
    }
}

/// Adds a part of `allOf`; what comes later wins.
fn merge(schema: &mut Schema, part: &Schema) {
    if !part.types.is_empty() {
        schema.types.clone_from(&part.types);
    }
    for (name, field) in &part.fields {
        let owner = field.owner.clone().or_else(|| part.name.clone());
        schema.fields.insert(name.clone(), Field { owner, ..field.clone() });
    }
    let part = part.clone();
    schema.format = part.format.or(schema.format.take());
    schema.values = part.values.or(schema.values.take());
    schema.items = part.items.or(schema.items.take());
    schema.allowed = part.allowed.or(schema.allowed.take());
    schema.default = part.default.or(schema.default.take());
    schema.nullable |= part.nullable;
    schema.limits.extend(part.limits);
    schema.deprecated = part.deprecated.or(schema.deprecated.take());
    schema.unit = part.unit.or(schema.unit.take());
    schema.platform = part.platform.or(schema.platform.take());
    schema.recursion = part.recursion.or(schema.recursion.take());
}

/// Takes over what stands at this very place: nullability, default, limits, facts.
fn overlay(
    schema: &mut Schema,
    object: &Map<String, Value>,
    at: &Pointer,
) -> Result<(), ReadError> {
    let before = schema.clone().seal().exact();
    if let Some(format) = object.get("format") {
        schema.format = Some(plain(format));
    }
    if let Some(allowed) = object.get("enum") {
        let values = allowed
            .as_array()
            .ok_or_else(|| shape(&at.child("enum"), "a list of values", allowed))?;
        schema.allowed = Some(values.iter().map(plain).collect());
    }
    if let Some(default) = object.get("default") {
        schema.default = Some(default.to_string());
    }
    if let Some(nullable) = object.get("x-nullable") {
        schema.nullable = nullable
            .as_bool()
            .ok_or_else(|| shape(&at.child("x-nullable"), "true or false", nullable))?;
    }
    for key in LIMITS {
        if let Some(limit) = object.get(key) {
            schema.limits.insert(key, limit.to_string());
        }
    }
    if let Some(said) = deprecation_of(object) {
        schema.deprecated = Some(said);
    }
    for (key, slot) in [("x-unit", &mut schema.unit), ("x-platform", &mut schema.platform)] {
        if let Some(said) = object.get(key) {
            *slot = Some(plain(said));
        }
    }
    schema.remarked = schema.clone().seal().exact() != before;
    Ok(())
}

fn deprecation(value: &Value) -> Option<String> {
    value.as_object().and_then(deprecation_of)
}

/// `deprecated: true`, or the distilled `x-deprecated`, in words.
fn deprecation_of(object: &Map<String, Value>) -> Option<String> {
    let said = object.get("x-deprecated").or_else(|| object.get("deprecated"))?;
    match said {
        Value::Bool(false) | Value::Null => None,
        Value::Object(facts) => {
            let fact = |key: &str, word: &str| {
                facts.get(key).map(|value| format!("{word} {}", plain(value)))
            };
            let facts: Vec<String> =
                [fact("since", "since"), fact("removed-in", "to be removed in")]
                    .into_iter()
                    .flatten()
                    .collect();
            Some(facts.join(", "))
        }
        Value::String(text) => Some(text.clone()),
        _ => Some(String::new()),
    }
}

/// A string as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn shape(at: &Pointer, expected: &'static str, found: &Value) -> ReadError {
    let found = match found {
        Value::Array(_) | Value::Object(_) => kind(found).to_owned(),
        scalar => format!("`{scalar}`"),
    };
    ReadError::Shape { at: at.clone(), expected, found }
}

/// The members of an object that may be absent, in the order of their names.
fn members<'a>(
    value: &'a Value,
    key: &str,
    at: &Pointer,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>, ReadError> {
    let object = match value.get(key) {
        None => None,
        Some(Value::Object(object)) => Some(object),
        Some(other) => return Err(shape(&at.child(key), "an object", other)),
    };
    let sorted: BTreeMap<&String, &Value> = object.into_iter().flatten().collect();
    Ok(sorted.into_iter())
}

fn list<'a>(value: &'a Value, key: &str, at: &Pointer) -> Result<&'a [Value], ReadError> {
    match value.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(shape(&at.child(key), "a list", other)),
    }
}

fn strings(value: &Value, key: &str, at: &Pointer) -> Result<BTreeSet<String>, ReadError> {
    let text = |(index, item): (usize, &Value)| {
        item.as_str()
            .map(str::to_owned)
            .ok_or_else(|| shape(&at.child(key).child(index), "a text", item))
    };
    list(value, key, at)?.iter().enumerate().map(text).collect()
}

/// The required fields of a schema; a parameter's `required: true` is about the parameter and not about fields.
fn strings_or_flag(value: &Value, at: &Pointer) -> Result<BTreeSet<String>, ReadError> {
    match value.get("required") {
        Some(Value::Bool(_)) => Ok(BTreeSet::new()),
        _ => strings(value, "required", at),
    }
}

fn text(value: &Value, key: &str, at: &Pointer) -> Result<Option<String>, ReadError> {
    match value.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(shape(&at.child(key), "a text", other)),
    }
}

fn needed(value: &Value, key: &'static str, at: &Pointer) -> Result<String, ReadError> {
    text(value, key, at)?.ok_or_else(|| ReadError::Shape {
        at: at.clone(),
        expected: if key == "in" { "a parameter with `in`" } else { "a parameter with `name`" },
        found: "none".to_owned(),
    })
}

fn flag(value: &Value, key: &str, at: &Pointer) -> Result<bool, ReadError> {
    match value.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(shape(&at.child(key), "true or false", other)),
    }
}
