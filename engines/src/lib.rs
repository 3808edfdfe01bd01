//! Starts real engines, registries and ssh servers for tests.
//!
//! `cargo xtask test --engines` starts everything once with [`setup::Running`] and describes it in a file. The test
//! processes read the file as [`setup::Setup`] and run each [`case::EngineTest`] on every engine. `tests/README.md`
//! describes how the engines are set up and how to add a test.
//!
//! Everything that a process starts ends with that process, even if it is killed.

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
mod guard;
pub mod host;
pub mod http;
mod image;
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
