//! The error of a document that cannot be read.

use swagger_reader::Pointer;

/// The error of a document that cannot be compared.
///
/// Each message begins with the place in the document, as a JSON pointer. It does not name the document.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A value has a type or form that Swagger 2.0 does not allow at its place.
    #[error("{at}: expected {expected}, found {found}")]
    Shape {
        /// The place in the document.
        at: Pointer,
        /// The value that was expected.
        expected: &'static str,
        /// The value that was found.
        found: String,
    },
    /// The target of a reference does not exist, or is outside of the document.
    #[error(
        "{at}: the reference `{target}` cannot be resolved; expected a reference into this document, such as `#/definitions/NAME`"
    )]
    Dangling {
        /// The place of the reference.
        at: Pointer,
        /// The target.
        target: String,
    },
    /// Two operations have the same id.
    #[error("{at}: the operation id `{id}` is already used by another operation")]
    Duplicate {
        /// The place of the second operation.
        at: Pointer,
        /// The id.
        id: String,
    },
}
