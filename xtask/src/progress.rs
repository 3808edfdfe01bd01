//! The progress of long work, shown on a terminal.

use std::io::{IsTerminal as _, Write as _};

/// Clears the line that the cursor is on.
const CLEAR: &str = "\r\x1b[2K";

/// A line on standard error that counts steps; it is shown on a terminal only, and cleared when the value is dropped.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    done: usize,
    steps: usize,
    shown: bool,
}

impl Progress {
    /// Starts the count of so many steps.
    #[must_use]
    pub fn new(what: &'static str, steps: usize) -> Self {
        let progress = Self { what, done: 0, steps, shown: std::io::stderr().is_terminal() };
        progress.show("");
        progress
    }

    /// Counts a step, and shows what it was about.
    pub fn step(&mut self, about: &str) {
        self.done += 1;
        self.show(about);
    }

    fn show(&self, about: &str) {
        if self.shown {
            // The work does not depend on whether its progress can be shown.
            let _ = write!(
                std::io::stderr(),
                "{CLEAR}{} {}/{} {about}",
                self.what,
                self.done,
                self.steps
            );
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "{CLEAR}");
        }
    }
}
