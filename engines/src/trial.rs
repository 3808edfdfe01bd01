//! Tests that need something which not every machine has.

use libtest_mimic::{Completion, Failed, Trial};

/// A test, which is reported as ignored if `missing` has a reason.
pub fn unless<F>(missing: Option<&str>, name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce() -> Result<(), Failed> + Send + 'static,
{
    match missing.map(str::to_owned) {
        Some(reason) => Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason))),
        None => Trial::test(name, test),
    }
}
