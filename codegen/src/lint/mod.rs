//! Reports what the generator would panic on or silently get wrong.
//!
//! progenitor asserts where a document has a shape that it does not know, and ignores what it cannot express; typify
//! invents names, refuses values and writes defaults. Every rule here stands for one such thing, or for one that this
//! workspace's runtime cannot do, and its test shows what would happen without it.

mod operation;
mod report;
mod schema;

use serde_json::Value;

pub use report::Finding;
use report::Report;

use crate::openapi;
use swagger_reader::Pointer;

/// Finds everything in the OpenAPI 3.0 document for which wrong code would be generated.
pub fn check(document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let report = &mut Report { operation: None, findings: &mut findings };
    operation::paths(document, report);
    for (path, method, facts) in openapi::operations(document) {
        let at = Pointer::root().child("paths").child(path).child(method);
        report.operation = facts.get("operationId").and_then(Value::as_str).map(str::to_owned);
        operation::operation(path, facts, &at, report);
    }
    report.operation = None;
    schema::components(document, report);
    openapi::each_schema(document, &mut |at, schema| {
        report.operation = operation_of(document, at);
        schema::schema(document, schema, at, report);
    });
    findings
}

/// The operation that the place belongs to.
fn operation_of(document: &Value, at: &Pointer) -> Option<String> {
    let mut tokens = at.as_str().split('/').skip(1);
    let (paths, path, method) = (tokens.next()?, tokens.next()?, tokens.next()?);
    if paths != "paths" {
        return None;
    }
    let operation = document.pointer(&format!("/paths/{path}/{method}"))?;
    operation.get("operationId").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests;
