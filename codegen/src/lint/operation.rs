//! Rules for paths, parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::report::Report;
use crate::casing::snake;
use crate::openapi;
use swagger_reader::Pointer;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// Rules for all paths together.
pub(super) fn paths(document: &Value, report: &mut Report<'_>) {
    let root = Pointer::root().child("paths");
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let at = root.child(path);
        if !path.starts_with('/') && !path.starts_with("x-") {
            report.add(
                "path-start",
                &at,
                "a path that does not start with `/` is dropped without a word",
            );
        }
        if item.get("$ref").is_some() {
            report.add("path-reference", &at, "a path by reference is refused; write it out");
        }
    }
    let mut methods: BTreeMap<String, String> = BTreeMap::new();
    for (path, method, operation) in openapi::operations(document) {
        let at = root.child(path).child(method);
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
            report.add("operation-id", &at, "an operation without `operationId` is refused");
            continue;
        };
        if let Some(other) = methods.insert(snake(id), id.to_owned()) {
            let message = format!("`{id}` and `{other}` are the same method `{}`", snake(id));
            report.add("operation-id", &at, message);
        }
    }
}

/// Rules for one operation.
pub(super) fn operation(
    path: &str,
    facts: &Map<String, Value>,
    at: &Pointer,
    report: &mut Report<'_>,
) {
    if facts.get("tags").and_then(|tags| tags.get(0)).and_then(Value::as_str).is_none() {
        report.add("tag", at, "the first tag says which file the operation goes to; there is none");
    }
    parameters(path, facts, at, report);
    if let Some(body) = facts.get("requestBody") {
        request_body(body, &at.child("requestBody"), report);
    }
    responses(facts, at, report);
}

fn parameters(path: &str, facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    let declared =
        facts.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut in_path = BTreeSet::new();
    let mut setters: BTreeSet<String> = BTreeSet::from(["body".to_owned(), "send".to_owned()]);
    for (index, parameter) in declared.iter().enumerate() {
        let at = at.child("parameters").child(index);
        let name = parameter["name"].as_str().unwrap_or_default();
        if !setters.insert(snake(name)) {
            let message =
                format!("`{name}` would be another `{}` of the same builder", snake(name));
            report.add("parameter-name", &at, message);
        }
        if parameter["in"] == "path" {
            in_path.insert(name);
        }
        one_parameter(parameter, &at, report);
    }
    let template: BTreeSet<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    for name in template.symmetric_difference(&in_path) {
        let message = format!(
            "`{name}` must stand in the path and be a path parameter; the generator panics"
        );
        report.add("path-parameter-undeclared", at, message);
    }
}

fn one_parameter(parameter: &Value, at: &Pointer, report: &mut Report<'_>) {
    let place = parameter["in"].as_str().unwrap_or_default();
    if parameter.get("$ref").is_some() {
        report.add(
            "parameter-reference",
            at,
            "a parameter by reference is not read by the generator; write it out",
        );
        return;
    }
    if !["path", "query", "header"].contains(&place) {
        report.add("parameter-location", at, format!("a parameter in `{place}` is refused"));
        return;
    }
    if place == "path" && parameter["required"] != true {
        report.add(
            "path-parameter-optional",
            at,
            "a path parameter that is not required makes the generator panic",
        );
    }
    let Some(schema) = parameter.get("schema") else {
        report.add("parameter-content", at, "a parameter without `schema` is refused");
        return;
    };
    let usual = if place == "query" { "form" } else { "simple" };
    if parameter.get("style").is_some_and(|style| style != usual) {
        report.add(
            "parameter-style",
            at,
            format!("a style other than `{usual}` is refused in `{place}`"),
        );
    }
    let kind = schema["type"].as_str().unwrap_or_default();
    if kind == "array" && place != "query" {
        report.add("parameter-array", at, "a list can only be sent in the query, in repeated keys");
    }
    if kind == "array" && place == "query" && parameter["explode"] != true {
        let message = "the list is sent in repeated keys whatever is declared; if that is right, say `explode: true`";
        report.add("query-array-style", at, message);
    }
    if kind == "object" || openapi::referred_at_last(schema).is_none() && kind.is_empty() {
        report.add("parameter-structure", at, "only scalars and lists of them can be parameters");
    }
}

