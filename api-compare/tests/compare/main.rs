//! The comparison: its rules one by one, its properties over all versions, its reports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod changelog;
mod history;
mod properties;
mod reports;
mod rules;
mod spec;
