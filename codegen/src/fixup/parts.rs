//! Pieces of documents and changes that corrections of several subjects share.

use serde_json::{Value, json};

use super::document::{Change, Document, NotApplied, Place};

pub(super) const JSON: &str = "application/json";
pub(super) const BYTES: &str = "application/octet-stream";

/// A tar archive, as a media type that the engine knows.
pub(super) const TAR: &str = "application/x-tar";

pub(super) fn bytes() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// The content of a body that is streamed.
pub(super) fn stream() -> Value {
    json!({ BYTES: { "schema": bytes() } })
}

pub(super) const AUTH: &str = "X-Registry-Auth";

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

/// The parameter is a boolean.
pub(super) fn boolean(parameter: Place<'_>) -> Change {
    parameter.child("schema")?.set("type", "boolean")
}

/// The query parameter `name` is a list, in repeated keys.
pub(super) fn repeats(doc: &mut Document<'_>, operation: &str, name: &str) -> Change {
    doc.operation(operation)?.parameter("query", name)?.set("schema", texts())?;
    doc.operation(operation)?.parameter("query", name)?.set("style", "form")?;
    doc.operation(operation)?.parameter("query", name)?.set("explode", true)
}

/// Returns an error if nothing was changed.
pub(super) fn changed(counts: impl Iterator<Item = usize>) -> Change {
    match counts.sum() {
        0 => Err(NotApplied::new("(root)", "nothing of that kind")),
        _ => Ok(()),
    }
}
