//! Measures docker-client beside bollard, pooled hyper and plain sockets.
//!
//! All do the same work on the same fake engine, in one run and by turns, and what they return is compared. `cargo xtask
//! bench` runs everything and writes `docs/performance.md`.
#![forbid(unsafe_code)]

pub mod case;
pub mod engine;
pub mod fixture;
pub mod measure;
pub mod side;
pub mod tally;
pub mod work;
