//! Since which API version there is an operation, a parameter, a type or a field, by the names of the generated crate.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Error, correct};
use crate::{openapi, versions::ApiVersion};

/// Since when there is a thing; what the oldest version has already is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// By `operationId`, or `operationId.parameter`.
    pub operations: BTreeMap<String, ApiVersion>,
    /// By type, or `Type.Field`.
    pub types: BTreeMap<String, ApiVersion>,
}

impl Since {
    /// Reads it off the documents of all versions.
    ///
    /// The documents are taken as they are generated from, corrected and named: a parameter that upstream wrote down
    /// late, and a correction adds to the older versions, is as old as it really is.
    ///
    /// # Errors
    ///
    /// A document cannot be converted, corrected or named.
    pub fn read(documents: &[(ApiVersion, Value)]) -> Result<Self, Error> {
        let Some(oldest) = documents.iter().map(|(version, _)| *version).min() else {
            return Ok(Self::default());
        };
        let mut since = Self::default();
        for (operations, types, version) in prepared(documents)? {
            keep_oldest(&mut since.operations, operations, version);
            keep_oldest(&mut since.types, types, version);
        }
        since.operations.retain(|_, version| *version > oldest);
        since.types.retain(|_, version| *version > oldest);
        // A field that came with its type is as old as the type says.
        let (operations, types) = (since.operations.clone(), since.types.clone());
        since.operations.retain(|key, version| came_later(key, *version, &operations));
        since.types.retain(|key, version| came_later(key, *version, &types));
        Ok(since)
    }
}

type Names = (Vec<String>, Vec<String>, ApiVersion);

/// The names in each document, read by as many threads as there are processors.
fn prepared(documents: &[(ApiVersion, Value)]) -> Result<Vec<Names>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = documents.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = documents
            .chunks(share)
            .map(|chunk| {
                scope.spawn(move || {
                    chunk
                        .iter()
                        .map(|(version, document)| {
                            let (openapi, _) = correct(document, *version)?;
                            Ok((operations(&openapi), types(&openapi), *version))
                        })
                        .collect::<Result<Vec<Names>, Error>>()
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(names) => all.extend(names?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
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
        let properties = schema.get("properties").and_then(Value::as_object);
        for field in properties.into_iter().flatten().map(|(field, _)| field) {
            names.push(format!("{name}.{field}"));
        }
    }
    names
}

fn keep_oldest(map: &mut BTreeMap<String, ApiVersion>, names: Vec<String>, version: ApiVersion) {
    for name in names {
        let known = map.entry(name).or_insert(version);
        *known = version.min(*known);
    }
}

/// Whether a part came later than the whole it is part of.
fn came_later(key: &str, version: ApiVersion, all: &BTreeMap<String, ApiVersion>) -> bool {
    match key.split_once('.') {
        Some((whole, _)) => all.get(whole).is_none_or(|since| *since < version),
        None => true,
    }
}
