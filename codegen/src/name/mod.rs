//! Gives every object and every enumeration a name, the same in every version.
//!
//! The generator names inline schemas after their place, with meaningless suffixes; and upstream moves inline schemas to
//! named ones, and renames those, from version to version. Here an inline schema is moved to a component that is named by
//! rule: the parent and the field, one of several in the singular; `…Response` for a reply and `…Body` for a request. Where
//! upstream names it in any version, it has that name in all, by the table.
//!
//! Afterwards, only lists, maps and scalars are inline.

mod error;
mod flatten;
mod structure;
mod table;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use error::Error;
use structure::structure;

use crate::casing::pascal;
use crate::openapi::{self, SCHEMAS};

/// Moves the inline schemas of `document` to named components, and gives all components their names in Rust.
///
/// What is named already stays, so that a second run changes nothing.
///
/// # Errors
///
/// Two different schemas with one name, or an `allOf` that cannot be read as one object.
pub fn hoist(document: &mut Value) -> Result<(), Error> {
    rename(document)?;
    // Schemas that are inline in a part are named after that part before the part is copied to its uses.
    name(document)?;
    flatten::flatten(document)?;
    name(document)?;
    openapi::each_schema_mut(document, &mut |schema| {
        schema.remove("title");
    });
    Ok(())
}

/// Names what is inline, and leaves alone what is made of parts.
fn name(document: &mut Value) -> Result<(), Error> {
    let mut names = Names::default();
    let components = document.pointer_mut("/components/schemas").map(Value::take);
    let components = match components {
        Some(Value::Object(components)) => components,
        _ => Map::new(),
    };
    for (name, mut schema) in components {
        names.children(&mut schema, &name)?;
        names.define(&name, schema, &name)?;
    }
    for operation in openapi::operations_mut(document) {
        names.operation(operation)?;
    }
    names.copy()?;
    if let Some(components) = document.pointer_mut("/components/schemas") {
        *components = Value::Object(names.schemas);
    }
    Ok(())
}

