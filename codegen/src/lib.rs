//! Generates the crate `docker-api` from the swagger of the Docker Engine. It works on strings, without files or a network.

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
