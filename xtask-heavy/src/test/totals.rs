//! Adds up what the test binaries print.

use std::collections::BTreeMap;
use std::fmt;

/// The sums over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// How many tests gave which reason.
    reasons: BTreeMap<String, u64>,
}

impl Totals {
    /// Reads a line of `cargo test`.
    pub(super) fn read(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(result) = line.strip_prefix("test result: ") {
            for count in result.split([';', '.']) {
                let Some((number, what)) = count.trim().split_once(' ') else { continue };
                let Ok(number) = number.parse::<u64>() else { continue };
                match what {
                    "passed" => self.passed += number,
                    "failed" => self.failed += number,
                    "ignored" => self.skipped += number,
                    _ => {}
                }
            }
        } else if line.starts_with("test ")
            && let Some((_, reason)) = line.split_once(" ... ignored")
        {
            // `ignored, REASON` in Rust's own test binaries, `ignored (REASON)` in those of libtest-mimic.
            let reason = match reason.strip_prefix(" (").and_then(|reason| reason.strip_suffix(')'))
            {
                Some(reason) => reason,
                None => reason.trim_start_matches(", "),
            };
            let reason = if reason.is_empty() { "no reason given" } else { reason };
            *self.reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Leaves out what was skipped for this reason: it runs after all.
    pub(super) fn remove_reason(&mut self, reason: &str) {
        self.skipped -= self.reasons.remove(reason).unwrap_or_default();
    }

    /// Whether there was no test at all.
    pub(super) fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }

    /// Says how many tests were skipped for which reason.
    pub(super) fn print_skipped(&self) {
        for (reason, count) in &self.reasons {
            println!("{count} skipped: {reason}");
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_all_binaries_and_keeps_the_reasons() {
        let mut totals = Totals::default();
        for line in "\
running 3 tests
test one ... ok
test two ... FAILED
test three ... ignored, no engine
test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s
test engine::a   ... ignored (no engine (see (1)))
test engine::b   ... ignored
test result: ok. 40 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.04s
"
        .lines()
        {
            totals.read(line);
        }
        assert_eq!(totals.to_string(), "41 passed, 1 failed, 3 skipped");
        assert_eq!(totals.reasons["no engine"], 1);
        assert_eq!(totals.reasons["no engine (see (1))"], 1);
        assert_eq!(totals.reasons["no reason given"], 1);
        assert!(!totals.is_empty() && Totals::default().is_empty());
        totals.remove_reason("no engine");
        totals.remove_reason("nobody gave this reason");
        assert_eq!(totals.to_string(), "41 passed, 1 failed, 2 skipped");
    }
}
