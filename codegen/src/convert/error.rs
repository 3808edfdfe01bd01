//! Why a document cannot be converted.

use swagger_reader::Pointer;

/// Why a document cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A keyword that Swagger 2.0 does not have at this place, or that this converter does not carry over.
    #[error("{at}: unknown keyword `{keyword}`; expected one of {}", expected.join(", "))]
    Keyword {
        /// The place of the object with the keyword.
        at: Pointer,
        /// The keyword.
        keyword: String,
        /// What may stand there.
        expected: Vec<&'static str>,
    },
    /// A `format` that is not in the list of formats with a known meaning.
    #[error(
        "{at}: unknown format `{format}` of type `{of}`; add it to the converter's list once its meaning is known"
    )]
    Format {
        /// The place of the schema.
        at: Pointer,
        /// The format.
        format: String,
        /// The type it is a format of.
        of: String,
    },
    /// A value of another shape than expected.
    #[error("{at}: expected {expected}, found {found}")]
    Shape {
        /// The place of the value.
        at: Pointer,
        /// What was expected.
        expected: String,
        /// The value at that place.
        found: String,
    },
    /// A `$ref` to a definition that is not there.
    #[error("{at}: `{reference}` refers to nothing in the document")]
    Dangling {
        /// The place of the reference.
        at: Pointer,
        /// The reference.
        reference: String,
    },
    /// The result is not a valid OpenAPI 3.0 document.
    #[error("the converted document is not valid OpenAPI 3.0")]
    Model(#[source] serde_json::Error),
}
