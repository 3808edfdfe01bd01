//! Pairs of documents of many shapes, and all changes that comparing them finds.

use std::collections::BTreeMap;

use api_compare::compare;
use serde_json::Value;

use crate::rules::{BOTH, document, line};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    old: Value,
    new: Value,
    #[serde(default)]
    says: Vec<String>,
}

#[test]
fn each_pair_has_these_changes_and_no_others() {
    let pairs: BTreeMap<String, Pair> = yaml_serde::from_str(include_str!("pairs.yaml")).unwrap();
    let mut wrong = Vec::new();
    for (name, pair) in pairs {
        let found = compare(&document(&pair.old, BOTH), &document(&pair.new, BOTH));
        let lines: Vec<String> = found.iter().map(line).collect();
        if lines != pair.says {
            wrong.push(format!("{name}: found {lines:#?}, expected {:#?}", pair.says));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
