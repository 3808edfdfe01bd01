//! Schemas: definitions, bodies, and the reduced schemas of parameters and headers.

use serde_json::{Map, Value, json};

use super::context::Context;
use super::error::Error;
use super::object::{Member, Object};

/// Keywords of every value that mean the same in both formats.
pub(super) const VALUE: &[&str] = &[
    "default",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
];

/// Keywords of full schemas alone that mean the same in both formats.
const SAME: &[&str] = &[
    "title",
    "description",
    "maxProperties",
    "minProperties",
    "required",
    "readOnly",
    "example",
    "externalDocs",
    "xml",
];

const SCHEMA: &[&[&str]] = &[
    &[
        "$ref",
        "type",
        "format",
        "properties",
        "items",
        "allOf",
        "additionalProperties",
        "discriminator",
    ],
    VALUE,
    SAME,
];

/// The keywords that are allowed beside a `$ref`; a type there only repeats the type of the referenced schema.
const ALLOWED_BESIDE_REF: &[&str] =
    &["$ref", "type", "title", "description", "default", "example", "readOnly"];

const TYPES: &[&str] = &["string", "number", "integer", "boolean", "array", "object"];

/// Formats with a known meaning, by type. Those that OpenAPI does not name are from Go's types, and from
/// the internet formats that a string holds.
const FORMATS: &[(&str, &[&str])] = &[
    ("integer", &["int32", "int64", "uint8", "uint16", "uint32", "uint64", "int"]),
    ("number", &["float", "double"]),
    (
        "string",
        &[
            "byte",
            "binary",
            "date",
            "date-time",
            "dateTime",
            "password",
            "ip-address",
            "cidr",
            "CIDR",
            "uri",
            "json",
        ],
    ),
];

/// Converts a full schema object.
pub(super) fn schema(object: &Object<'_>, context: &Context<'_>) -> Result<Value, Error> {
    if let Some(reference) = object.get("$ref") {
        return referring(object, &reference, context);
    }
    object.only(SCHEMA)?;
    if let Some(kind) = object.get("type").filter(|kind| kind.value.is_array()) {
        return any_of_types(object, &kind, context);
    }
    let mut out = common(object)?;
    if let Some(kind) = object.get("type") {
        let kind = known_type(&kind)?;
        out.insert("type".to_owned(), json!(kind));
        format(object, kind, &mut out)?;
    }
    if object.get("properties").is_some() {
        let mut properties = Map::new();
        for property in object.members("properties")? {
            properties.insert(property.name.to_owned(), schema(&property.object()?, context)?);
        }
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    if let Some(items) = object.get("items") {
        out.insert("items".to_owned(), schema(&items.object()?, context)?);
    }
    if object.get("allOf").is_some() {
        let parts = object.elements("allOf")?;
        let parts: Result<Vec<_>, Error> =
            parts.iter().map(|part| schema(&part.object()?, context)).collect();
        out.insert("allOf".to_owned(), Value::Array(parts?));
    }
    if let Some(additional) = object.get("additionalProperties") {
        let converted = match additional.value {
            Value::Bool(_) => additional.value.clone(),
            _ => schema(&additional.object()?, context)?,
        };
        out.insert("additionalProperties".to_owned(), converted);
    }
    if let Some(discriminator) = object.get("discriminator") {
        out.insert("discriminator".to_owned(), json!({ "propertyName": discriminator.text()? }));
    }
    Ok(Value::Object(out))
}

/// Converts the reduced schema that a Swagger 2.0 parameter, header or `items` of these carries itself.
pub(super) fn inline(object: &Object<'_>) -> Result<Value, Error> {
    const FOREIGN: &[&str] = &["description", "required", "readOnly", "title"];
    let mut out = Map::new();
    for key in VALUE.iter().chain(SAME).filter(|key| !FOREIGN.contains(*key)) {
        object.copy(key, &mut out);
    }
    let kind = known_type(&object.need("type")?)?;
    out.insert("type".to_owned(), json!(kind));
    format(object, kind, &mut out)?;
    if kind == "array" {
        let items = object.need("items")?.object()?;
        items.only(SCHEMA)?;
        out.insert("items".to_owned(), inline(&items)?);
    }
    Ok(Value::Object(out))
}

fn common(object: &Object<'_>) -> Result<Map<String, Value>, Error> {
    let mut out = object.extensions();
    for key in VALUE.iter().chain(SAME) {
        object.copy(key, &mut out);
    }
    out.remove("x-nullable");
    if object.flag("x-nullable")? {
        out.insert("nullable".to_owned(), json!(true));
    }
    Ok(out)
}

/// OpenAPI 3.0 ignores siblings of `$ref`, so a reference with siblings is moved into an `allOf`.
fn referring(
    object: &Object<'_>,
    reference: &Member<'_>,
    context: &Context<'_>,
) -> Result<Value, Error> {
    object.only(&[ALLOWED_BESIDE_REF])?;
    let target = reference.text()?;
    match target.strip_prefix("#/definitions/") {
        Some(name) if context.defines(name) => {
            let referred = json!({ "$ref": format!("#/components/schemas/{name}") });
            let mut out = common(object)?;
            if out.is_empty() {
                return Ok(referred);
            }
            out.insert("allOf".to_owned(), json!([referred]));
            Ok(Value::Object(out))
        }
        _ => Err(Error::Dangling { at: reference.at.clone(), reference: target.to_owned() }),
    }
}

/// A list of types is JSON Schema and not Swagger 2.0, but it says what it means.
fn any_of_types(
    object: &Object<'_>,
    kinds: &Member<'_>,
    context: &Context<'_>,
) -> Result<Value, Error> {
    let mut out = common(object)?;
    let mut one_of = Vec::new();
    for kind in object.elements("type")? {
        let name = known_type(&kind)?;
        one_of.push(match (name, object.get("items")) {
            ("array", Some(items)) => {
                json!({ "type": name, "items": schema(&items.object()?, context)? })
            }
            ("array", None) => return Err(kinds.shape("`items` for the type `array`")),
            _ => json!({ "type": name }),
        });
    }
    out.insert("oneOf".to_owned(), Value::Array(one_of));
    Ok(Value::Object(out))
}

fn known_type<'a>(kind: &Member<'a>) -> Result<&'a str, Error> {
    let name = kind.text()?;
    if TYPES.contains(&name) {
        Ok(name)
    } else {
        Err(kind.shape(&format!("one of {}", TYPES.join(", "))))
    }
}

fn format(object: &Object<'_>, kind: &str, out: &mut Map<String, Value>) -> Result<(), Error> {
    let Some(format) = object.get("format") else { return Ok(()) };
    let name = format.text()?;
    let known = FORMATS.iter().any(|(of, formats)| *of == kind && formats.contains(&name));
    if !known {
        return Err(Error::Format {
            at: object.at.clone(),
            format: name.to_owned(),
            of: kind.to_owned(),
        });
    }
    out.insert("format".to_owned(), json!(name));
    Ok(())
}
