//! The comparison finds the changes of moby's own list that the documents show, at the right operation and field.

use std::{collections::BTreeMap, path::Path};

use api_compare::{Change, Place, Subject, compare};

use crate::spec::api;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    finds: Vec<String>,
    elsewhere: Option<String>,
    invisible: Option<String>,
}

type Versions = BTreeMap<String, Vec<BTreeMap<String, Entry>>>;

/// The versions whose entries were at hand when the comparison was written.
const TUNED: [&str; 3] = ["1.41", "1.44", "1.48"];

fn versions() -> Versions {
    yaml_serde::from_str(include_str!("changelog.yaml")).unwrap()
}

fn changes(version: &str) -> Vec<Change> {
    let minor: u32 = version.strip_prefix("1.").unwrap().parse().unwrap();
    compare(api(minor - 1), api(minor))
}

/// A change as an entry names it: rule, operation, part, path, `= value`.
struct Expected<'a> {
    rule: &'a str,
    operation: &'a str,
    part: &'a str,
    path: &'a str,
    value: Option<&'a str>,
}

impl<'a> Expected<'a> {
    fn parse(line: &'a str) -> Self {
        let (line, value) = match line.split_once(" = ") {
            Some((line, value)) => (line, Some(value)),
            None => (line, None),
        };
        let words: Vec<&str> = line.split(' ').collect();
        let (rule, operation, part) = (words[0], words[1], words[2]);
        // A status may stand behind `reply`.
        let path = if words[words.len() - 1] == "-" { "" } else { words[words.len() - 1] };
        Self { rule, operation, part, path, value }
    }

    fn fits(&self, change: &Change) -> bool {
        let value = self.value.is_none_or(|value| change.before == value || change.after == value);
        let at = |place: &Place| match place {
            Place::Whole => self.part == "operation",
            Place::Parameter => self.part == "parameter",
            Place::Body => self.part == "body",
            Place::Reply(_) => self.part == "reply",
        };
        let met = if self.operation == "-" {
            // A message that no operation refers to: the part is the schema.
            change.sites.is_empty()
                && matches!(&change.subject, Subject::Schema { schema, path } if schema == self.part && path == self.path)
        } else {
            let mut sites = change.sites.iter();
            sites.any(|site| {
                site.operation == self.operation && at(&site.place) && site.path == self.path
            })
        };
        change.rule.id == self.rule && value && met
    }
}

#[test]
fn all_that_the_documents_show_is_found() {
    for (version, entries) in versions() {
        let here = changes(&version);
        for (about, entry) in entries.iter().flatten() {
            let found = match &entry.elsewhere {
                Some(elsewhere) => &changes(elsewhere),
                None => &here,
            };
            assert_eq!(entry.finds.is_empty(), entry.invisible.is_some(), "{version}, {about}");
            for line in &entry.finds {
                let expected = Expected::parse(line);
                assert!(
                    found.iter().any(|change| expected.fits(change)),
                    "{version}, {about}: not found: {line}"
                );
                let twice =
                    entry.elsewhere.is_some() && here.iter().any(|change| expected.fits(change));
                assert!(!twice, "{version}, {about}: is found here as well: {line}");
            }
        }
    }
}

#[test]
fn the_share_that_is_found_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compare.md");
    let document = std::fs::read_to_string(path).unwrap();
    for (version, entries) in versions() {
        let entries: Vec<&Entry> = entries.iter().flat_map(BTreeMap::values).collect();
        let count = |fits: fn(&Entry) -> bool| entries.iter().filter(|entry| fits(entry)).count();
        let here = count(|entry| entry.invisible.is_none() && entry.elsewhere.is_none());
        let elsewhere = count(|entry| entry.elsewhere.is_some());
        let invisible = count(|entry| entry.invisible.is_some());
        let row = format!("| {version} | {} | {here} | {elsewhere} | {invisible} |", entries.len());
        assert!(document.contains(&row), "docs/compare.md should have the row {row}");
        if !TUNED.contains(&version.as_str()) {
            assert!(document.contains("looked through afterwards"));
        }
    }
}
