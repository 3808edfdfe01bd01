//! The rustdoc of the generated code: our own words, the spec's facts, or upstream's prose.

use quote::quote;
use serde_json::Value;
use std::collections::BTreeMap;

use super::{facts, prose, words::Words};
use crate::{
    model::{Operation, Parameter},
    since::Since,
    versions::{self, ApiVersion},
};

/// How many columns a line of rustdoc has: a field stands four columns to the right, behind `/// `.
const WIDTH: usize = 92;

/// Composes the rustdoc of one API version.
#[derive(Debug)]
pub struct Docs {
    /// The API version, for links to the reference.
    pub version: ApiVersion,
    /// Our own words.
    pub words: Words,
    /// Since when there is a thing.
    pub since: Since,
}

impl Docs {
    /// The lines above a type.
    pub fn of_type(&self, name: &str, schema: &Value) -> Vec<String> {
        let own = self.words.about(name);
        let mut lines = start(schema, own, || format!("`{name}` of the Engine API."));
        state(schema, self.since.types.get(name), &mut lines);
        lines
    }

    /// The lines above a field.
    pub fn of_field(&self, owner: &str, wire: &str, property: &Value) -> Vec<String> {
        let own = self.words.member(owner, wire);
        let mut lines = start(property, own, || format!("`{wire}`"));
        state(property, self.since.types.get(&format!("{owner}.{wire}")), &mut lines);
        lines
    }

    /// The lines above a value of an enum.
    pub fn of_value(&self, owner: &str, wire: &str) -> Vec<String> {
        match self.words.member(owner, wire) {
            Some(own) => {
                let mut lines = wrapped(own);
                push_paragraph(&mut lines, &format!("Serialized as `{wire:?}`."));
                lines
            }
            None => vec![format!("`{wire:?}`")],
        }
    }

    /// The lines above a parameter's setter.
    pub fn of_parameter(&self, operation: &Operation, parameter: &Parameter) -> Vec<String> {
        let schema = Value::Object(parameter.facts.clone());
        let own = self.words.parameter(&operation.id, &parameter.name);
        let mut lines = start(&schema, own, || format!("Sets `{}`.", parameter.name));
        let key = format!("{}.{}", operation.id, parameter.name);
        state(&schema, self.since.operations.get(&key), &mut lines);
        lines
    }

    /// The lines above the methods of an area of the client.
    pub fn of_area(&self, name: &str) -> Vec<String> {
        let Some(area) = self.words.areas.get(name) else { return Vec::new() };
        let mut lines = wrapped(&area.about);
        lines.push(String::new());
        lines.push("```no_run".to_owned());
        lines.push(
            "# async fn example(client: docker_api::Client) -> Result<(), docker_api::Error> {"
                .to_owned(),
        );
        lines.extend(area.example.trim().lines().map(str::to_owned));
        lines.extend(["# Ok(())", "# }", "```"].map(str::to_owned));
        lines
    }

    /// The lines above an operation's method on the client. `returns` is what its `send` returns.
    pub fn of_operation(&self, operation: &Operation, returns: Option<&str>) -> Vec<String> {
        let schema = Value::Object(operation.facts.clone());
        let own = self.words.operations.get(&operation.id).map(String::as_str);
        let mut lines = start(&schema, own, || format!("Calls `{}`.", operation.id));
        lines.push(String::new());
        lines.push(format!("`{} {}`", operation.method, operation.path));
        state(&schema, self.since.operations.get(&operation.id), &mut lines);
        let arguments: Vec<_> = operation.arguments().collect();
        if !arguments.is_empty() {
            lines.push(String::new());
            for parameter in arguments {
                let text = self.of_parameter(operation, parameter).join(" ");
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                lines.push(format!("- `{}`: {text}", crate::casing::snake(&parameter.name)));
            }
        }
        if let Some(returns) = returns {
            let builder = crate::casing::pascal(&operation.id);
            let sentence = format!("[`send`]({builder}::send) returns {returns}.");
            push_paragraph(&mut lines, &sentence);
        }
        added(operation, &mut lines);
        if !operation.facts.contains_key("x-unlisted") {
            lines.push(String::new());
            lines.push(format!(
                "[Reference](https://docs.docker.com/reference/api/engine/version/v{}/#operation/{})",
                self.version, operation.id
            ));
        }
        lines
    }

