//! The syn passes: from progenitor's output to code that a person can open and read.

pub mod docs;
pub mod facts;
mod filters;
pub mod operations;
pub mod paths;
pub mod piece;
mod prose;
mod root;
mod secrets;
pub mod split;
pub mod types;
pub mod words;
