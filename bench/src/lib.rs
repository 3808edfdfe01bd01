//! Benchmarks docker-client beside bollard, pooled hyper and plain sockets.
//!
//! All do the same work on the same fake engine, in turns within one run, and their results are compared.
//! `cargo run --release -p bench --bin timings` measures times, and `--bin memory` the peaks of memory.
#![forbid(unsafe_code)]

pub mod case;
pub mod clients;
pub mod context;
pub mod engine;
pub mod fixture;
pub mod measure;
pub mod memory;
pub mod program;
pub mod summary;
pub mod work;
