//! The comparison: its rules one by one, its properties over all versions, its reports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod changelog;
#[path = "../all_versions/corpus.rs"]
#[allow(dead_code, reason = "shared with the tests over all versions, which use more of it")]
mod corpus;
mod history;
mod properties;
mod reports;
mod rules;
mod spec;