fn request_body(body: &Value, at: &Pointer, report: &mut Report<'_>) {
    if body.get("$ref").is_some() {
        report.add(
            "body-reference",
            at,
            "a body by reference is not read by the generator; write it out",
        );
        return;
    }
    let content = body.get("content").and_then(Value::as_object);
    let mut content = content.into_iter().flatten();
    let (Some((media_type, media)), None) = (content.next(), content.next()) else {
        report.add(
            "body-media-types",
            at,
            "a body needs exactly one media type; with more the generator panics",
        );
        return;
    };
    let schema = media.get("schema");
    let binary = schema.is_some_and(|s| s["type"] == "string" && s["format"] == "binary");
    match media_type.as_str() {
        _ if schema.is_none() => {
            report.add("body-schema", at, "a body without a schema is refused")
        }
        JSON => {}
        BYTES if binary => {}
        BYTES => report.add(
            "body-schema",
            at,
            "bytes must have the schema `type: string, format: binary`",
        ),
        other => {
            let message = format!(
                "`{other}` is sent neither by the generator nor by the runtime: JSON and `{BYTES}` are"
            );
            report.add("body-media-type", at, message);
        }
    }
}

fn responses(facts: &Map<String, Value>, at: &Pointer, report: &mut Report<'_>) {
    let at = at.child("responses");
    let mut successes = BTreeMap::new();
    for (status, response) in
        facts.get("responses").and_then(Value::as_object).into_iter().flatten()
    {
        let at = at.child(status);
        if response.get("$ref").is_some() {
            report.add(
                "response-reference",
                &at,
                "a response by reference is not read by the generator; write it out",
            );
            successes.insert("by reference".to_owned(), status.clone());
            continue;
        }
        let content = response.get("content").and_then(Value::as_object);
        let Ok(code) = status.parse::<u16>() else {
            report.add(
                "response-status",
                &at,
                "only numeric statuses say whether a reply is a success",
            );
            continue;
        };
        if content.is_some_and(|content| content.len() > 1) {
            report.add(
                "response-media-types",
                &at,
                "all media types but one are ignored without a word; declare one",
            );
        }
        let first = content.and_then(|content| content.iter().next());
        if let Some((_, media)) = first
            && media.get("schema").is_none()
        {
            report.add(
                "response-schema",
                &at,
                "content without a schema makes the generator panic",
            );
        }
        match code {
            101 | 200..300 => {
                let kind = kind(code, first);
                successes.entry(kind).or_insert_with(|| status.clone());
            }
            300..400 if content.is_some() => {
                report.add(
                    "redirect-body",
                    &at,
                    "a redirect or 304 has no body to decode; the runtime drops it",
                );
            }
            400.. => {
                let error = first
                    .filter(|(media_type, _)| *media_type == JSON)
                    .and_then(|(_, media)| media.get("schema"));
                if error.and_then(openapi::referred) != Some("ErrorResponse") {
                    report.add(
                        "error-body",
                        &at,
                        "an error must be a JSON `ErrorResponse`, or its message is lost",
                    );
                }
            }
            _ => {}
        }
    }
    match successes.len() {
        0 => report.add(
            "success-missing",
            &at,
            "no success is declared, so nothing is known of the reply",
        ),
        1 => {}
        _ => {
            let statuses: Vec<String> =
                successes.into_iter().map(|(kind, status)| format!("{status} {kind}")).collect();
            let message = format!(
                "successes of different kinds make the generator panic: {}",
                statuses.join(", ")
            );
            report.add("success-ambiguous", &at, message);
        }
    }
}

/// What a success returns, by the kinds that the generator distinguishes.
fn kind(code: u16, content: Option<(&String, &Value)>) -> String {
    match content {
        Some((media_type, media)) if media_type == JSON => {
            match openapi::referred(&media["schema"]) {
                Some(name) => name.to_owned(),
                None => format!("JSON {}", media["schema"]["type"].as_str().unwrap_or("value")),
            }
        }
        _ if code == 101 => "an upgraded connection".to_owned(),
        Some(_) => "bytes".to_owned(),
        None => "nothing".to_owned(),
    }
}
