//! What changes from one version of the API to another, and what it means for a client.
//!
//! - [`model`] reads a document into what counts: structure, not names or prose.
//! - [`compare()`] walks two models and records each change once, with every operation that meets it.
//! - [`rules`] says what a kind of change means for what a client sends and for what it receives.
//! - [`mod@history`] says which versions have an operation, parameter, field or value.
//! - [`report`] writes changes as text, Markdown, JSON, annotations for GitHub, and one HTML page.
//!
//! The documents are compared as they are, before any correction, so the result is about the engine's API and not about
//! what this workspace makes of it. A change in the documents need not be one of the engine: many only describe what
//! engines have long done.
//!
//! ```
//! use api_compare::{compare, model::Api};
//! use serde_json::json;
//!
//! let path = |parameters| json!({"paths": {"/info": {"get": {
//!     "operationId": "SystemInfo", "parameters": parameters, "responses": {"200": {}},
//! }}}});
//! let old = Api::read("1.0", &path(json!([])))?;
//! let new = Api::read("1.1", &path(json!([{"name": "all", "in": "query", "type": "boolean"}])))?;
//! let changes = compare(&old, &new);
//! assert_eq!(changes[0].rule.id, "parameter-added");
//! assert_eq!(changes[0].subject.to_string(), "SystemInfo?all");
//! # Ok::<(), api_compare::model::ReadError>(())
//! ```

mod change;
mod diff;
pub mod history;
pub mod model;
pub mod page;
pub mod report;
pub mod rules;

pub use change::{Change, Place, Site, Subject};
pub use diff::compare;
pub use history::{History, history};
