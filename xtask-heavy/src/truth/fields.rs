//! The fields that the documents name against those that engines send.

use std::collections::{BTreeMap, BTreeSet};

use codegen::openapi::SCHEMAS;
use codegen::versions::ApiVersion;
use serde_json::Value;

use super::compare::{Kind, Sent};
use super::findings::{Row, Table};

/// `Type.field`, and the versions of each engine, or of the documents.
pub(super) type Fields = BTreeMap<String, BTreeSet<ApiVersion>>;

/// A field that no engine ever sends beside one that engines send and no document names: probably one field under two
/// names, or in two places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    /// `Type.field` as the documents have it.
    pub(super) declared: String,
    /// `Type.field` as engines send it.
    pub(super) sent: String,
}

/// What the recordings say about the fields of the documents.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// The fields that an engine sends under its newest version and the document of this version does not name, by engine.
    pub(super) unnamed: BTreeMap<String, BTreeSet<String>>,
    /// The fields of types which occur in recordings that no recording has, with the versions whose documents name them.
    pub(super) never_sent: Fields,
    /// Fields that may be one, where no document has both.
    pub(super) pairs: BTreeSet<Pair>,
}

impl Gaps {
    /// Compares all rows with the documents of all versions.
    pub(super) fn of(table: &Table, documents: &BTreeMap<ApiVersion, Value>) -> Self {
        let own: Vec<&Row> = table.rows.iter().filter(|row| row.types == row.version).collect();
        let never_sent = never_sent(&own, documents);
        let mut pairs = BTreeSet::new();
        for row in &own {
            let Some(document) = documents.get(&row.version) else { continue };
            for sent in unnamed(row) {
                let kinds = kinds(&row.findings.sent, sent);
                pairs.extend(candidates(sent, document, &never_sent).into_iter().filter(|pair| {
                    let both = |document| names(document, &pair.declared) && names(document, sent);
                    may_have(document, &pair.declared, &kinds) && !documents.values().any(both)
                }));
            }
        }
        let mut unnamed_by_engine = BTreeMap::new();
        for row in newest(&own) {
            unnamed_by_engine.insert(row.engine.clone(), unnamed(row).map(str::to_owned).collect());
        }
        Self { unnamed: unnamed_by_engine, never_sent, pairs }
    }
}

/// The row of each engine's newest version.
fn newest<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let mut newest: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows {
        let known = newest.entry(&row.engine).or_insert(row);
        if known.version < row.version {
            *known = row;
        }
    }
    newest.into_values().collect()
}

fn unnamed(row: &Row) -> impl Iterator<Item = &str> {
    let fields = row.findings.fields.keys();
    fields.filter(|(kind, _)| matches!(kind, Kind::Unnamed | Kind::Kept)).map(|(_, field)| &**field)
}

/// The fields of types that occur, in the documents under whose versions something was recorded.
fn never_sent(rows: &[&Row], documents: &BTreeMap<ApiVersion, Value>) -> Fields {
    let mut sent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        for (name, members) in &row.findings.sent {
            sent.entry(name).or_default().extend(members.keys().map(String::as_str));
        }
    }
    let mut fields = Fields::new();
    for version in rows.iter().map(|row| row.version).collect::<BTreeSet<_>>() {
        let Some(document) = documents.get(&version) else { continue };
        for (name, members) in &sent {
            for (field, _) in properties(&document["components"]["schemas"][name]) {
                if !members.contains(field) {
                    fields.entry(format!("{name}.{field}")).or_default().insert(version);
                }
            }
        }
    }
    fields
}

/// The fields that `sent` may be another name of, or another place of: any field of its type that is never sent, and one of
/// its own name in a type that its type contains, or that contains its type.
fn candidates(sent: &str, document: &Value, never_sent: &Fields) -> Vec<Pair> {
    let Some((owner, field)) = sent.rsplit_once('.') else { return Vec::new() };
    let schemas = &document["components"]["schemas"];
    let may_be = |declared: &&String| {
        let Some((other, name)) = declared.rsplit_once('.') else { return false };
        let nested = contains(&schemas[owner], other) || contains(&schemas[other], owner);
        other == owner || nested && name.eq_ignore_ascii_case(field)
    };
    let named = never_sent.keys().filter(|declared| names(document, declared));
    let pair = |declared: &String| Pair { declared: declared.clone(), sent: sent.to_owned() };
    named.filter(may_be).map(pair).collect()
}

/// The kinds of the values that were sent for `Type.field`.
fn kinds(sent: &Sent, field: &str) -> BTreeSet<&'static str> {
    let found = field.rsplit_once('.').and_then(|(owner, name)| sent.get(owner)?.get(name));
    found.cloned().unwrap_or_default()
}

/// Whether the document declares `Type.field` so that it can have a value of one of these kinds.
fn may_have(document: &Value, field: &str, kinds: &BTreeSet<&str>) -> bool {
    let Some((owner, name)) = field.rsplit_once('.') else { return false };
    let schemas = &document["components"]["schemas"];
    let property = properties(&schemas[owner]).find(|(known, _)| *known == name);
    let Some((_, mut schema)) = property else { return false };
    while let Some(target) = codegen::openapi::referred(schema) {
        schema = &schemas[target];
    }
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("array") => "list",
        Some("number") => "fraction",
        Some(kind) => kind,
        None => return true,
    };
    // null may stand for anything.
    kinds.is_empty() || kinds.contains("null") || kinds.contains(kind)
}

