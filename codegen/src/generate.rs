//! From a swagger document to the files of the generated crate.

pub mod model;
mod progenitor;
pub(crate) mod sent_back;
pub mod since;

use std::collections::BTreeMap;

use serde_json::Value;
use swagger_reader::Pointer;

use crate::{
    convert, fixup, lint, name,
    polish::{docs, operations, split, types, words},
    versions::ApiVersion,
};

/// Why a crate could not be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document is no Swagger 2.0 that can be converted.
    #[error("cannot convert the document to OpenAPI 3.0")]
    Convert(#[source] convert::Error),
    /// Corrections for the version found nothing to correct.
    #[error(
        "corrections that change nothing in API version {version}:\n{}\n\
         end the range of each before this version if upstream has mended its defect; else mend the fixup",
        lines(.absent)
    )]
    Fixup {
        /// The version of the document.
        version: ApiVersion,
        /// The corrections.
        absent: Vec<fixup::Absent>,
    },
    /// A name of the document is taken twice.
    #[error("cannot name the schemas of the document")]
    Name(#[source] name::Error),
    /// The document has what progenitor would panic on, or silently get wrong.
    #[error("the document cannot be generated as it is meant:\n{}", lines(.0))]
    Lint(Vec<lint::Finding>),
    /// The document has another shape than the generator reads.
    #[error("{at}: expected {expected}")]
    Shape {
        /// The JSON pointer of the place.
        at: Pointer,
        /// What should stand there.
        expected: String,
    },
    /// progenitor refused the document, or panicked.
    #[error("{cause}{}", culprits(.operations))]
    Progenitor {
        /// What progenitor said.
        cause: String,
        /// The operations that bring it about alone.
        operations: Vec<String>,
    },
    /// progenitor's output has a shape that the syn passes do not know.
    #[error("the syn passes do not know {what}; a new release of progenitor may need new passes")]
    Unexpected {
        /// What they met.
        what: String,
    },
    /// Two names of the spec become one name in Rust.
    #[error(
        "{what}: `{first}` and `{second}` are both `{rust}` in Rust; codegen/src/casing.rs splits names"
    )]
    Collision {
        /// Where.
        what: String,
        /// The name in Rust.
        rust: String,
        /// A name of the spec.
        first: String,
        /// Another name of the spec.
        second: String,
    },
    /// A file of `spec/docs` cannot be read.
    #[error("cannot read spec/docs/{file}: {message}")]
    Words {
        /// The name of the file.
        file: String,
        /// What is wrong with it.
        message: String,
    },
}

fn lines(items: &[impl std::fmt::Display]) -> String {
    items.iter().map(|item| format!("  {item}")).collect::<Vec<_>>().join("\n")
}

fn culprits(operations: &[String]) -> String {
    if operations.is_empty() {
        "; no single operation brings it about, so it lies in a schema or between operations".into()
    } else {
        format!("; it happens at {}", operations.join(", "))
    }
}

/// What the generated crate is made from.
#[derive(Debug)]
pub struct Input<'a> {
    /// The API version, which chooses the corrections.
    pub version: ApiVersion,
    /// The Swagger 2.0 document, distilled or annotated.
    pub document: &'a Value,
    /// The source of the document.
    pub origin: fixup::Origin,
    /// Our own words for the rustdoc.
    pub words: words::Words,
    /// Since when there is a thing.
    pub since: since::Since,
    /// The command that makes the files, for their first lines.
    pub command: &'a str,
}

/// What was generated.
#[derive(Debug)]
pub struct Output {
    /// The files by their path below `src`, with `/` between folders.
    pub files: BTreeMap<String, String>,
    /// How many operations there are.
    pub operations: usize,
    /// The generated types: their name and those of their fields, in the spec and in Rust.
    pub types: BTreeMap<String, Vec<(String, String)>>,
    /// The types that JSON replies are decoded to, by operation.
    pub replies: BTreeMap<String, String>,
    /// The corrections that were made, and those that the document does not need.
    pub fixups: fixup::Corrections,
}

impl Output {
    /// How many lines the files have.
    pub fn lines(&self) -> usize {
        self.files.values().map(|text| text.lines().count()).sum()
    }
}

/// The OpenAPI 3.0 document that progenitor gets: converted, corrected, named and checked.
///
/// # Errors
///
/// The document cannot be converted, corrected or named, or the lint finds something in it.
pub fn prepare(
    document: &Value,
    version: ApiVersion,
    origin: fixup::Origin,
) -> Result<(Value, fixup::Corrections), Error> {
    let (mut openapi, fixups) = correct(document, version, origin)?;
    let findings = lint::check(&openapi);
    if !findings.is_empty() {
        return Err(Error::Lint(findings));
    }
    sent_back::keep_whole(&mut openapi);
    Ok((openapi, fixups))
}

/// The first steps of [`prepare`], without the check.
fn correct(
    document: &Value,
    version: ApiVersion,
    origin: fixup::Origin,
) -> Result<(Value, fixup::Corrections), Error> {
    let mut openapi = convert::to_openapi(document).map_err(Error::Convert)?;
    let corrections = fixup::apply_all(&mut openapi, version, origin);
    if origin == fixup::Origin::Pinned && !corrections.absent.is_empty() {
        return Err(Error::Fixup { version, absent: corrections.absent });
    }
    name::hoist(&mut openapi).map_err(Error::Name)?;
    Ok((openapi, corrections))
}

/// Generates the crate's files from a swagger document.
pub fn generate(input: Input<'_>) -> Result<Output, Error> {
    let (openapi, fixups) = prepare(input.document, input.version, input.origin)?;
    let docs = docs::Docs { version: input.version, words: input.words, since: input.since };
    let mut output = code(&openapi, &docs, input.command)?;
    output.fixups = fixups;
    Ok(output)
}

/// Generates the crate's files from an OpenAPI 3.0 document that [`prepare`] made.
pub fn code(openapi: &Value, docs: &docs::Docs, command: &str) -> Result<Output, Error> {
    let model = model::operations(openapi)?;
    let file = progenitor::run(openapi, &model)?;
    let schemas = openapi.pointer("/components/schemas").unwrap_or(&Value::Null);
    let types = types::types(&file, schemas, docs)?;
    let operations = operations::operations(&file, &model, docs)?;
    Ok(Output {
        files: split::files(docs, command, &operations, &types),
        operations: operations.len(),
        types: types.into_iter().map(|ty| (ty.name, ty.fields)).collect(),
        replies: operations.into_iter().filter_map(|code| Some((code.id, code.reply?))).collect(),
        fixups: fixup::Corrections::default(),
    })
}
