//! Builds a history: walks the versions in order and records for each item the runs of versions that have it.

use std::collections::{BTreeMap, BTreeSet};

use super::presence::{Presence, Span};
use super::records::{Facts, History, OperationHistory, SchemaHistory, ValueHistory};
use crate::model::{Api, Operation, Schema};

/// Runs of versions, by their positions among all versions.
#[derive(Debug, Default, Clone)]
struct Runs(Vec<(usize, usize)>);

impl Runs {
    /// Records that this version has the item. Versions are recorded in order.
    fn note(&mut self, version: usize) {
        match self.0.last_mut() {
            Some((_, last)) if *last == version || *last + 1 == version => *last = version,
            _ => self.0.push((version, version)),
        }
    }

    fn versions(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    fn presence(&self, versions: usize) -> Presence {
        let spans = self.0.iter().map(|&(first, last)| Span { first, last }).collect();
        Presence { spans, versions }
    }
}

/// A field under construction.
#[derive(Debug, Default)]
struct Value {
    runs: Runs,
    owner: Option<String>,
    facts: Facts,
    values: BTreeMap<String, Runs>,
}

impl Value {
    fn finish(self, all: usize) -> ValueHistory {
        let values =
            self.values.into_iter().map(|(value, runs)| (value, runs.presence(all))).collect();
        ValueHistory {
            presence: self.runs.presence(all),
            owner: self.owner,
            facts: self.facts,
            values,
        }
    }
}

/// Fields by path, with the fingerprints of the trees that they were last taken from.
#[derive(Debug, Default)]
struct Fields {
    seen: Option<(Vec<u64>, usize)>,
    fields: BTreeMap<String, Value>,
}

impl Fields {
    /// Records the fields of all trees of a version.
    fn note(&mut self, trees: &[&Schema], version: usize) {
        let prints: Vec<u64> = trees.iter().map(|tree| tree.exact()).collect();
        let seen = Some((prints, version));
        let unchanged = match (&self.seen, &seen) {
            (Some((before, last)), Some((now, _))) => before == now && *last + 1 == version,
            _ => false,
        };
        self.seen = seen;
        if !unchanged {
            for tree in trees {
                self.walk(tree, version);
            }
            return;
        }
        // The trees are those of the version before, and so are their fields.
        let extend = |runs: &mut Runs| {
            if let Some((_, last)) = runs.0.last_mut()
                && *last + 1 == version
            {
                *last = version;
            }
        };
        for value in self.fields.values_mut() {
            extend(&mut value.runs);
            value.values.values_mut().for_each(extend);
        }
    }

    fn walk(&mut self, tree: &Schema, version: usize) {
        walk(tree, &mut String::new(), None, false, &mut |schema, path, owner, required| {
            let value = self.fields.entry(path.to_owned()).or_default();
            value.runs.note(version);
            value.owner = owner.map(str::to_owned);
            value.facts = facts(schema, required);
            for allowed in schema.allowed.iter().flatten() {
                value.values.entry(allowed.clone()).or_default().note(version);
            }
        });
    }

