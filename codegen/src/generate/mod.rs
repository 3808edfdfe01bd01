//! From the corrected document of a version to the files of the generated crate.

mod progenitor;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::correct::Corrected;
pub use crate::error::Error;
use crate::model;
use crate::polish::docs::Docs;
use crate::polish::words::Words;
use crate::polish::{operations, split, types};
use crate::since::Since;

/// What the generated crate is made from.
#[derive(Debug)]
pub struct Input<'a> {
    /// The document of the API version.
    pub corrected: &'a Corrected,
    /// Our own words for the rustdoc.
    pub words: Words,
    /// Since when there is a thing.
    pub since: Since,
    /// The command that makes the files, for their first lines.
    pub command: &'a str,
}

/// What was generated.
#[derive(Debug)]
pub struct Output {
    /// The files by their path below `src`, with `/` between directories.
    pub files: BTreeMap<String, String>,
    /// How many operations there are.
    pub operations: usize,
    /// The generated types: their name and those of their fields, in the spec and in Rust.
    pub types: BTreeMap<String, Vec<(String, String)>>,
    /// The types that JSON replies are decoded to, by operation.
    pub replies: BTreeMap<String, String>,
}

impl Output {
    /// How many lines the files have.
    pub fn lines(&self) -> usize {
        self.files.values().map(|text| text.lines().count()).sum()
    }
}

/// Generates the crate's files.
///
/// # Errors
///
/// The lint finds something in the document, progenitor refuses it, or the generated code would not be what is meant.
pub fn generate(input: Input<'_>) -> Result<Output, Error> {
    input.corrected.check()?;
    let Input { corrected, words, since, command } = input;
    code(&corrected.openapi, &Docs { version: corrected.version, words, since }, command)
}

/// Generates the crate's files from the OpenAPI 3.0 document of a [`Corrected`].
///
/// # Errors
///
/// As [`generate`], without the lint.
pub fn code(openapi: &Value, docs: &Docs, command: &str) -> Result<Output, Error> {
    let mut operations = model::operations(openapi)?;
    let items = progenitor::run(openapi, &mut operations)?;
    let schemas = openapi.pointer("/components/schemas").unwrap_or(&Value::Null);
    let types = types::types(&items, schemas, docs)?;
    let operations: Vec<_> =
        operations.iter().map(|one| operations::code(one, docs)).collect::<Result<_, _>>()?;
    let replies =
        operations.iter().filter_map(|code| Some((code.id.clone(), code.reply.clone()?))).collect();
    Ok(Output {
        operations: operations.len(),
        types: types.iter().map(|ty| (ty.name.clone(), ty.fields.clone())).collect(),
        replies,
        files: split::files(docs, command, operations, types),
    })
}
