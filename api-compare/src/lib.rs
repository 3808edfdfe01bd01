//! Compares versions of an HTTP API by their Swagger 2.0 documents: what changed, and what it means for clients.
//!
//! - [`model`] is an API read from a document: its structure, without descriptions.
//! - [`compare()`] compares two versions and returns each change once, with all operations that it affects.
//! - [`rules`] lists the kinds of changes, and their levels in what a client sends and receives.
//! - [`mod@history`] lists the versions that have an operation, a parameter, a field or a value.
//! - [`report`] renders changes as text, Markdown, JSON or annotations for GitHub, and [`page`] all versions as one
//!   HTML page.
//!
//! ```
//! use api_compare::{compare, model::Api, rules::Level};
//!
//! let old = swagger_reader::read("
//! swagger: '2.0'
//! info: {version: '1.0'}
//! paths:
//!   /items/{id}:
//!     get:
//!       operationId: getItem
//!       parameters: [{name: id, in: path, type: string, required: true}]
//!       responses: {200: {schema: {$ref: '#/definitions/Item'}}}
//! definitions:
//!   Item: {type: object, required: [name], properties: {name: {type: string}}}
//! ", "old.yaml")?;
//! let mut new = old.clone();
//! new["definitions"]["Item"]["properties"]["name"]["type"] = "integer".into();
//!
//! let changes = compare(&Api::read("1.0", &old)?, &Api::read("2.0", &new)?);
//! assert_eq!(changes.len(), 1);
//! assert_eq!(changes[0].level, Level::Breaking);
//! assert_eq!(changes[0].subject.to_string(), "Item.name");
//! assert_eq!(changes[0].text(), "type string became integer");
//! assert_eq!(changes[0].operations(), ["getItem"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same comparison as a command: `api-compare old.yaml new.yaml --fail-on breaking`.
//!
//! # What is compared
//!
//! Operations with their methods, paths, ids, parameters, request and response bodies, response headers, statuses and
//! media types; schemas by their structure, with `allOf` flattened and references resolved. Giving a schema a name is
//! not a change, and renaming one changes nothing for clients.
//!
//! Descriptions, examples, `host`, `basePath`, `schemes`, `security`, `discriminator`, `readOnly` and `xml` are not
//! compared, nor are vendor extensions other than `x-nullable` and those named in [`model::Extensions`]. References to
//! other files are errors.
//!
//! A document is not a server: a change in it may only describe what the server has always done.
//!
//! # Features
//!
//! - `cli` (default): the command `api-compare`, and the module `cli` with its options. Libraries switch it off.
#![forbid(unsafe_code)]

mod change;
#[cfg(feature = "cli")]
pub mod cli;
mod diff;
pub mod history;
pub mod model;
pub mod page;
pub mod report;
pub mod rules;
pub mod usage;

pub use change::{Change, Place, Site, Subject};
pub use diff::compare;
pub use history::{History, history};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