    fn finish(self, all: usize) -> BTreeMap<String, ValueHistory> {
        self.fields.into_iter().map(|(path, value)| (path, value.finish(all))).collect()
    }
}

/// Takes each schema of a tree with its path, the named schema that declares it, and whether it is required.
type Visit<'a> = &'a mut dyn FnMut(&Schema, &str, Option<&str>, bool);

fn walk(schema: &Schema, path: &mut String, owner: Option<&str>, required: bool, visit: Visit<'_>) {
    visit(schema, path, owner, required);
    let here = schema.name.as_deref().or(owner);
    let mut below =
        |step: &str, schema: &Schema, owner: Option<&str>, required: bool, path: &mut String| {
            let length = path.len();
            if !path.is_empty() && !step.starts_with(['[', '{']) {
                path.push('.');
            }
            path.push_str(step);
            walk(schema, path, owner, required, visit);
            path.truncate(length);
        };
    for (name, field) in &schema.fields {
        below(name, &field.schema, field.owner.as_deref().or(here), field.required, path);
    }
    if let Some(items) = &schema.items {
        below("[]", items, here, false, path);
    }
    if let Some(values) = &schema.values {
        below("{}", values, here, false, path);
    }
}

fn facts(schema: &Schema, required: bool) -> Facts {
    Facts {
        kind: schema.describe(),
        required,
        deprecated: schema.deprecated.clone(),
        default: schema.default.clone(),
        unit: schema.unit.clone(),
        platform: schema.platform.clone(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Body,
    Reply,
}

/// A place that refers to a named schema: the operation, the direction, the path.
type Reference = (usize, Direction, String);

#[derive(Debug, Default)]
struct OperationBuild {
    id: String,
    former_ids: BTreeSet<String>,
    tag: String,
    method: String,
    path: String,
    runs: Runs,
    parameters: BTreeMap<String, Value>,
    body: Fields,
    reply: Fields,
}

impl OperationBuild {
    fn fields(&self, direction: Direction) -> &Fields {
        match direction {
            Direction::Body => &self.body,
            Direction::Reply => &self.reply,
        }
    }
}

#[derive(Debug, Default)]
struct SchemaBuild {
    runs: Runs,
    fields: Fields,
}

#[derive(Default)]
struct Build {
    operations: Vec<OperationBuild>,
    ids: BTreeMap<String, usize>,
    routes: BTreeMap<String, usize>,
    schemas: BTreeMap<String, SchemaBuild>,
}

impl History {
    /// Builds the history of the versions, which are given oldest first.
    pub fn new(apis: &[&Api]) -> Self {
        let versions = apis.iter().map(|api| api.label.clone()).collect();
        let mut build = Build::default();
        for (version, api) in apis.iter().enumerate() {
            for operation in api.operations.values() {
                build.operation(operation, version);
            }
            for (name, schema) in &api.schemas {
                let entry = build.schemas.entry(name.clone()).or_default();
                entry.runs.note(version);
                entry.fields.note(&[schema], version);
            }
        }
        build.extend_fields(apis);
        build.finish(versions)
    }
}

impl Build {
    fn operation(&mut self, operation: &Operation, version: usize) {
        let route = operation.route();
        let known = self.ids.get(&operation.id).or_else(|| self.routes.get(&route)).copied();
        let index = known.unwrap_or_else(|| {
            self.operations.push(OperationBuild::default());
            self.operations.len() - 1
        });
        self.ids.insert(operation.id.clone(), index);
        self.routes.insert(route, index);
        let Some(entry) = self.operations.get_mut(index) else { return };
        if !entry.id.is_empty() && entry.id != operation.id {
            entry.former_ids.insert(std::mem::take(&mut entry.id));
        }
        entry.id.clone_from(&operation.id);
        entry.tag.clone_from(&operation.tag);
        entry.method.clone_from(&operation.method);
        entry.path.clone_from(&operation.path);
        entry.runs.note(version);
        for parameter in &operation.parameters {
            let value = entry.parameters.entry(parameter.name.clone()).or_default();
            value.runs.note(version);
            value.facts = facts(&parameter.schema, parameter.required);
            for allowed in parameter.schema.allowed.iter().flatten().chain(&parameter.filters) {
                value.values.entry(allowed.clone()).or_default().note(version);
            }
        }
        if let Some(body) = &operation.body {
            entry.body.note(&[&body.schema], version);
        }
        entry.reply.note(&successes(operation).collect::<Vec<_>>(), version);
    }

    /// Extends the fields of schemas to the versions that do not have the schema by this name.
    fn extend_fields(&mut self, apis: &[&Api]) {
        let ends = |name: &String, build: &SchemaBuild| {
            let first = build.runs.0.first()?.0;
            let last = build.runs.0.last()?.1;
            (first > 0 || last + 1 < apis.len()).then(|| (name.clone(), first, last))
        };
        let partial: Vec<(String, usize, usize)> =
            self.schemas.iter().filter_map(|(name, build)| ends(name, build)).collect();
        let mut references: BTreeMap<usize, BTreeMap<String, Vec<Reference>>> = BTreeMap::new();
        for version in
            partial.iter().flat_map(|(_, first, last)| [*first, *last]).collect::<BTreeSet<_>>()
        {
            if let Some(api) = apis.get(version) {
                references.insert(version, self.references(api));
            }
        }
        for (name, first, last) in partial {
            let at = |version: usize| {
                references
                    .get(&version)
                    .and_then(|references| references.get(&name))
                    .into_iter()
                    .flatten()
            };
            let before: Vec<&Reference> = at(first).collect();
            let after: Vec<&Reference> = at(last).collect();
            let Some(schema) = self.schemas.get_mut(&name) else { continue };
            for (path, value) in &mut schema.fields.fields {
                let beyond = |value: Option<&str>, own: &Runs| {
                    let mut versions: BTreeSet<usize> = own.versions().collect();
                    let found =
                        |references: &[&Reference], range: std::ops::Range<usize>| -> Vec<usize> {
                            let runs = references.iter().filter_map(|reference| {
                                lookup(&self.operations, reference, path, value)
                            });
                            runs.flat_map(|runs| {
                                runs.versions().filter(|v| range.contains(v)).collect::<Vec<_>>()
                            })
                            .collect()
                        };
                    versions.extend(found(&before, 0..first));
                    versions.extend(found(&after, last + 1..apis.len()));
                    let mut runs = Runs::default();
                    versions.into_iter().for_each(|version| runs.note(version));
                    runs
                };
                value.runs = beyond(None, &value.runs);
                for (allowed, runs) in &mut value.values {
                    *runs = beyond(Some(allowed), runs);
                }
            }
        }
    }

    /// Returns the places of the named schemas of one version.
    fn references(&self, api: &Api) -> BTreeMap<String, Vec<Reference>> {
        let mut references: BTreeMap<String, Vec<Reference>> = BTreeMap::new();
        for operation in api.operations.values() {
            let Some(&index) = self.ids.get(&operation.id) else { continue };
            let body = operation.body.iter().map(|body| (Direction::Body, body.schema.as_ref()));
            let replies = successes(operation).map(|schema| (Direction::Reply, schema));
            for (direction, schema) in body.chain(replies) {
                walk(schema, &mut String::new(), None, false, &mut |schema, path, _, _| {
                    if let Some(name) = &schema.name {
                        references.entry(name.clone()).or_default().push((
                            index,
                            direction,
                            path.to_owned(),
                        ));
                    }
                });
            }
        }
        references
    }

    fn finish(self, versions: Vec<String>) -> History {
        let all = versions.len();
        let ids = self
            .ids
            .into_iter()
            .filter_map(|(id, index)| Some((id, self.operations.get(index)?.id.clone())));
        let ids = ids.collect();
        let operation = |build: OperationBuild| {
            let parameters =
                build.parameters.into_iter().map(|(name, value)| (name, value.finish(all)));
            let history = OperationHistory {
                presence: build.runs.presence(all),
                tag: build.tag,
                method: build.method,
                path: build.path,
                former_ids: build.former_ids,
                parameters: parameters.collect(),
                body: build.body.finish(all),
                reply: build.reply.finish(all),
            };
            (build.id, history)
        };
        let schema = |(name, build): (String, SchemaBuild)| {
            let history = SchemaHistory {
                presence: build.runs.presence(all),
                fields: build.fields.finish(all),
            };
            (name, history)
        };
        let operations = self.operations.into_iter().map(operation).collect();
        let schemas = self.schemas.into_iter().map(schema).collect();
        History { versions, operations, ids, schemas }
    }
}

/// Returns the versions that have the field `path` of the schema at a place, or a value of that field.
fn lookup<'a>(
    operations: &'a [OperationBuild],
    (index, direction, reference): &Reference,
    path: &str,
    value: Option<&str>,
) -> Option<&'a Runs> {
    let dot = if reference.is_empty() || path.is_empty() || path.starts_with(['[', '{']) {
        ""
    } else {
        "."
    };
    let field = operations
        .get(*index)?
        .fields(*direction)
        .fields
        .get(&format!("{reference}{dot}{path}"))?;
    match value {
        Some(value) => field.values.get(value),
        None => Some(&field.runs),
    }
}

/// Returns the schemas of the successful responses of an operation.
fn successes(operation: &Operation) -> impl Iterator<Item = &Schema> {
    let success = |(status, _): &(&String, _)| status.starts_with('2');
    operation.replies.iter().filter(success).filter_map(|(_, reply)| reply.schema.as_deref())
}
