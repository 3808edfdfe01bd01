//! The comparison: its rules, its properties on all versions of a real API, its reports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod changelog;
mod history;
mod pairs;
mod properties;
mod reports;
mod rules;
mod spec;
