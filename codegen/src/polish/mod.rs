//! The syn passes, which turn progenitor's output into readable code.

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
