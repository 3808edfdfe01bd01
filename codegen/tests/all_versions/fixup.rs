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
    let (first, last) = (fixup.versions.first, fixup.versions.last);
    first.is_some_and(|first| version.minor + 1 == first.minor)
        || last.is_some_and(|last| version.minor == last.minor + 1)
}

#[test]
fn ranges_are_exact() {
    let mut wrong = Vec::new();
    let mut applied_beyond = HashSet::new();
    let mut seen = HashSet::new();
    for (version, mut document) in documents() {
        for fixup in fixup::registry() {
            if fixup.versions.contains(version) {
                let before = seen.insert(fixup.name).then(|| document.clone());
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
    let documents = documents();
    for fixup in fixup::registry() {
        assert!(names.insert(fixup.name), "two fixups are named {}", fixup.name);
        assert!(
            !fixup.refs.is_empty() && fixup.refs.iter().all(|r| r.starts_with("https://")),
            "{}",
            fixup.name
        );
        assert!(
            documents.iter().any(|(version, _)| fixup.versions.contains(*version)),
            "{} holds for no version",
            fixup.name
        );
        assert!(!fixup.why.ends_with('.') && fixup.why.len() > 10, "{}", fixup.name);
        assert!(page.contains(&format!("## `{}`", fixup.name)));
    }
}

#[test]
fn a_fixup_without_its_defect_is_an_error_that_names_it() {
    let (version, mut document) = documents().pop().unwrap();
    assert!(fixup::apply_all(&mut document, version).absent.is_empty());
    let absent = fixup::apply_all(&mut document, version).absent;
    assert!(absent.len() > 20, "only {} are named", absent.len());
    let first = fixup::registry()[0].name;
    assert!(absent[0].to_string().contains(&format!("`{first}`")), "{}", absent[0]);
    assert!(
        openapi::operations(&document).iter().any(|(_, _, o)| o["operationId"] == "BuildCancel")
    );
}