    /// The lines above an operation's builder.
    pub fn of_builder(&self, operation: &Operation, returns: Option<&str>) -> Vec<String> {
        let method = crate::casing::snake(&operation.id);
        let sends = returns.map_or_else(|| "sends it".to_owned(), |it| format!("returns {it}"));
        let mut lines = wrapped(&format!(
            "A request to `{} {}`, created by [`Client::{method}`]. [`send`](Self::send) {sends}.",
            operation.method, operation.path
        ));
        added(operation, &mut lines);
        lines
    }

    /// The lines above the method that sends an operation, which calls this method of the runtime's `Request`.
    pub fn of_send(&self, operation: &Operation, sends: &str, runtime: &str) -> Vec<String> {
        let mut lines = vec![format!("Sends the request{sends}.")];
        if operation.not_modified {
            push_paragraph(
                &mut lines,
                "The [`status`](Response::status) is 304 if there was nothing to do.",
            );
        }
        push_paragraph(&mut lines, "# Errors");
        let errors = format!("Returns the errors of [`Request::{runtime}`]");
        push_paragraph(
            &mut lines,
            &match alternatives(&operation.errors) {
                None => errors + ".",
                Some(statuses) => format!(
                    "{errors}, and [`Error::Engine`] if the engine responds with status {statuses}."
                ),
            },
        );
        lines
    }

    /// The version that introduced an operation, or a parameter of it; none where the oldest has the operation, or the
    /// parameter is as old as the operation.
    pub fn since(&self, operation: &str, parameter: Option<&str>) -> Option<ApiVersion> {
        let operations = &self.since.operations;
        match parameter {
            None => operations.get(operation),
            Some(name) => operations.get(&format!("{operation}.{name}")),
        }
        .copied()
    }

    /// The newest version that there is a document of.
    pub fn newest(&self) -> ApiVersion {
        self.since.newest.map_or(self.version, |newest| newest.max(self.version))
    }

    /// The parameters of an operation that only later versions have.
    pub fn later_parameters(&self, operation: &str) -> impl Iterator<Item = (&str, ApiVersion)> {
        let below = format!("{operation}.");
        let known = self.since.operations.range(below.clone()..);
        known
            .map_while(move |(key, since)| Some((key.strip_prefix(&*below)?, *since)))
            .filter(|(_, since)| *since > self.version)
    }

    /// The fields of an operation's JSON body that are younger than the operation, by path, with the version that introduced
    /// each.
    pub fn later_fields(&self, operation: &str) -> BTreeMap<String, ApiVersion> {
        let below = format!("{operation}.");
        let younger = self.since.bodies.range(below.clone()..);
        younger
            .map_while(|(key, since)| Some((key.strip_prefix(&below)?, since)))
            .filter(|(_, since)| **since <= self.version)
            .map(|(path, since)| (path.to_owned(), *since))
            .collect()
    }
}

/// Upstream's prose where the document has it, else our words, else what the name says.
fn start(schema: &Value, own: Option<&str>, otherwise: impl FnOnce() -> String) -> Vec<String> {
    match (schema.get("description").and_then(Value::as_str).map(prose::lines), own) {
        (Some(lines), _) if !lines.is_empty() => lines,
        (_, Some(own)) => wrapped(own),
        (_, None) => vec![otherwise()],
    }
}

/// Adds a paragraph with the facts of the document that the lines do not state.
fn state(facts: &Value, since: Option<&ApiVersion>, lines: &mut Vec<String>) {
    let stated = lines.join(" ");
    let mut said = Vec::new();
    let schema = facts.get("schema").unwrap_or(facts);
    let fact = |name: &str| facts.get(name).or_else(|| schema.get(name));
    if let Some(unit) = fact("x-unit").and_then(Value::as_str).filter(|_| !names_unit(&stated)) {
        said.push(unit_sentence(unit));
    }
    if let Some(default) = fact("x-default").or_else(|| fact("default")).map(plain)
        && !(stated.contains("default") && stated.contains(&format!("`{default}`")))
    {
        said.push(format!("The engine's default is `{default}`."));
    }
    if let Some(values) = list(fact("enum")).filter(|_| facts.get("in").is_some()) {
        said.push(format!("One of {values}."));
    }
    if let Some(keys) = list(fact("x-filters")) {
        said.push(format!("Supported keys: {keys}."));
    }
    match fact("x-platform").and_then(Value::as_str) {
        Some("linux") if !stated.contains("Linux") => said.push("Linux only.".to_owned()),
        Some("windows") if !stated.contains("Windows") => said.push("Windows only.".to_owned()),
        _ => {}
    }
    if let Some(since) = since.filter(|since| **since > versions::OLDEST_SUPPORTED) {
        said.push(format!("Since API {since}."));
    }
    match (fact("x-deprecated"), fact("deprecated")) {
        (Some(mark), _) => said.push(deprecation(mark)),
        (None, Some(Value::Bool(true))) => said.push("Deprecated.".to_owned()),
        _ => {}
    }
    if !said.is_empty() {
        push_paragraph(lines, &said.join(" "));
    }
}

