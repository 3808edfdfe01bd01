//! Measures docker-client beside bollard, pooled hyper and plain sockets.
//!
//! All do the same work on the same fake engine, in one run and by turns, and what they return is compared:
//! `cargo run --release -p bench --bin timings`, and `--bin memory` for the peaks of memory.
#![forbid(unsafe_code)]

pub mod case;
pub mod context;
pub mod engine;
pub mod fixture;
pub mod measure;
pub mod memory;
pub mod program;
pub mod side;
pub mod tally;
pub mod work;