/// Whether the document names `Type.field`.
fn names(document: &Value, field: &str) -> bool {
    field.rsplit_once('.').is_some_and(|(owner, name)| {
        properties(&document["components"]["schemas"][owner]).any(|(known, _)| known == name)
    })
}

/// Whether a property of the type, or the elements of one, have the type `name`.
fn contains(schema: &Value, name: &str) -> bool {
    let reference = format!("{SCHEMAS}{name}");
    properties(schema).any(|(_, property)| refers(property, &reference))
}

fn refers(schema: &Value, reference: &str) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| match value {
            Value::String(target) => key == "$ref" && target == reference,
            other => refers(other, reference),
        }),
        Value::Array(elements) => elements.iter().any(|element| refers(element, reference)),
        _ => false,
    }
}

/// The properties of an object's schema.
fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(schema)
        .chain(parts)
        .filter_map(|part| part.get("properties")?.as_object())
        .flatten()
        .map(|(name, property)| (&**name, property))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::findings::Findings;
    use super::*;

    const OLD: ApiVersion = ApiVersion::new(1, 40);
    const NEW: ApiVersion = ApiVersion::new(1, 41);

    fn document(types: &Value) -> Value {
        let mut schemas = serde_json::Map::new();
        for (name, fields) in types.as_object().unwrap() {
            schemas.insert(name.clone(), json!({"type": "object", "properties": fields}));
        }
        json!({"components": {"schemas": schemas}})
    }

    /// A table with one row, in which an engine sent these fields under the old version.
    fn table(sent: &[(&str, &[&str])], unnamed: &[&str]) -> Table {
        let mut findings = Findings::default();
        for (name, members) in sent {
            let members = members.iter().map(|member| ((*member).to_owned(), ["string"].into()));
            findings.sent.insert((*name).to_owned(), members.collect());
        }
        for field in unnamed {
            findings.fields.insert((Kind::Kept, (*field).to_owned()), Default::default());
        }
        let row = Row { engine: "dockerd-1".to_owned(), version: OLD, types: OLD, findings };
        Table { rows: vec![row], ..Table::default() }
    }

    fn pair(declared: &str, sent: &str) -> Pair {
        Pair { declared: declared.to_owned(), sent: sent.to_owned() }
    }

    #[test]
    fn a_field_under_another_name_is_a_pair() {
        let old = document(&json!({"Spec": {"Image": {}, "HealthCheck": {}}}));
        let new = document(&json!({"Spec": {"Image": {}, "Healthcheck": {}}}));
        let documents = BTreeMap::from([(OLD, old), (NEW, new)]);
        let table = table(&[("Spec", &["Image", "Healthcheck"])], &["Spec.Healthcheck"]);
        let found = Gaps::of(&table, &documents);
        assert_eq!(found.pairs, [pair("Spec.HealthCheck", "Spec.Healthcheck")].into());
        assert_eq!(found.never_sent.keys().collect::<Vec<_>>(), ["Spec.HealthCheck"]);
        assert_eq!(found.unnamed["dockerd-1"], ["Spec.Healthcheck".to_owned()].into());
    }

    #[test]
    fn a_field_that_a_later_document_adds_is_no_pair() {
        let old = document(&json!({"Spec": {"Image": {}, "Rare": {}}}));
        let new = document(&json!({"Spec": {"Image": {}, "Rare": {}, "Added": {}}}));
        let documents = BTreeMap::from([(OLD, old), (NEW, new)]);
        let found = Gaps::of(&table(&[("Spec", &["Added"])], &["Spec.Added"]), &documents);
        assert_eq!(found.pairs, BTreeSet::new());
        assert_eq!(found.never_sent.len(), 2);
    }

    #[test]
    fn fields_with_values_of_different_kinds_are_no_pair() {
        let old =
            document(&json!({"Spec": {"Pools": {"type": "array"}, "Host": {"type": "string"}}}));
        let table = table(&[("Spec", &["Version"])], &["Spec.Version"]);
        let found = Gaps::of(&table, &[(OLD, old)].into());
        assert_eq!(found.pairs, [pair("Spec.Host", "Spec.Version")].into());
    }

    #[test]
    fn a_field_that_is_declared_one_level_too_deep_is_a_pair() {
        let mode = json!({"$ref": format!("{SCHEMAS}Mode")});
        let old = document(&json!({"Volume": {"Mode": mode}, "Mode": {"Scope": {}, "Drain": {}}}));
        let sent: &[(&str, &[&str])] = &[("Volume", &["Mode", "Drain"]), ("Mode", &["Scope"])];
        let found = Gaps::of(&table(sent, &["Volume.Drain"]), &[(OLD, old)].into());
        assert_eq!(found.pairs, [pair("Mode.Drain", "Volume.Drain")].into());
    }
}
