//! Turns the Docker Engine's swagger into the crate `docker-api`: text in, text out.

pub mod casing;
pub mod convert;
pub mod correct;
pub mod distill;
pub mod error;
pub mod fixup;
pub mod generate;
pub mod lint;
pub mod model;
pub mod name;
pub mod openapi;
pub mod parallel;
pub mod polish;
pub mod render;
mod sent_back;
pub mod since;
pub mod versions;
