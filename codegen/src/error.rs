//! Why a crate cannot be generated.

use swagger_reader::Pointer;

use crate::{convert, fixup, lint, name, versions::ApiVersion};

/// Why a crate could not be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document is not Swagger 2.0 that can be converted.
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
    #[error("code for the document would be wrong:\n{}", lines(.0))]
    Lint(Vec<lint::Finding>),
    /// The document has another shape than the generator reads.
    #[error("{at}: expected {expected}")]
    Shape {
        /// The JSON pointer of the place.
        at: Pointer,
        /// What was expected there.
        expected: String,
    },
    /// progenitor refused the document, or panicked.
    #[error("{cause}{}", causing_operations(.operations))]
    Progenitor {
        /// The message of progenitor.
        cause: String,
        /// The operations that each cause it.
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

fn causing_operations(operations: &[String]) -> String {
    if operations.is_empty() {
        "; no single operation causes it: the cause is a schema or a combination of operations"
            .into()
    } else {
        format!("; caused by {}", operations.join(", "))
    }
}
