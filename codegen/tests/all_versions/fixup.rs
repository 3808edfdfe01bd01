//! Every correction is needed in every version of its range, and in no version beside it.

use std::collections::HashSet;

use codegen::fixup::{self, Fixup};
use codegen::versions::ApiVersion;
use codegen::{convert, openapi};
use serde_json::Value;

use crate::corpus;

fn documents() -> Vec<(ApiVersion, Value)> {
    corpus::documents()
        .into_iter()
        .map(|(version, swagger)| (version, convert::to_openapi(&swagger).unwrap()))
        .collect()
}

fn beside(fixup: &Fixup, version: ApiVersion) -> bool {
    let (first, last) = (fixup.versions.start().minor, fixup.versions.end().minor);
    version.minor + 1 == first || version.minor == last + 1
}

#[test]
fn ranges_are_exact() {
    let mut wrong = Vec::new();
    let mut applied_beyond = HashSet::new();
    for (version, mut document) in documents() {
        for fixup in fixup::registry() {
            if fixup.versions.contains(&version) {
                let before = (version == *fixup.versions.start()).then(|| document.clone());
                if let Err(error) = fixup.run(&mut document) {
                    wrong.push(format!("{} finds nothing in {version}: {error}", fixup.name));
                }
                if before.is_some_and(|before| before == document) {
                    wrong.push(format!("{} changes nothing in {version}", fixup.name));
                }
            } else if beside(fixup, version) && fixup.run(&mut document.clone()).is_ok() {
                applied_beyond.insert(fixup.name);
            }
        }
    }
    for fixup in fixup::registry() {
        match (applied_beyond.contains(fixup.name), fixup.beyond) {
            (true, None) => {
                wrong.push(format!("{} would change a version beside its range", fixup.name))
            }
            (false, Some(why)) => wrong
                .push(format!("{} changes nothing beside its range, so not: {why}", fixup.name)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn records_are_complete() {
    let mut names = HashSet::new();
    let page = fixup::markdown();
    for fixup in fixup::registry() {
        assert!(names.insert(fixup.name), "two fixups are named {}", fixup.name);
        assert!(
            !fixup.refs.is_empty() && fixup.refs.iter().all(|r| r.starts_with("https://")),
            "{}",
            fixup.name
        );
        assert!(fixup.versions.start() <= fixup.versions.end(), "{}", fixup.name);
        assert!(
            *fixup.versions.start() >= fixup::OLDEST && *fixup.versions.end() <= fixup::NEWEST,
            "{}",
            fixup.name
        );
        assert!(!fixup.why.ends_with('.') && fixup.why.len() > 10, "{}", fixup.name);
        assert!(page.contains(&format!("## `{}`", fixup.name)));
    }
}

#[test]
fn a_fixup_without_its_defect_is_an_error_that_names_it() {
    let (version, mut document) = documents().pop().unwrap();
    fixup::apply_all(&mut document, version).unwrap();
    let error = fixup::apply_all(&mut document, version).unwrap_err().to_string();
    let first = fixup::registry()[0].name;
    assert!(error.contains(first) && error.contains(&version.to_string()), "{error}");
    assert!(
        openapi::operations(&document).iter().any(|(_, _, o)| o["operationId"] == "BuildCancel")
    );
}
