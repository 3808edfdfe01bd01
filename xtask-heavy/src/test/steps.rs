//! Steps that are named before they run and timed, and which of them failed.

use std::time::Instant;

use anyhow::Result;

/// The steps so far.
#[derive(Default)]
pub(super) struct Steps {
    failed: Vec<&'static str>,
}

impl Steps {
    /// Runs a step, and says whether it succeeded. The next one runs in either case.
    pub(super) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) -> bool {
        println!("==> {name}");
        let begun = Instant::now();
        let result = step();
        let seconds = begun.elapsed().as_secs_f32();
        match result {
            Ok(()) => {
                println!("    {name}: done in {seconds:.1} s");
                true
            }
            Err(error) => {
                println!("    {name}: FAILED after {seconds:.1} s: {error:#}");
                self.failed.push(name);
                false
            }
        }
    }

    /// The names of the steps that failed.
    pub(super) fn failed(&self) -> &[&'static str] {
        &self.failed
    }
}
