//! Runs the steps: prints the name and the time of each, and remembers which ones failed.

use std::time::Instant;

use anyhow::Result;

/// The steps so far.
#[derive(Default)]
pub(super) struct Steps {
    failed: Vec<&'static str>,
    /// The time of each, in seconds.
    times: Vec<(&'static str, f32)>,
}

impl Steps {
    /// Runs a step; its failure does not prevent the next one.
    pub(super) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) {
        println!("==> {name}");
        let begun = Instant::now();
        let result = step();
        let seconds = begun.elapsed().as_secs_f32();
        self.times.push((name, seconds));
        match result {
            Ok(()) => println!("    {name}: done in {seconds:.1} s"),
            Err(error) => {
                println!("    {name}: FAILED after {seconds:.1} s: {error:#}");
                self.failed.push(name);
            }
        }
    }

    /// Prints the times of all steps, the longest first.
    pub(super) fn print(&self) {
        let mut times = self.times.clone();
        times.sort_by(|one, other| other.1.total_cmp(&one.1));
        for (name, seconds) in times {
            println!("{seconds:7.1} s  {name}");
        }
    }

    /// The names of the steps that failed.
    pub(super) fn failed(&self) -> &[&'static str] {
        &self.failed
    }
}
