//! Tests against real engines, one module per subject. Each test runs once on every engine of the run.

#![forbid(unsafe_code)]
// clippy.toml allows these in functions marked `#[test]`; here every function is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attach;
mod build;
mod buildkit;
mod copy;
mod credentials;
mod examples;
mod filters;
mod harness;
mod harness_access;
mod hello;
mod images;
mod names;
mod overlay;
mod reach;
mod registry;
mod surprises;
mod swarm;
mod text;
mod times;
mod truth;

use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = [
        attach::tests(),
        build::tests(),
        buildkit::tests(),
        copy::tests(),
        credentials::tests(),
        examples::tests(),
        filters::tests(),
        harness::tests(),
        harness_access::tests(),
        hello::tests(),
        images::tests(),
        names::tests(),
        overlay::tests(),
        reach::tests(),
        registry::tests(),
        surprises::tests(),
        swarm::tests(),
        text::tests(),
        truth::tests(),
        times::tests(),
    ];
    engines::case::main(tests.into_iter().flatten().collect())
}
