//! Warnings about optional settings that cannot be used, and that the client continues without.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many warnings are kept.
const LIMIT: usize = 64;

/// A setting that the client cannot use and continues without: a `config.json` that is not JSON, a credential helper that
/// fails.
///
/// Each is also an event of `tracing` at the level `WARN`. `Display` writes `setting: message`. No value of a setting is in it,
/// because any may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigWarning {
    /// Where the setting comes from: a variable, a file, a program.
    pub setting: String,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}

/// The warnings of one client, oldest first. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<ConfigWarning>>>);

impl Warnings {
    /// Adds a warning and writes it to the log, unless it is there already.
    pub(crate) fn add(&self, setting: impl Into<String>, message: impl Into<String>) {
        let warning = ConfigWarning { setting: setting.into(), message: message.into() };
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.len() < LIMIT && !warnings.contains(&warning) {
            tracing::warn!(setting = warning.setting, "{}", warning.message);
            warnings.push(warning);
        }
    }

    /// Returns the warnings so far.
    pub(crate) fn all(&self) -> Vec<ConfigWarning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_warning_is_kept_once_and_their_number_is_limited() {
        let warnings = Warnings::default();
        for _ in 0..2 {
            warnings.add("config.json", "is not JSON");
        }
        assert_eq!(warnings.all().len(), 1);
        assert_eq!(warnings.all()[0].to_string(), "config.json: is not JSON");
        (0..2 * LIMIT).for_each(|number| warnings.add("x", number.to_string()));
        assert_eq!(warnings.all().len(), LIMIT);
    }
}
