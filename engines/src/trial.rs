//! Tests that need what is not on every machine.

use libtest_mimic::{Completion, Failed, Trial};

/// A test that is reported as ignored, with this reason, where there is one.
pub fn unless<F>(missing: Option<&str>, name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce() -> Result<(), Failed> + Send + 'static,
{
    match missing.map(str::to_owned) {
        Some(reason) => Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason))),
        None => Trial::test(name, test),
    }
}