/// Whether a sentence says in what its number counts.
fn names_unit(sentence: &str) -> bool {
    let units = [
        "byte",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
        "row",
        "column",
        "percent",
        "billionth",
        "tick",
    ];
    let sentence = sentence.to_lowercase();
    sentence
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| units.contains(&word.strip_suffix('s').unwrap_or(word)))
}

/// Adds a paragraph in lines of at most a hundred columns in the generated file, behind an empty line.
fn push_paragraph(lines: &mut Vec<String>, text: &str) {
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(wrapped(text));
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut within_code = false;
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line)
                if line.chars().count() + word.chars().count() < WIDTH
                    || within_code
                    || starts_block(word) =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
        within_code ^= word.matches('`').count() % 2 == 1;
    }
    lines
}

/// Whether Markdown would take a line that begins with the word for an item of a list, a heading or a quotation.
fn starts_block(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']).unwrap_or("");
    matches!(word, "-" | "+" | "*" | ">" | "#")
        || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Adds what `docker-client` adds to the operation.
fn added(operation: &Operation, lines: &mut Vec<String>) {
    let additions = facts::additions(operation);
    if additions.is_empty() {
        return;
    }
    push_paragraph(lines, "The crate `docker-client` adds:");
    lines.push(String::new());
    lines.extend(additions);
}

/// Statuses with what they mean, as alternatives: `404 (not found) or 500 (internal error)`.
fn alternatives(statuses: &[u16]) -> Option<String> {
    let meaning = |status: &u16| match status {
        400 => "400 (invalid argument)".to_owned(),
        401 => "401 (unauthorized)".to_owned(),
        403 => "403 (forbidden)".to_owned(),
        404 => "404 (not found)".to_owned(),
        406 => "406 (not acceptable)".to_owned(),
        409 => "409 (conflict)".to_owned(),
        500 => "500 (internal error)".to_owned(),
        501 => "501 (not implemented)".to_owned(),
        503 => "503 (unavailable)".to_owned(),
        other => other.to_string(),
    };
    let all: Vec<String> = statuses.iter().map(meaning).collect();
    match all.split_last()? {
        (last, []) => Some(last.clone()),
        (last, others) => Some(format!("{} or {last}", others.join(", "))),
    }
}

fn unit_sentence(unit: &str) -> String {
    match unit {
        "unix-seconds" => "In seconds since the Unix epoch.".to_owned(),
        "unix-nanoseconds" => "In nanoseconds since the Unix epoch.".to_owned(),
        "nano-cpus" => "In billionths of a CPU.".to_owned(),
        "io-per-second" => "In operations per second.".to_owned(),
        "cpu-time" => "In nanoseconds; on Windows in units of 100 nanoseconds.".to_owned(),
        other => format!("In {}.", other.replace('-', " ")),
    }
}

fn deprecation(mark: &Value) -> String {
    let version = |key: &str| mark.get(key).and_then(Value::as_str);
    match (version("since"), version("removed-in")) {
        (Some(since), Some(gone)) => {
            format!("Deprecated since API {since}, removed in API {gone}.")
        }
        (Some(since), None) => format!("Deprecated since API {since}."),
        (None, Some(gone)) => format!("Deprecated, removed in API {gone}."),
        (None, None) => "Deprecated.".to_owned(),
    }
}

fn list(values: Option<&Value>) -> Option<String> {
    let values = values?.as_array()?;
    (!values.is_empty())
        .then(|| values.iter().map(|v| format!("`{}`", plain(v))).collect::<Vec<_>>().join(", "))
}

/// A value, without quotes if it is a string.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.replace('`', "'"),
        other => other.to_string(),
    }
}

/// The lines as `///` attributes.
pub fn attributes(lines: &[String]) -> Vec<proc_macro2::TokenStream> {
    lines
        .iter()
        .map(|line| {
            let line = if line.is_empty() { String::new() } else { format!(" {line}") };
            quote!(#[doc = #line])
        })
        .collect()
}
