//! `spec/truth.toml`: the differences between documents and recordings that are not corrected, with the reason of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::fields::{Gaps, Pair};
use xtask::files;

/// The file.
pub(super) const FILE: &str = "spec/truth.toml";

/// The contents of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explained {
    /// Fields that engines send under their newest version and no document names.
    #[serde(default)]
    pub(super) unnamed: Vec<Unnamed>,
    /// Fields that documents name and no recording has.
    #[serde(default)]
    pub(super) never_sent: Vec<NeverSent>,
    /// Fields that are two, although no document has both.
    #[serde(default)]
    pub(super) pair: Vec<Two>,
}

/// Fields of one engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unnamed {
    /// The engine, without its release.
    pub(super) engine: String,
    pub(super) why: String,
    pub(super) fields: BTreeSet<String>,
}

/// Fields that are not sent for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeverSent {
    pub(super) why: String,
    pub(super) fields: BTreeSet<String>,
}

/// Two fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Two {
    pub(super) why: String,
    pub(super) declared: String,
    pub(super) sent: BTreeSet<String>,
}

impl Explained {
    /// Reads the file below the root of the workspace.
    pub(super) fn read(root: &Path) -> Result<Self> {
        toml::from_str(&files::read(&root.join(FILE))?).context(FILE)
    }

    /// A line for each difference without a reason, and for each reason that nothing needs.
    pub(super) fn check(&self, found: &Gaps) -> Vec<String> {
        let mut lines = self.unexplained_of_engines(found);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for field in self.never_sent.iter().flat_map(|group| &group.fields) {
            *reasons.entry(field).or_default() += 1;
        }
        for field in found.never_sent.keys().filter(|field| !reasons.contains_key(field.as_str())) {
            lines.push(format!(
                "never sent {field}: the documents name it and no recording has it; correct the documents, create an \
                 object that has it in engines/src/truth, or add it to [[never_sent]] of {FILE}"
            ));
        }
        for (field, count) in reasons {
            if !found.never_sent.contains_key(field) {
                lines.push(stale(
                    field,
                    "never_sent",
                    "a recording has it, or no document names it",
                ));
            } else if count > 1 {
                lines.push(stale(field, "never_sent", "it is listed twice"));
            }
        }
        lines.extend(self.pairs(found));
        lines
    }

    fn unexplained_of_engines(&self, found: &Gaps) -> Vec<String> {
        let mut lines = Vec::new();
        let covers = |group: &Unnamed, engine: &str, field: &str| {
            is_engine(engine, &group.engine) && group.fields.contains(field)
        };
        for (engine, fields) in &found.unnamed {
            for field in fields {
                if !self.unnamed.iter().any(|group| covers(group, engine, field)) {
                    lines.push(format!(
                        "unnamed    {field}: {engine} sends it under its newest version, and the document does not name \
                         it; write a fixup, or add it to [[unnamed]] of {FILE}"
                    ));
                }
            }
        }
        for group in &self.unnamed {
            let mut engines =
                found.unnamed.iter().filter(|(engine, _)| is_engine(engine, &group.engine));
            for field in &group.fields {
                if !engines.clone().any(|(_, fields)| fields.contains(field)) {
                    let why = format!("no {} sends it under its newest version", group.engine);
                    lines.push(stale(field, "unnamed", &why));
                }
            }
            if engines.next().is_none() {
                lines.push(stale(&group.engine, "unnamed", "there is no recording of the engine"));
            }
        }
        lines
    }

    fn pairs(&self, found: &Gaps) -> Vec<String> {
        let mut lines = Vec::new();
        let explained: BTreeSet<Pair> = self
            .pair
            .iter()
            .flat_map(|two| {
                let pair =
                    |sent: &String| Pair { declared: two.declared.clone(), sent: sent.clone() };
                two.sent.iter().map(pair)
            })
            .collect();
        for Pair { declared, sent } in found.pairs.difference(&explained) {
            lines.push(format!(
                "pair       {declared} is never sent, and {sent} is sent and not named: if they are one field, write a \
                 fixup; if not, add them to [[pair]] of {FILE}"
            ));
        }
        for Pair { declared, sent } in explained.difference(&found.pairs) {
            lines.push(stale(&format!("{declared} and {sent}"), "pair", "they are not a pair"));
        }
        lines
    }
}

fn stale(entry: &str, list: &str, why: &str) -> String {
    format!("stale      {entry} in [[{list}]] of {FILE}: {why}; remove it")
}

/// Whether `dockerd-28.5` is a release of `dockerd`.
fn is_engine(engine: &str, name: &str) -> bool {
    engine.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Gaps {
        let pair = Pair { declared: "A.old".to_owned(), sent: "A.new".to_owned() };
        Gaps {
            unnamed: [("podman-4.3".to_owned(), ["A.extra".to_owned()].into())].into(),
            never_sent: [("A.old".to_owned(), BTreeSet::new())].into(),
            pairs: [pair].into(),
        }
    }

    const ALL: &str = r#"
        [[unnamed]]
        engine = "podman"
        why = "an extra"
        fields = ["A.extra"]
        [[never_sent]]
        why = "a reason"
        fields = ["A.old"]
        [[pair]]
        why = "they differ"
        declared = "A.old"
        sent = ["A.new"]
    "#;

    #[test]
    fn a_reason_for_everything_is_enough() {
        let explained: Explained = toml::from_str(ALL).unwrap();
        assert_eq!(explained.check(&found()), Vec::<String>::new());
    }

    #[test]
    fn what_has_no_reason_is_named() {
        let lines = Explained::default().check(&found()).join("\n");
        assert!(lines.contains("unnamed    A.extra: podman-4.3 sends it"), "{lines}");
        assert!(lines.contains("never sent A.old: the documents name it"), "{lines}");
        assert!(lines.contains("pair       A.old is never sent, and A.new is sent"), "{lines}");
    }

    #[test]
    fn a_reason_that_nothing_needs_is_an_error() {
        let explained: Explained = toml::from_str(ALL).unwrap();
        let lines = explained.check(&Gaps::default()).join("\n");
        assert!(
            lines.contains("A.extra in [[unnamed]] of spec/truth.toml: no podman sends it"),
            "{lines}"
        );
        assert!(
            lines.contains("A.old in [[never_sent]] of spec/truth.toml: a recording"),
            "{lines}"
        );
        assert!(lines.contains("A.old and A.new in [[pair]] of spec/truth.toml"), "{lines}");
    }

    #[test]
    fn a_reason_for_one_engine_is_none_for_another() {
        let mut found = found();
        found.unnamed.insert("dockerd-28.5".to_owned(), ["A.extra".to_owned()].into());
        let lines = toml::from_str::<Explained>(ALL).unwrap().check(&found).join("\n");
        assert!(lines.contains("dockerd-28.5 sends it"), "{lines}");
    }
}
