//! Operations: parameters, request bodies, responses and their headers.

use serde_json::{Map, Value, json};

use super::context::Context;
use super::error::Error;
use super::object::Object;
use super::schema::{VALUE, inline, schema};

const OPERATION: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "consumes",
    "produces",
    "parameters",
    "responses",
    "deprecated",
];

const PARAMETER: &[&[&str]] = &[
    &["name", "in", "description", "required", "allowEmptyValue", "collectionFormat"],
    &["type", "format", "items"],
    VALUE,
];

const BODY: &[&str] = &["name", "in", "description", "required", "schema"];

const RESPONSE: &[&str] = &["description", "schema", "headers", "examples"];

const HEADER: &[&[&str]] = &[&["description", "type", "format", "items"], VALUE];

/// Converts an operation object.
pub(super) fn operation(object: &Object<'_>, context: &Context<'_>) -> Result<Value, Error> {
    object.only(&[OPERATION])?;
    let consumes = object.texts("consumes")?.or_else(|| context.consumes.clone());
    let produces = object.texts("produces")?.or_else(|| context.produces.clone());

    let mut out = object.extensions();
    for key in ["tags", "summary", "description", "externalDocs", "operationId", "deprecated"] {
        object.copy(key, &mut out);
    }
    let mut parameters = Vec::new();
    for member in object.elements("parameters")? {
        let given = member.object()?;
        let location = given.need("in")?;
        match location.text()? {
            "body" if out.contains_key("requestBody") => {
                return Err(location.shape("one body at most"));
            }
            "body" => {
                out.insert("requestBody".to_owned(), body(&given, consumes.as_deref(), context)?);
            }
            place @ ("path" | "query" | "header") => parameters.push(parameter(&given, place)?),
            _ => return Err(location.shape("a parameter in path, query, header or body")),
        }
    }
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), Value::Array(parameters));
    }
    let mut responses = Map::new();
    object.need("responses")?;
    for member in object.members("responses")? {
        let converted = match member.name {
            name if name.starts_with("x-") => member.value.clone(),
            name if name == "default" || status(name).is_some() => {
                response(name, &member.object()?, produces.as_deref(), context)?
            }
            _ => return Err(member.shape("an HTTP status or `default` as the name")),
        };
        responses.insert(member.name.to_owned(), converted);
    }
    out.insert("responses".to_owned(), Value::Object(responses));
    Ok(Value::Object(out))
}

fn parameter(object: &Object<'_>, place: &str) -> Result<Value, Error> {
    object.only(PARAMETER)?;
    let mut out = object.extensions();
    object.need("name")?.text()?;
    for key in ["name", "in", "description"] {
        object.copy(key, &mut out);
    }
    if object.flag("required")? {
        out.insert("required".to_owned(), json!(true));
    } else if place == "path" {
        return Err(object.need("name")?.shape("`required: true` for a path parameter"));
    }
    if object.flag("allowEmptyValue")? {
        out.insert("allowEmptyValue".to_owned(), json!(true));
    }
    if let Some((style, explode)) = style(object, place)? {
        out.insert("style".to_owned(), json!(style));
        out.insert("explode".to_owned(), json!(explode));
    }
    out.insert("schema".to_owned(), inline(object)?);
    Ok(Value::Object(out))
}

/// The style of an array; without a `collectionFormat` it is comma-separated.
fn style(object: &Object<'_>, place: &str) -> Result<Option<(&'static str, bool)>, Error> {
    let format = object.get("collectionFormat");
    if object.optional_text("type")? != Some("array") {
        return match format {
            Some(format) => {
                Err(format.shape("no `collectionFormat` on a parameter that is no array"))
            }
            None => Ok(None),
        };
    }
    let name = format.as_ref().map_or(Ok("csv"), |format| format.text())?;
    match (name, place) {
        ("csv", "query") => Ok(Some(("form", false))),
        ("multi", "query") => Ok(Some(("form", true))),
        ("ssv", "query") => Ok(Some(("spaceDelimited", false))),
        ("pipes", "query") => Ok(Some(("pipeDelimited", false))),
        ("csv", _) => Ok(Some(("simple", false))),
        _ => {
            let expected = "csv, or multi, ssv or pipes in the query";
            Err(format.map_or_else(
                || Error::Shape {
                    at: object.at.clone(),
                    expected: expected.to_owned(),
                    found: name.to_owned(),
                },
                |format| format.shape(expected),
            ))
        }
    }
}

fn body(
    object: &Object<'_>,
    consumes: Option<&[&str]>,
    context: &Context<'_>,
) -> Result<Value, Error> {
    object.only(&[BODY])?;
    let mut out = object.extensions();
    object.copy("description", &mut out);
    if object.flag("required")? {
        out.insert("required".to_owned(), json!(true));
    }
    let schema = schema(&object.need("schema")?.object()?, context)?;
    let mut content = Map::new();
    for media_type in consumes.unwrap_or(&["application/json"]) {
        content.insert((*media_type).to_owned(), json!({ "schema": schema }));
    }
    out.insert("content".to_owned(), Value::Object(content));
    Ok(Value::Object(out))
}

fn response(
    name: &str,
    object: &Object<'_>,
    produces: Option<&[&str]>,
    context: &Context<'_>,
) -> Result<Value, Error> {
    object.only(&[RESPONSE])?;
    let mut out = object.extensions();
    let description = object.optional_text("description")?;
    let reason = status(name).map_or("", |status| status);
    out.insert("description".to_owned(), json!(description.unwrap_or(reason)));
    if let Some(given) = object.get("schema") {
        let schema = schema(&given.object()?, context)?;
        let mut content = Map::new();
        for media_type in produces.unwrap_or(&["application/json"]) {
            content.insert((*media_type).to_owned(), json!({ "schema": schema }));
        }
        for example in object.members("examples")? {
            if let Some(Value::Object(media)) = content.get_mut(example.name) {
                media.insert("example".to_owned(), example.value.clone());
            }
        }
        out.insert("content".to_owned(), Value::Object(content));
    }
    if object.get("headers").is_some() {
        let mut headers = Map::new();
        for member in object.members("headers")? {
            let header = member.object()?;
            header.only(HEADER)?;
            let mut converted = header.extensions();
            header.copy("description", &mut converted);
            converted.insert("schema".to_owned(), inline(&header)?);
            headers.insert(member.name.to_owned(), Value::Object(converted));
        }
        out.insert("headers".to_owned(), Value::Object(headers));
    }
    Ok(Value::Object(out))
}

/// The reason phrase of a status, as HTTP has it; OpenAPI 3.0 wants a description of every response.
fn status(code: &str) -> Option<&'static str> {
    Some(match code {
        "101" => "Switching Protocols",
        "200" => "OK",
        "201" => "Created",
        "202" => "Accepted",
        "204" => "No Content",
        "206" => "Partial Content",
        "301" => "Moved Permanently",
        "302" => "Found",
        "304" => "Not Modified",
        "400" => "Bad Request",
        "401" => "Unauthorized",
        "403" => "Forbidden",
        "404" => "Not Found",
        "405" => "Method Not Allowed",
        "406" => "Not Acceptable",
        "409" => "Conflict",
        "412" => "Precondition Failed",
        "415" => "Unsupported Media Type",
        "422" => "Unprocessable Content",
        "429" => "Too Many Requests",
        "500" => "Internal Server Error",
        "501" => "Not Implemented",
        "502" => "Bad Gateway",
        "503" => "Service Unavailable",
        "504" => "Gateway Timeout",
        _ => return None,
    })
}
