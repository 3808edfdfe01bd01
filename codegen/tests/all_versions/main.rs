//! The steps from Swagger 2.0 to the document for progenitor, over every known API version.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod corpus;
mod docs;
mod facts;
mod fixup;
mod generate;
mod name;
