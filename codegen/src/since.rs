//! The API versions that introduced operations, parameters, types, fields and parts of request bodies, by their names in the
//! generated crate.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::correct::Corrected;
use crate::{openapi, versions::ApiVersion};

/// The version that introduced each item. Items of the oldest version are not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// The newest version that there is a document of.
    pub newest: Option<ApiVersion>,
    /// By `operationId`, or `operationId.parameter`.
    pub operations: BTreeMap<String, ApiVersion>,
    /// By type, or `Type.Field`.
    pub types: BTreeMap<String, ApiVersion>,
    /// By `operationId.path` of a field of the JSON that a request has for a body: `ContainerCreate.HostConfig.Mounts[].Type`.
    pub bodies: BTreeMap<String, ApiVersion>,
}

impl Since {
    /// Reads it off the documents of all versions.
    ///
    /// The documents are corrected and named, as for the generated code: a parameter that upstream documented too
    /// late, and that a correction adds to the older versions, gets the version that really introduced it.
    pub fn read(documents: &[Corrected]) -> Self {
        Self::of(documents.iter().map(|one| Names::of(&one.openapi, one.version)).collect())
    }

    fn of(all: Vec<Names>) -> Self {
        let mut since = Self::default();
        let Some(oldest) = all.iter().map(|names| names.version).min() else { return since };
        for names in all {
            since.newest = since.newest.max(Some(names.version));
            keep_oldest(&mut since.operations, names.operations, names.version);
            keep_oldest(&mut since.types, names.types, names.version);
            keep_oldest(&mut since.bodies, names.bodies, names.version);
        }
        let Self { operations, types, bodies, .. } = &mut since;
        for map in [&mut *operations, types, bodies] {
            map.retain(|_, version| *version > oldest);
        }
        // A field that came with its type is as old as the type says.
        for map in [&mut *operations, types] {
            let all = map.clone();
            map.retain(|key, version| came_later(key.split_once('.'), *version, &all));
        }
        let all: BTreeMap<_, _> = operations.iter().chain(&*bodies).collect();
        let all = all.into_iter().map(|(key, version)| (key.clone(), *version)).collect();
        bodies.retain(|key, version| came_later(key.rsplit_once('.'), *version, &all));
        since
    }
}

/// The names in one document.
struct Names {
    version: ApiVersion,
    operations: Vec<String>,
    types: Vec<String>,
    bodies: Vec<String>,
}

impl Names {
    fn of(openapi: &Value, version: ApiVersion) -> Self {
        let (operations, types, bodies) = (operations(openapi), types(openapi), bodies(openapi));
        Self { version, operations, types, bodies }
    }
}

fn operations(openapi: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for (_, _, operation) in openapi::operations(openapi) {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else { continue };
        names.push(id.to_owned());
        let parameters = operation.get("parameters").and_then(Value::as_array);
        for name in parameters.into_iter().flatten().filter_map(|p| p.get("name")?.as_str()) {
            names.push(format!("{id}.{name}"));
        }
    }
    names
}

fn types(openapi: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let schemas = openapi.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        names.push(name.clone());
        let fields =
            schema.as_object().into_iter().flat_map(|schema| members(schema, "properties"));
        names.extend(fields.map(|(field, _)| format!("{name}.{field}")));
    }
    names
}

fn bodies(openapi: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for (_, _, operation) in openapi::operations(openapi) {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else { continue };
        let body = operation.get("requestBody").and_then(|body| body.get("content"));
        let Some(schema) = body.and_then(|body| body.get("application/json")?.get("schema")) else {
            continue;
        };
        let mut fields = Fields { openapi, open: Vec::new(), names: &mut names };
        fields.below(schema, id);
    }
    names
}

/// Collects the paths of the fields of a schema and of whatever it contains.
struct Fields<'a, 'n> {
    openapi: &'a Value,
    /// The named schemas around; one that contains itself is not followed again.
    open: Vec<&'a str>,
    names: &'n mut Vec<String>,
}

impl<'a> Fields<'a, '_> {
    fn below(&mut self, schema: &'a Value, path: &str) {
        if let Some(name) = openapi::referred(schema) {
            let target = self.openapi["components"]["schemas"].get(name);
            if let Some(target) = target.filter(|_| !self.open.contains(&name)) {
                self.open.push(name);
                self.below(target, path);
                self.open.pop();
            }
            return;
        }
        let Some(schema) = schema.as_object() else { return };
        for (name, field) in members(schema, "properties") {
            let path = format!("{path}.{name}");
            self.names.push(path.clone());
            self.below(field, &path);
        }
        for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = schema.get(key) {
                self.below(inner, &format!("{path}{mark}"));
            }
        }
        for part in ["allOf", "oneOf", "anyOf"] {
            for part in schema.get(part).and_then(Value::as_array).into_iter().flatten() {
                self.below(part, path);
            }
        }
    }
}

fn members<'a>(
    schema: &'a Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema.get(key).and_then(Value::as_object).into_iter().flatten()
}

fn keep_oldest(map: &mut BTreeMap<String, ApiVersion>, names: Vec<String>, version: ApiVersion) {
    for name in names {
        let known = map.entry(name).or_insert(version);
        *known = version.min(*known);
    }
}

/// Whether a part came later than the whole that it is part of.
fn came_later(
    split: Option<(&str, &str)>,
    version: ApiVersion,
    all: &BTreeMap<String, ApiVersion>,
) -> bool {
    let whole = split.map(|(whole, _)| whole.trim_end_matches(['[', ']', '{', '}']));
    whole.and_then(|whole| all.get(whole)).is_none_or(|since| *since < version)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A document of one operation with these schemas, the first of which is its body.
    fn document(schemas: Value) -> Value {
        let body = json!({"content": {"application/json": {"schema": reference("Body")}}});
        json!({"paths": {"/things": {"post": {"operationId": "ThingCreate", "requestBody": body}}},
            "components": {"schemas": schemas}})
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("{}{name}", openapi::SCHEMAS)})
    }

    #[test]
    fn a_field_of_a_body_is_known_by_its_path() {
        let text = || json!({"type": "string"});
        let object = |properties: Value| json!({"type": "object", "properties": properties});
        let old = json!({"Body": object(json!({
            "Name": text(),
            "Parts": {"type": "array", "items": object(json!({"Name": text()}))},
        }))});
        let part = object(json!({"Name": text(), "New": text(), "Body": reference("Body")}));
        let new = json!({"Body": object(json!({
            "Name": text(),
            "Parts": {"type": "array", "items": reference("Part")},
            "Map": {"type": "object", "additionalProperties": object(json!({"Inside": text()}))},
        })), "Part": part});
        let versions = [ApiVersion::new(1, 41), ApiVersion::new(1, 42)];
        let names = [old, new].map(document).into_iter().zip(versions);
        let since =
            Since::of(names.map(|(document, version)| Names::of(&document, version)).collect());
        let paths: Vec<_> = since.bodies.keys().map(String::as_str).collect();
        // A field that was added together with its parent is not listed, and a recursive type is listed once.
        let expected = ["ThingCreate.Map", "ThingCreate.Parts[].Body", "ThingCreate.Parts[].New"];
        assert_eq!(paths, expected);
        assert!(since.bodies.values().all(|version| *version == versions[1]));
    }
}