/// Renames the components, and with them all references.
fn rename(document: &mut Value) -> Result<(), Error> {
    let Some(Value::Object(components)) = document.pointer_mut("/components/schemas") else {
        return Ok(());
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut renamed = Map::new();
    for (old, schema) in std::mem::take(components) {
        let new = table::renamed(&old).map_or_else(|| type_name(&old), str::to_owned);
        if renamed.insert(new.clone(), schema).is_some() {
            let first = names.iter().find(|(_, name)| **name == new).map(|(old, _)| old.clone());
            return Err(Error::Collision {
                name: new,
                first: first.unwrap_or_default(),
                second: old,
            });
        }
        names.insert(old, new);
    }
    *components = renamed;
    openapi::each_schema_mut(document, &mut |schema| {
        let Some(Value::String(reference)) = schema.get_mut("$ref") else { return };
        if let Some(new) = reference.strip_prefix(SCHEMAS).and_then(|old| names.get(old)) {
            *reference = format!("{SCHEMAS}{new}");
        }
    });
    Ok(())
}

/// The components as they are named.
#[derive(Default)]
struct Names {
    schemas: Map<String, Value>,
    /// Where each component comes from, for errors.
    origins: BTreeMap<String, String>,
    /// Components that are to be copied under a second name: the name, what to copy, the place.
    copies: Vec<(String, String, String)>,
}

impl Names {
    fn operation(&mut self, operation: &mut Map<String, Value>) -> Result<(), Error> {
        let id =
            operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            for parameter in parameters {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                if let Some(schema) = parameter.get_mut("schema") {
                    self.schema(
                        schema,
                        &format!("{id}:{name}"),
                        &type_name(&format!("{id}-{name}")),
                    )?;
                }
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            self.content(body, &format!("{id}:body"), &format!("{id}Body"))?;
        }
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            for (status, response) in responses {
                // Errors are skipped: they have the same schema in all operations.
                let (place, rule) = match status.starts_with(['4', '5']) || status == "default" {
                    true => ("error", "Error"),
                    false => ("reply", "Response"),
                };
                self.content(response, &format!("{id}:{place}"), &format!("{id}{rule}"))?;
            }
        }
        Ok(())
    }

    fn content(&mut self, holder: &mut Value, place: &str, rule: &str) -> Result<(), Error> {
        let Some(Value::Object(content)) = holder.get_mut("content") else { return Ok(()) };
        for media in content.values_mut() {
            if let Some(schema) = media.get_mut("schema") {
                self.schema(schema, place, &type_name(rule))?;
            }
        }
        Ok(())
    }

    /// Names what is inline in `schema`, which stands at `place` and is called `rule` if nothing else is known.
    fn schema(&mut self, schema: &mut Value, place: &str, rule: &str) -> Result<(), Error> {
        if let Some(target) = openapi::referred_at_last(schema) {
            let wanted = table::placed(place).filter(|name| *name != target);
            if let Some(name) = wanted {
                self.copies.push((name.to_owned(), target.to_owned(), place.to_owned()));
                refer(schema, name);
            }
            return Ok(());
        }
        let Value::Object(object) = schema else { return Ok(()) };
        let title = object.get("title").and_then(Value::as_str).map(type_name);
        let name =
            table::placed(place).map(str::to_owned).or(title).unwrap_or_else(|| rule.to_owned());
        if object.contains_key("allOf") {
            return self.children(schema, &name);
        }
        let nameless = object
            .get("properties")
            .is_some_and(|properties| properties.as_object().is_some_and(|p| !p.is_empty()))
            || object.contains_key("enum");
        if nameless {
            let mut component = component_of(object);
            self.children(&mut component, &name)?;
            self.define(&name, component, place)?;
            refer(schema, &name);
            return Ok(());
        }
        for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(part @ Value::Object(_)) = object.get_mut(key) {
                self.schema(part, &format!("{place}{suffix}"), rule)?;
            }
        }
        Ok(())
    }

    /// Names what is inline in the component `name`.
    fn children(&mut self, component: &mut Value, name: &str) -> Result<(), Error> {
        if let Some(Value::Object(properties)) = component.get_mut("properties") {
            for (field, property) in properties {
                if nothing_to_name(property) {
                    continue;
                }
                let several = property.get("items").or(property.get("additionalProperties"));
                let one = if several.is_some() { singular(field) } else { field.clone() };
                self.schema(
                    property,
                    &format!("{name}.{}", field.trim()),
                    &type_name(&format!("{name}-{one}")),
                )?;
            }
        }
        for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(part @ Value::Object(_)) = component.get_mut(key) {
                self.schema(part, &format!("{name}{suffix}"), &type_name(&singular(name)))?;
            }
        }
        if let Some(Value::Array(parts)) = component.get_mut("allOf") {
            for part in parts {
                self.children(part, name)?;
            }
        }
        Ok(())
    }

    fn define(&mut self, name: &str, schema: Value, place: &str) -> Result<(), Error> {
        match self.schemas.get(name) {
            Some(known) if structure(known) != structure(&schema) => Err(Error::Collision {
                name: name.to_owned(),
                first: self.origins.get(name).cloned().unwrap_or_default(),
                second: place.to_owned(),
            }),
            Some(_) => Ok(()),
            None => {
                self.schemas.insert(name.to_owned(), schema);
                self.origins.insert(name.to_owned(), place.to_owned());
                Ok(())
            }
        }
    }

    fn copy(&mut self) -> Result<(), Error> {
        for (name, target, place) in std::mem::take(&mut self.copies) {
            let schema = self
                .schemas
                .get(&target)
                .cloned()
                .ok_or_else(|| Error::Dangling { at: place.clone(), name: target.clone() })?;
            self.define(&name, schema, &place)?;
        }
        Ok(())
    }
}

/// Whether there is nothing in the schema that could have a name, as in most.
fn nothing_to_name(schema: &Value) -> bool {
    const NAMED: &[&str] =
        &["$ref", "allOf", "properties", "enum", "items", "additionalProperties"];
    !NAMED.iter().any(|key| schema.get(key).is_some())
}

/// Returns the keywords of an inline schema that describe the type. The others describe the place that refers to it.
fn component_of(object: &Map<String, Value>) -> Value {
    const TYPE_KEYWORDS: &[&str] = &[
        "type",
        "properties",
        "required",
        "additionalProperties",
        "enum",
        "format",
        "description",
    ];
    let kept = object.iter().filter(|(key, _)| TYPE_KEYWORDS.contains(&key.as_str()));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Puts a reference to `name` in the place of `schema`, and keeps what is said of the place.
fn refer(schema: &mut Value, name: &str) {
    let reference = json!({ "$ref": format!("{SCHEMAS}{name}") });
    let facts: Map<String, Value> = schema
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| {
            key.starts_with("x-") || ["description", "nullable"].contains(&key.as_str())
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    *schema = reference.clone();
    if !facts.is_empty() {
        let mut wrapped = facts;
        wrapped.insert("allOf".to_owned(), json!([reference]));
        *schema = Value::Object(wrapped);
    }
}

/// The name of a type. Casing it again does not change it, unlike a name with two successive words of one letter.
fn type_name(words: &str) -> String {
    pascal(&pascal(words))
}

/// The word for one of several.
fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if ["us", "ss", "is"].iter().any(|end| name.ends_with(end)) {
        return name.to_owned();
    }
    if let Some(stem) = ["sses", "xes", "ches"]
        .iter()
        .find_map(|end| Some(&name[..name.strip_suffix(end)?.len() + end.len() - 2]))
    {
        return stem.to_owned();
    }
    name.strip_suffix('s').unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests;
