//! The call of progenitor, with its panics turned into errors that name the operation.

use std::panic::{AssertUnwindSafe, catch_unwind};

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::Value;

use super::{Error, model::Operation};

/// Runs progenitor on `document` and parses what it made.
///
/// progenitor asserts where a document has a shape that it does not know; such a panic is caught and
/// reported with the operations that bring it about.
pub(super) fn run(document: &Value, operations: &[Operation]) -> Result<syn::File, Error> {
    attempt(document).map_err(|cause| {
        let culprits: Vec<String> = operations
            .iter()
            .filter(|operation| attempt(&alone(document, operation)).is_err())
            .map(|operation| operation.id.clone())
            .collect();
        Error::Progenitor { cause, operations: culprits }
    })
}

fn attempt(document: &Value) -> Result<syn::File, String> {
    let spec: openapiv3::OpenAPI =
        serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let tokens = catch_unwind(AssertUnwindSafe(|| {
        let mut settings = GenerationSettings::new();
        settings
            .with_interface(InterfaceStyle::Builder)
            .with_tag(TagStyle::Merged)
            .with_map_type("::std::collections::BTreeMap");
        Generator::new(&settings).generate_tokens(&spec).map_err(|error| error.to_string())
    }))
    .map_err(|panic| panic_text(panic.as_ref()))??;
    syn::parse2(tokens).map_err(|error| error.to_string())
}

/// The document with one operation only.
fn alone(document: &Value, operation: &Operation) -> Value {
    let mut document = document.clone();
    let method = operation.method.to_ascii_lowercase();
    document["paths"] = serde_json::json!({ &operation.path: { method: operation.facts } });
    document
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    format!("progenitor panicked: {text}")
}
