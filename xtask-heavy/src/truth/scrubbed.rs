//! The report about an engine at an address: names of fields and kinds of values, nothing that the engine's users wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use codegen::versions::ApiVersion;
use engines::truth::Refusal;
use serde_json::{Value, json};

use super::compare::Kind;
use super::findings::Findings;

/// What is reported.
pub(super) struct Report<'a> {
    pub(super) engine: String,
    pub(super) engine_version: String,
    pub(super) oldest: ApiVersion,
    pub(super) newest: ApiVersion,
    /// The version that the engine was called with, and whose types were used.
    pub(super) version: ApiVersion,
    pub(super) read_only: bool,
    /// The calls that the engine refused, with their status.
    pub(super) refused: BTreeSet<String>,
    pub(super) findings: &'a Findings,
}

/// The kinds of differences, and what they are called.
const KINDS: [(Kind, &str, &str); 5] = [
    (Kind::Lost, "lost", "The document names the field, and decoding drops it."),
    (Kind::Changed, "changed", "It has another value after decoding."),
    (Kind::Invented, "invented", "The engine did not send it."),
    (Kind::Unnamed, "unnamed", "The document does not name the field, and decoding ignores it."),
    (Kind::Kept, "kept", "The document does not name the field, and the type keeps it in `extra`."),
];

impl Report<'_> {
    /// How many things are wrong.
    pub(super) fn defects(&self) -> usize {
        let count = |kind| self.findings.count(kind);
        self.failed().len() + count(Kind::Lost) + count(Kind::Changed) + count(Kind::Invented)
    }

    /// The operations whose replies could not be decoded, and the errors.
    fn failed(&self) -> BTreeSet<(String, String)> {
        let failed = self.findings.failed.iter();
        failed.map(|(file, error)| (operation(file), without_values(error))).collect()
    }

    /// `Type.field` and the kinds of its values.
    fn fields(&self, kind: Kind) -> BTreeMap<String, &str> {
        let fields = self.findings.fields.iter().filter(|((found, _), _)| *found == kind);
        fields.map(|((_, field), (_, values))| (masked(field), &**values)).collect()
    }

    /// The report for people.
    pub(super) fn markdown(&self) -> String {
        let findings = self.findings;
        let mut text = format!(
            "# Responses of {} against the types of API {}\n\n\
             - engine: {} {}, API {} to {}\n\
             - called with API {}, {}\n\
             - {} responses with {} values, {} refused\n",
            self.engine,
            self.version,
            self.engine,
            self.engine_version,
            self.oldest,
            self.newest,
            self.version,
            if self.read_only { "read only" } else { "with objects of the command" },
            findings.replies,
            findings.values,
            self.refused.len(),
        );
        let failed = self.failed();
        let _ = write!(text, "\n## failed: {}\n", failed.len());
        if !failed.is_empty() {
            text.push('\n');
        }
        for (operation, error) in failed {
            let _ = writeln!(text, "- `{operation}`: {error}");
        }
        for (kind, name, meaning) in KINDS {
            let fields = self.fields(kind);
            let _ = write!(text, "\n## {name}: {}\n", fields.len());
            if !fields.is_empty() {
                let _ = write!(text, "\n{meaning}\n\n");
            }
            for (field, values) in fields {
                let _ = writeln!(text, "- `{field}`: {values}");
            }
        }
        let _ = write!(text, "\n## refused: {}\n", self.refused.len());
        if !self.refused.is_empty() {
            text.push('\n');
        }
        for call in &self.refused {
            let _ = writeln!(text, "- {call}");
        }
        text
    }

    /// The report for programs.
    pub(super) fn json(&self) -> Value {
        let failed: Vec<Value> = self
            .failed()
            .into_iter()
            .map(|(operation, error)| json!({"operation": operation, "error": error}))
            .collect();
        let mut report = json!({
            "engine": {
                "name": self.engine,
                "version": self.engine_version,
                "oldest_api": self.oldest,
                "newest_api": self.newest,
            },
            "api_version": self.version,
            "read_only": self.read_only,
            "responses": self.findings.replies,
            "values": self.findings.values,
            "failed": failed,
            "refused": self.refused,
        });
        for (kind, name, _) in KINDS {
            report[name] = json!(self.fields(kind));
        }
        report
    }
}

/// A refused call and its status, without the engine's message.
pub(super) fn refusal(refusal: &Refusal) -> String {
    let status = refusal.reason.split(' ').next().unwrap_or_default();
    format!("{}: {status}", operation(&refusal.call))
}

