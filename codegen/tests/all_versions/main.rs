//! The steps from Swagger 2.0 to the document for progenitor, over every known API version.

mod convert;
mod corpus;
mod fixup;
mod generate;
mod name;
