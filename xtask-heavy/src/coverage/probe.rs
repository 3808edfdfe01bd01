//! Determines which operations podman supports, by calling each once with the name of an object that does not exist.

use anyhow::{Context, Result, anyhow};
use engines::error::chain;
use engines::http::{Client, Method, Payload};
use serde_json::Value;

/// An operation, and podman's response to it.
pub(super) struct Answer {
    pub(super) operation: String,
    pub(super) status: u16,
    /// The beginning of the message; none for a success.
    pub(super) message: String,
}

impl Answer {
    /// Returns whether podman supports the operation. It responds to others with `Not Found`, or with a message that they
    /// are not supported.
    pub(super) fn is_served(&self) -> bool {
        let said = self.message.as_str();
        !said.contains("not support") && (self.status, said) != (404, "Not Found")
    }
}

/// Asks for each operation of the document under this version.
pub(super) async fn ask(client: &Client, version: &str, document: &Value) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let method: Method = method.to_uppercase().parse().context("a method")?;
            let target = format!("/v{version}{}{}", missing(path), query(id));
            let payload = match method {
                Method::POST | Method::PUT => Payload::json(&Value::Object(Default::default())),
                _ => Payload::none(),
            };
            let reply = client.send(method, &target, payload).await;
            let reply = reply.map_err(|error| anyhow!("{}", chain(&error)))?;
            let status = reply.status.as_u16();
            let message = if status < 400 { String::new() } else { message(&reply.text()) };
            answers.push(Answer { operation: id.to_owned(), status, message });
        }
    }
    answers.sort_by(|one, other| one.operation.cmp(&other.operation));
    Ok(answers)
}

/// The path with the name of an object that does not exist.
fn missing(path: &str) -> String {
    let segments = path.split('/');
    let filled = segments.map(|segment| if segment.starts_with('{') { "missing" } else { segment });
    filled.collect::<Vec<_>>().join("/")
}

/// Query parameters that end a response that would otherwise never end, and required ones.
fn query(id: &str) -> &'static str {
    match id {
        "SystemEvents" => "?since=1&until=2&stream=false",
        "ContainerArchive" | "ContainerArchiveInfo" | "PutContainerArchive" => "?path=/tmp",
        "ContainerRename" => "?name=other",
        "ImageGetAll" => "?names=missing",
        "ImageSearch" => "?term=missing",
        "ImageTag" => "?repo=other",
        "ImageCommit" => "?container=missing",
        "ContainerLogs" => "?stdout=true",
        _ => "",
    }
}

/// The message of a refusal, on one line and without the attempts that it may list, with names of this run alone.
fn message(text: &str) -> String {
    let json = serde_json::from_str::<Value>(text).ok();
    let told = json.as_ref().and_then(|json| json["message"].as_str()).unwrap_or(text);
    let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    line.split(": * ").next().unwrap_or_default().replace('|', "\\|")
}
