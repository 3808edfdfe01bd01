//! Every correction is needed in every version of its range, and in no version beside it.

use std::collections::HashSet;

use codegen::correct::Corrected;
use codegen::fixup::{self, Fixup, Origin};
use codegen::versions::ApiVersion;
use codegen::{convert, openapi};
use serde_json::{Value, json};

use crate::corpus;

fn documents() -> Vec<(ApiVersion, Value)> {
    corpus::documents()
        .into_iter()
        .map(|(version, swagger)| (version, convert::to_openapi(&swagger).unwrap()))
        .collect()
}

/// Returns whether the version is just outside the fixup's range, or the newest: a fixup that has ended is still tried
/// on documents of other sources.
fn beside(fixup: &Fixup, version: ApiVersion, newest: ApiVersion) -> bool {
    let (first, last) = (fixup.versions.first, fixup.versions.last);
    first.is_some_and(|first| version.minor + 1 == first.minor)
        || last.is_some_and(|last| {
            version.minor == last.minor + 1 || (version == newest && last < newest)
        })
}

#[test]
fn ranges_are_exact() {
    let mut wrong = Vec::new();
    let mut applied_beyond = HashSet::new();
    let mut seen = HashSet::new();
    let documents = documents();
    let newest = documents.last().unwrap().0;
    for (version, mut document) in documents {
        for fixup in fixup::registry() {
            if fixup.versions.contains(version) {
                let before = seen.insert(fixup.name).then(|| document.clone());
                if let Err(error) = fixup.run(&mut document) {
                    wrong.push(format!("{} finds nothing in {version}: {error}", fixup.name));
                }
                if before.is_some_and(|before| before == document) {
                    wrong.push(format!("{} changes nothing in {version}", fixup.name));
                }
            } else if beside(fixup, version, newest) && fixup.run(&mut document.clone()).is_ok() {
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
    assert!(fixup::apply_all(&mut document, version, Origin::Pinned).absent.is_empty());
    let absent = fixup::apply_all(&mut document, version, Origin::Pinned).absent;
    assert!(absent.len() > 20, "only {} are named", absent.len());
    let first = fixup::registry()[0].name;
    assert!(absent[0].to_string().contains(&format!("`{first}`")), "{}", absent[0]);
    assert!(
        openapi::operations(&document).iter().any(|(_, _, o)| o["operationId"] == "BuildCancel")
    );
}

#[test]
fn a_fixup_without_its_defect_is_skipped_in_a_document_of_another_source() {
    let (version, mut document) = documents().pop().unwrap();
    let first = fixup::apply_all(&mut document, version, Origin::Other);
    assert!(first.absent.is_empty(), "{:?}", first.absent);
    let second = fixup::apply_all(&mut document, version, Origin::Other);
    assert!(!second.absent.is_empty());
    assert_eq!(second.applied.len() + second.absent.len(), first.applied.len());
}

#[test]
fn a_defect_that_upstream_has_fixed_since_is_corrected_in_the_document_of_a_release() {
    let released = |minor: u32, edit: fn(&mut Value)| {
        let version = ApiVersion::new(1, minor);
        let (_, mut document) =
            corpus::documents().into_iter().find(|(other, _)| *other == version).unwrap();
        edit(&mut document);
        let corrected = Corrected::of(&document, version, Origin::Other)
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        corrected.check().unwrap_or_else(|error| panic!("{version}: {error}"));
        corrected.fixups
    };
    let names = |fixups: &fixup::Corrections| -> Vec<&str> {
        fixups.applied.iter().map(|applied| applied.fixup.name).collect()
    };
    // The documents of 19.03 and 20.10 describe the list of containers as a type of its own.
    let fixups = released(41, |document| {
        let summary = document["definitions"]["ContainerSummary"].take();
        document["definitions"]["ContainerSummary"] = json!({"type": "array", "items": summary});
        document["paths"]["/containers/json"]["get"]["responses"]["200"]["schema"] =
            json!({"$ref": "#/definitions/ContainerSummary"});
    });
    assert!(names(&fixups).contains(&"container_summary_is_a_list"), "{:?}", names(&fixups));
    assert!(fixups.absent.is_empty());
    // The document of 28.0 has an operation without a tag.
    released(48, |document| {
        document["paths"]["/images/{name}/get"]["get"].as_object_mut().unwrap().remove("tags");
    });
}
