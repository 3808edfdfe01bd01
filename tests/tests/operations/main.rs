//! Every operation of the API on real engines: once successfully, and once with its most common failure.
//!
//! `cargo xtask coverage` builds this program once per API version, with the crate that is generated for that version,
//! and runs it on each engine. The statuses of the calls are written to `docs/coverage.md`.

#![forbid(unsafe_code)]
// clippy.toml allows these in functions marked `#[test]`; here every function is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builds;
mod checkpoints;
mod configs;
mod containers;
mod execs;
mod fake;
mod files;
mod images;
mod lifecycle;
mod networks;
mod nodes;
mod plugins;
mod podman;
mod record;
mod registries;
mod services;
mod streams;
mod support;
mod swarm;
mod system;
mod tasks;
mod volumes;

use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = [
        builds::tests(),
        checkpoints::tests(),
        configs::tests(),
        containers::tests(),
        execs::tests(),
        files::tests(),
        images::tests(),
        lifecycle::tests(),
        networks::tests(),
        nodes::tests(),
        plugins::tests(),
        podman::tests(),
        registries::tests(),
        services::tests(),
        streams::tests(),
        swarm::tests(),
        system::tests(),
        tasks::tests(),
        volumes::tests(),
    ];
    let tests = tests.into_iter().flatten().collect();
    match std::env::var_os(engines::coverage::VARIABLE) {
        Some(_) => engines::case::main(tests),
        None => engines::case::ignored(tests, engines::coverage::SKIP_REASON),
    }
}
