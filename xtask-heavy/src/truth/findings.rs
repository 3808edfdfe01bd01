//! The results of decoding the responses.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use codegen::versions::ApiVersion;
use serde_json::{Value, json};

use super::arbitrary::Arbitrary;
use super::compare::{Comparison, Kind, Sent, Show, short};
use super::program::{Program, STREAMS};
use super::recordings::Replies;

/// How many arbitrary values each type is tried with.
const VALUES: u64 = 40;

/// What became of the replies of one engine under one version.
#[derive(Default)]
pub(super) struct Findings {
    /// How many replies were decoded, or not.
    pub(super) replies: usize,
    /// How many JSON values they held.
    pub(super) values: usize,
    /// The operations that the version's document does not have.
    pub(super) unknown: BTreeSet<String>,
    /// File and error.
    pub(super) failed: Vec<(String, String)>,
    /// Kind and field; a file and values for example.
    pub(super) fields: BTreeMap<(Kind, String), (String, String)>,
    /// The members that objects of each type had, with the kinds of their values.
    pub(super) sent: Sent,
}

impl Findings {
    /// Decodes all replies with the types of a program and compares them with their writing.
    ///
    /// `show` writes the values that differ.
    pub(super) fn of(
        replies: &Replies,
        program: &Program,
        document: &Value,
        show: Show,
    ) -> Result<Self> {
        let mut findings = Self::default();
        let mut questions = Vec::new();
        let mut sources = Vec::new();
        for reply in &replies.replies {
            let Some((key, schema, name)) = expected(&reply.operation, program, document) else {
                findings.unknown.insert(reply.operation.clone());
                continue;
            };
            findings.replies += 1;
            for value in serde_json::Deserializer::from_str(&reply.text).into_iter::<Value>() {
                let value = value?;
                questions.push((key.clone(), value.to_string()));
                sources.push((reply, schema.clone(), name.clone(), value));
            }
        }
        findings.values = questions.len();
        for (answer, (reply, schema, name, before)) in
            program.round_trip(&questions)?.into_iter().zip(&sources)
        {
            let after = match answer {
                Ok(after) => after,
                Err(error) => {
                    findings.failed.push((reply.file_name.clone(), error));
                    continue;
                }
            };
            let comparison = Comparison::new(document, show);
            findings.compare(comparison, (schema, name, before), &after, &reply.file_name);
        }
        Ok(findings)
    }

    /// Decodes arbitrary values of each type, and compares them with their writing.
    pub(super) fn of_arbitrary(program: &Program, document: &Value) -> Result<Self> {
        let mut findings = Self::default();
        let mut questions = Vec::new();
        let mut sources = Vec::new();
        for name in &program.types {
            let schema = &document["components"]["schemas"][name];
            for seed in 0..VALUES {
                let value = Arbitrary::new(document, seed).value(schema);
                questions.push((format!("type {name}"), value.to_string()));
                sources.push((name, schema, value));
            }
        }
        findings.values = questions.len();
        for ((answer, (name, schema, before)), (_, text)) in
            program.round_trip(&questions)?.into_iter().zip(&sources).zip(&questions)
        {
            match answer {
                Ok(after) => {
                    let comparison = Comparison::new(document, short);
                    findings.compare(comparison, (schema, name, before), &after, name)
                }
                Err(error) => findings.failed.push(((*name).clone(), format!("{error} in {text}"))),
            }
        }
        Ok(findings)
    }

    fn compare<'a>(
        &mut self,
        mut comparison: Comparison<'a>,
        sent: (&'a Value, &str, &Value),
        after: &Value,
        source: &str,
    ) {
        let (schema, name, before) = sent;
        comparison.run(schema, name, before, after);
        for (name, members) in comparison.sent {
            let sent = self.sent.entry(name).or_default();
            for (member, kinds) in members {
                sent.entry(member).or_default().extend(kinds);
            }
        }
        for difference in comparison.differences {
            self.fields
                .entry((difference.kind, difference.field))
                .or_insert_with(|| (source.to_owned(), difference.values));
        }
    }

    /// How many fields are of this kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.fields.keys().filter(|(found, _)| *found == kind).count()
    }
}

/// The program's key for an operation's values, their schema, and a name for them.
fn expected(
    operation: &str,
    program: &Program,
    document: &Value,
) -> Option<(String, Value, String)> {
    if let Some((_, ty)) = STREAMS.iter().find(|(name, _)| *name == operation) {
        program.types.iter().find(|known| known == ty)?;
        let schema = json!({"$ref": format!("#/components/schemas/{ty}")});
        return Some((format!("type {ty}"), schema, (*ty).to_owned()));
    }
    program.replies.get(operation)?;
    let paths = document["paths"].as_object()?;
    let declared =
        paths.values().filter_map(Value::as_object).flat_map(|item| item.values()).find(
            |declared| declared.get("operationId").and_then(Value::as_str) == Some(operation),
        )?;
    let success = declared["responses"]
        .as_object()?
        .iter()
        .find(|(status, response)| status.starts_with('2') && response.get("content").is_some())?;
    let schema = success.1["content"]["application/json"]["schema"].clone();
    Some((format!("reply {operation}"), schema, format!("{operation}:reply")))
}

/// The findings of all engines and versions.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// Arbitrary values, by the version of their types.
    pub(super) arbitrary: Vec<(ApiVersion, Findings)>,
}

/// Replies of an engine under a version, read with the types of the same or of another version.
pub(super) struct Row {
    pub(super) engine: String,
    pub(super) version: ApiVersion,
    pub(super) types: ApiVersion,
    pub(super) findings: Findings,
}

impl Table {
    pub(super) fn add(&mut self, replies: &Replies, types: ApiVersion, findings: Findings) {
        let engine = replies.engine.clone();
        self.rows.push(Row { engine, version: replies.version, types, findings });
    }

    /// What must not be, a line for each field or error, with the versions in which it is.
    pub(super) fn defects(&self) -> Vec<String> {
        let mut defects: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
        let mut note = |findings: &Findings, source: String| {
            for (file, error) in &findings.failed {
                let seen = defects
                    .entry(("failed".to_owned(), file.clone()))
                    .or_insert((error.clone(), Vec::new()));
                seen.1.push(source.clone());
            }
            for ((kind, field), (file, values)) in &findings.fields {
                let what = match kind {
                    Kind::Lost => "lost",
                    Kind::Changed => "changed",
                    Kind::Invented => "invented",
                    Kind::Unnamed | Kind::Kept => continue,
                };
                let seen = defects
                    .entry((what.to_owned(), field.clone()))
                    .or_insert((format!("{file}: {values}"), Vec::new()));
                seen.1.push(source.clone());
            }
        };
        for row in &self.rows {
            note(
                &row.findings,
                match row.types == row.version {
                    true => format!("{} {}", row.engine, row.version),
                    false => format!("{} {} as {}", row.engine, row.version, row.types),
                },
            );
        }
        for (version, findings) in &self.arbitrary {
            note(findings, format!("arbitrary {version}"));
        }
        defects
            .into_iter()
            .map(|((what, place), (example, rows))| {
                format!("{what:<9}{place}\n         {example}\n         {}", rows.join(", "))
            })
            .collect()
    }
}