/// The operation of a recording: `ContainerInspect-3.json` is one of `ContainerInspect`.
fn operation(file: &str) -> String {
    file.split(['-', '.']).next().unwrap_or_default().to_owned()
}

/// `Type.field` with `*` for a name that no field of the API has, because there are other characters in it than letters,
/// digits and underscores, and for whatever is below the field: where a document takes a map for an object, the names of
/// fields are what users wrote.
fn masked(place: &str) -> String {
    let mut parts = place.splitn(3, '.');
    let mut text = parts.next().unwrap_or_default().to_owned();
    if let Some(field) = parts.next() {
        let own = |c: char| c.is_ascii_alphanumeric() || "_[]{}".contains(c);
        let _ = write!(text, ".{}", if field.chars().all(own) { field } else { "*" });
    }
    if parts.next().is_some() {
        text.push_str(".*");
    }
    text
}

/// The error of a decoder without the values in it, which are in quotes. The names of fields stay.
fn without_values(error: &str) -> String {
    let mut text = error.to_owned();
    if let (Some(first), Some(last)) = (text.find('"'), text.rfind('"'))
        && first < last
    {
        text.replace_range(first..=last, "…");
    }
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(part),
            _ if out.ends_with("field ") && part.chars().all(|c| c.is_ascii_alphanumeric()) => {
                let _ = write!(out, "`{part}`");
            }
            _ => out.push('…'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::compare::{self, Comparison};
    use super::*;

    /// What users wrote.
    const MARK: &str = "MARKER-9";

    fn report(findings: &Findings) -> Report<'_> {
        let version = ApiVersion::new(1, 41);
        let refused = Refusal { call: "ContainerTop-1".to_owned(), reason: format!("409 {MARK}") };
        Report {
            engine: "dockerd-20.10".to_owned(),
            engine_version: "20.10.24".to_owned(),
            oldest: ApiVersion::new(1, 12),
            newest: version,
            version,
            read_only: true,
            refused: [refusal(&refused)].into(),
            findings,
        }
    }

    /// Differences of every kind, each with the mark in its value, and maps that the document takes for objects.
    fn findings() -> Findings {
        let document = json!({"components": {"schemas": {
            "Thing": {"type": "object", "properties": {
                "Name": {"type": "string"}, "Env": {"type": "array", "items": {"type": "string"}},
                "Labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "Wrong": {"type": "object", "properties": {"a": {"type": "string"}}},
                "Spec": {"type": "object", "properties": {}, "additionalProperties": {}},
            }},
        }}});
        let before = json!({
            "Name": MARK, "Env": [format!("A={MARK}")], "Labels": {MARK: MARK}, "Wrong": {MARK: MARK},
            "Extra": {MARK: MARK}, "Spec": {MARK: {MARK: MARK}},
        });
        let after = json!({
            "Name": format!("{MARK}!"), "Env": [], "Labels": {MARK: "x", "MARKER-9.b": MARK},
            "Spec": {MARK: {MARK: 1, "x": MARK}}, "Other": MARK,
        });
        let mut comparison = Comparison::new(&document, compare::kind);
        let schema = json!({"$ref": "#/components/schemas/Thing"});
        comparison.run(&schema, "reply", &before, &after);
        let mut findings = Findings::default();
        findings.failed.push((
            format!("ContainerInspect-{MARK}.json"),
            format!("Config.Labels: invalid type: string \"{MARK} \\\" {MARK}\", expected `{MARK}` at line 1 column 2"),
        ));
        for found in comparison.differences {
            let source = (MARK.to_owned(), found.values);
            findings.fields.insert((found.kind, found.field), source);
        }
        findings
    }

    #[test]
    fn nothing_that_a_user_wrote_is_in_the_report() {
        let findings = findings();
        let report = report(&findings);
        for text in [report.markdown(), report.json().to_string()] {
            assert!(!text.contains("MARKER"), "{text}");
        }
    }

    #[test]
    fn fields_and_kinds_of_values_are_in_the_report() {
        let findings = findings();
        let text = report(&findings).markdown();
        for line in [
            "- engine: dockerd-20.10 20.10.24, API 1.12 to 1.41",
            "- `ContainerInspect`: Config.Labels: invalid type: string …, expected … at line 1 column 2",
            "- `Thing.Name`: string became string",
            "- `Thing.Extra`: object",
            "- `Thing.Spec.*`: object",
            "- ContainerTop: 409",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn the_name_of_a_missing_field_stays() {
        assert_eq!(without_values("missing field `Id` at line 1"), "missing field `Id` at line 1");
        assert_eq!(without_values("unknown variant `a.b`"), "unknown variant …");
    }
}
