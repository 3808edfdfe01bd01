//! Why a document's schemas cannot be named.

/// Why a document's schemas cannot be named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two schemas that differ come to the same name.
    #[error(
        "{first} and {second} are both named `{name}` and differ: give one of them another name in the table"
    )]
    Collision {
        /// The name.
        name: String,
        /// The place of the first one.
        first: String,
        /// The place of the second one.
        second: String,
    },
    /// The parts of an `allOf` contradict each other.
    #[error("{at}: the parts of `allOf` have different schemas for the property `{property}`")]
    Parts {
        /// The place of the schema.
        at: String,
        /// The property.
        property: String,
    },
    /// A part of an `allOf` is not an object.
    #[error("{at}: a part of `allOf` is neither an object schema nor a reference to one")]
    Part {
        /// The place of the schema.
        at: String,
    },
    /// The target of a reference does not exist, or an `allOf` refers to itself.
    #[error("{at}: no schema `{name}` that can be read in full")]
    Dangling {
        /// The place of the reference.
        at: String,
        /// The name that it refers to.
        name: String,
    },
}
