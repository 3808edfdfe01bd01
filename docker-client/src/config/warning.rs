//! Warnings about optional settings that cannot be used.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of warnings that are kept.
const LIMIT: usize = 64;

/// A warning about an optional setting that cannot be used, such as a `config.json` that is not JSON or a credential
/// helper that fails.
///
/// Each warning is also an event of `tracing` at the level `WARN`. `Display` writes `setting: message`. A warning never
/// contains the value of a setting, because it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigWarning {
    /// The source of the setting: an environment variable, a file or a program.
    pub setting: String,
    /// What is wrong and what to do.
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
    /// Adds a warning and logs it, unless it was added before.
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
