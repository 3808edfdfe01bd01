//! What the tests share: engines, registries and images that they start themselves.
//!
//! `cargo xtask test --engines` starts everything once with [`setup::Running`] and describes it in a file; the test
//! processes read it as [`setup::Setup`] and run each [`case::EngineTest`] on every engine. `tests/README.md` says how
//! the engines are set up and how to add a test.
//!
//! What a run starts ends with the process that started it, however that ends.

pub mod api;
pub mod archive;
pub mod browser;
pub mod case;
pub mod certificates;
mod command;
pub mod coverage;
mod debian;
pub mod engine;
pub mod error;
pub mod example;
pub mod forward;
pub mod host;
pub mod http;
mod image;
mod keep;
pub mod network;
pub mod packages;
pub mod pages;
pub mod podman;
pub mod registry;
pub mod setup;
pub mod ssh;
pub mod trial;
pub mod truth;
pub mod upstream;
