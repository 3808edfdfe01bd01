//! Reads a Swagger 2.0 document into the model.

mod error;
mod merge;
mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value};

pub use self::error::ReadError;
use self::merge::{both, merge};
use self::value::{flag, list, members, needed, shape, strings, strings_or_flag, text};
use super::extensions::Extensions;
use super::types::{Api, Body, Field, Location, Operation, Parameter, Reply, Schema};
use swagger_reader::Pointer;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

const LIMITS: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "pattern",
];

impl Api {
    /// Reads a Swagger 2.0 document. `label` is its name in reports, such as a version or a file name.
    ///
    /// Of vendor extensions, only `x-nullable` is read, see [`Schema::nullable`]; [`Api::read_with`] reads others.
    /// `document` is a document as `swagger_reader::read` returns it: with string keys, and without YAML's merge keys.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is not valid Swagger 2.0, or has a reference that cannot be resolved within it.
    pub fn read(label: impl Into<String>, document: &Value) -> Result<Self, ReadError> {
        Self::read_with(label, document, &Extensions::default())
    }

    /// Reads a Swagger 2.0 document, and the facts that it states in these vendor extensions.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Api::read`], and an error if a vendor extension that must contain a list contains
    /// anything else.
    pub fn read_with(
        label: impl Into<String>,
        document: &Value,
        extensions: &Extensions<'_>,
    ) -> Result<Self, ReadError> {
        let root = Pointer::root();
        let mut reader = Reader {
            document,
            extensions,
            schemas: BTreeMap::new(),
            stack: Vec::new(),
            reached: BTreeSet::new(),
        };
        let mut operations = BTreeMap::new();
        let paths_at = root.child("paths");
        for (path, item) in members(document, "paths", &root)? {
            if path.starts_with("x-") {
                continue;
            }
            let at = paths_at.child(path);
            let item = reader.follow(item, &at)?;
            if !item.is_object() {
                return Err(shape(&at, "a path item (an object)", item));
            }
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
    extensions: &'a Extensions<'a>,
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
                    None => Arc::new(Schema::default().with_fingerprints()),
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
            let filters = match self.extensions.filters {
                Some(key) => strings(parameter, key, &at)?,
                None => BTreeSet::new(),
            };
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
            deprecated: value.as_object().and_then(|object| self.deprecation(object)),
            parameters: parameters.into_values().collect(),
            body,
            replies,
            produces: self.media(value, "produces", at)?,
            method,
        })
    }

    /// Returns the media types of an operation: its own, or those of the whole document.
    fn media(
        &self,
        operation: &Value,
        key: &str,
        at: &Pointer,
    ) -> Result<BTreeSet<String>, ReadError> {
        let types = if operation.get(key).is_some() {
            strings(operation, key, at)?
        } else {
            strings(self.document, key, &Pointer::root())?
        };
        Ok(types.iter().map(|media| media_type(media)).collect())
    }

    /// Returns the target of a reference to a path item, parameter or response, or the value itself.
    fn follow(&self, value: &'a Value, at: &Pointer) -> Result<&'a Value, ReadError> {
        let Some(target) = value.get("$ref") else { return Ok(value) };
        let target =
            target.as_str().ok_or_else(|| shape(&at.child("$ref"), "a reference", target))?;
        self.resolve(target, at)
    }

    /// Returns the value that a reference into this document points to.
    fn resolve(&self, target: &str, at: &Pointer) -> Result<&'a Value, ReadError> {
        target
            .strip_prefix('#')
            .and_then(|pointer| self.document.pointer(&decoded(pointer)))
            .ok_or_else(|| ReadError::Dangling { at: at.clone(), target: target.to_owned() })
    }

    /// Reads the schema that a reference points to: a named schema, or any other schema of the document.
    fn referenced(&mut self, target: &str, at: &Pointer) -> Result<Arc<Schema>, ReadError> {
        let name = target.strip_prefix("#/definitions/").filter(|name| !name.contains('/'));
        if let Some(name) = name {
            let name = decoded(name).replace("~1", "/").replace("~0", "~");
            return self.named(&name, at);
        }
        let value = self.resolve(target, at)?;
        if self.stack.iter().any(|open| open == target) {
            let recursion = Some(target.to_owned());
            return Ok(Arc::new(Schema { recursion, ..Schema::default() }.with_fingerprints()));
        }
        self.stack.push(target.to_owned());
        let schema = self.schema(value, at)?;
        self.stack.pop();
        Ok(schema)
    }

    fn named(&mut self, name: &str, at: &Pointer) -> Result<Arc<Schema>, ReadError> {
        self.reached.insert(name.to_owned());
        if let Some(schema) = self.schemas.get(name) {
            return Ok(Arc::clone(schema));
        }
        if self.stack.iter().any(|open| open == name) {
            return Ok(Arc::new(
                Schema { recursion: Some(name.to_owned()), ..Schema::default() }
                    .with_fingerprints(),
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
                .with_fingerprints(),
        );
        self.schemas.insert(name.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }

    fn schema(&mut self, value: &'a Value, at: &Pointer) -> Result<Arc<Schema>, ReadError> {
        let object = value.as_object().ok_or_else(|| shape(at, "a schema (an object)", value))?;
        if let Some(target) = object.get("$ref") {
            let target =
                target.as_str().ok_or_else(|| shape(&at.child("$ref"), "a reference", target))?;
            let schema = self.referenced(target, at)?;
            // Swagger 2.0 ignores the other members of a reference, but authors write them to be read.
            let mut own = Schema::clone(&schema);
            self.overlay(&mut own, object, at)?;
            return Ok(Arc::new(own.with_fingerprints()));
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
        self.overlay(&mut schema, object, at)?;
        if schema.fields.len() == before {
            // One reference with remarks beside it is still that schema.
            schema.name = inherited;
        }
        schema.remarked &= schema.name.is_some();
        Ok(Arc::new(schema.with_fingerprints()))
    }

    /// Reads the structure that the schema itself states.
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
                    "the name of a type, or an array of names",
                    other,
                ));
            }
        }
        schema.nullable |= types.remove("null");
        if !types.is_empty() {
            schema.types = types;
        }
        schema.also_required.extend(strings_or_flag(value, at)?);
        for (name, property) in members(value, "properties", at)? {
            let field = self.schema(property, &at.child("properties").child(name))?;
            let field = Field { required: false, owner: None, schema: field };
            let field = match schema.fields.remove(name) {
                Some(inherited) => both(inherited, field),
                None => field,
            };
            schema.fields.insert(name.clone(), field);
        }
        for (name, field) in &mut schema.fields {
            field.required |= schema.also_required.remove(name);
        }
        if let Some(items) = value.get("items") {
            schema.items = Some(self.schema(items, &at.child("items"))?);
        }
        match value.get("additionalProperties") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => {
                schema.values = Some(Arc::new(Schema::default().with_fingerprints()))
            }
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

    /// Applies the members of the schema that do not affect its structure: nullability, the default, limits, facts.
    fn overlay(
        &self,
        schema: &mut Schema,
        object: &Map<String, Value>,
        at: &Pointer,
    ) -> Result<(), ReadError> {
        let before = schema.clone().with_fingerprints().exact();
        if let Some(format) = object.get("format") {
            schema.format = Some(plain(format));
        }
        if let Some(allowed) = object.get("enum") {
            let values = allowed
                .as_array()
                .ok_or_else(|| shape(&at.child("enum"), "an array of values", allowed))?;
            schema.allowed = Some(values.iter().map(plain).collect());
        }
        if let Some(default) = object.get("default") {
            schema.default = Some(default.to_string());
        }
        if let Some(nullable) = object.get("x-nullable") {
            schema.nullable = nullable
                .as_bool()
                .ok_or_else(|| shape(&at.child("x-nullable"), "a boolean", nullable))?;
        }
        for key in LIMITS {
            if let Some(limit) = object.get(key).filter(|limit| !is_default(key, limit)) {
                schema.limits.insert(key, limit.to_string());
            }
        }
        if let Some(deprecation) = self.deprecation(object) {
            schema.deprecated = Some(deprecation);
        }
        for (key, slot) in [
            (self.extensions.unit, &mut schema.unit),
            (self.extensions.platform, &mut schema.platform),
        ] {
            if let Some(fact) = key.and_then(|key| object.get(key)) {
                *slot = Some(plain(fact));
            }
        }
        schema.remarked = schema.clone().with_fingerprints().exact() != before;
        Ok(())
    }

    /// Returns the deprecation of an operation or schema as a string, which is empty for `deprecated: true`.
    fn deprecation(&self, object: &Map<String, Value>) -> Option<String> {
        let extension = self.extensions.deprecated.and_then(|key| object.get(key));
        match extension.or_else(|| object.get("deprecated"))? {
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
}

/// Returns whether a limit is stated at its default, and so does not limit anything.
fn is_default(key: &str, limit: &Value) -> bool {
    match key {
        "minLength" | "minItems" | "minProperties" => limit.as_f64() == Some(0.0),
        "uniqueItems" | "exclusiveMinimum" | "exclusiveMaximum" => limit == false,
        _ => false,
    }
}

/// Returns a media type in lower case and without `charset`, which does not change what a body contains.
fn media_type(media: &str) -> String {
    let mut parts = media.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    parts
        .filter(|part| !part.to_ascii_lowercase().starts_with("charset="))
        .fold(kind, |media, part| format!("{media}; {part}"))
}

/// Decodes the percent-encoding of a pointer in a reference.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a string as it is, any other value as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
