//! The API in the form in which it is compared: references resolved, `allOf` flattened, descriptions left out.
//!
//! [`Api::read`] makes it from a Swagger 2.0 document. A schema keeps its name, but schemas are compared by their
//! structure alone. Two fingerprints make that cheap: equal fingerprints mean equal trees, so that parts of a document
//! which did not change are never walked.

mod extensions;
mod read;
mod types;

pub use self::extensions::Extensions;
pub use self::read::ReadError;
pub use self::types::{Api, Body, Field, Location, Operation, Parameter, Reply, Schema};
