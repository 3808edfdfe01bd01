//! Which of the operations, parameters and fields that a program uses an engine does not know.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use api_compare::model::{Api, Operation, Schema};
use api_compare::usage::{Fields, Usage, steps};
use codegen::versions::ApiVersion;
use serde::Serialize;

use crate::exit::bad_call;
use crate::versions::{self, Engine};

/// What an engine does not know of a program's use of the API.
#[derive(Serialize)]
pub(crate) struct Unknown {
    /// The engine, as the call names it.
    engine: String,
    /// The newest version that the engine has.
    api_version: ApiVersion,
    /// The parts that it does not know, sorted.
    unknown: Vec<Part>,
}

/// A part of the API that an engine does not know.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    operation: String,
    /// `operation`, `parameter`, `filter` or `field`.
    kind: &'static str,
    /// The name of the parameter or filter, or the path of the field; empty for the operation itself.
    name: String,
    /// The first version that has it.
    since: ApiVersion,
}

/// Finds what the engine does not know. `apis` are all known versions, from the oldest to the newest.
pub(crate) fn unknown_to(
    engine: &str,
    usage: &Usage,
    root: &Path,
    apis: &[(ApiVersion, Api)],
) -> Result<Unknown> {
    let api_version = newest_of(engine, &versions::engines(root)?)?;
    let (_, api) = apis.iter().find(|(version, _)| *version == api_version).with_context(|| {
        format!("--engine {engine}: its API {api_version} is not in spec/versions.toml")
    })?;
    let since = |has: &dyn Fn(&Api) -> bool| {
        apis.iter().find(|(_, api)| has(api)).map(|(version, _)| *version)
    };
    let mut unknown = Vec::new();
    for (id, used) in &usage.operations {
        let mut add = |kind, name: &str, has: &dyn Fn(&Operation) -> bool| {
            let has = |api: &Api| api.operations.get(id).is_some_and(has);
            // A parameter that no document has is skipped: engines know some parameters that no document lists.
            if !has(api)
                && let Some(since) = since(&has)
            {
                unknown.push(Part { operation: id.clone(), kind, name: name.to_owned(), since });
            }
        };
        add("operation", "", &|_| true);
        if !api.operations.contains_key(id) {
            continue;
        }
        for name in &used.parameters {
            add("parameter", name, &|operation| {
                operation.parameters.iter().any(|parameter| parameter.name == *name)
            });
        }
        for key in &used.filters {
            // A document that lists no keys does not say which keys exist.
            add("filter", key, &|operation| {
                let mut parameters = operation.parameters.iter();
                let filters = parameters.find(|parameter| parameter.name == "filters");
                filters.is_none_or(|found| found.filters.is_empty() || found.filters.contains(key))
            });
        }
        if let Some(Fields::Paths(paths)) = &used.body {
            for path in paths {
                add("field", path, &|operation| {
                    operation.body.as_ref().is_none_or(|body| has_field(&body.schema, path))
                });
            }
        }
    }
    unknown.sort();
    Ok(Unknown { engine: engine.to_owned(), api_version, unknown })
}

/// Returns the newest version of an engine, which is a release of `spec/engines.toml` or an API version.
fn newest_of(engine: &str, engines: &[Engine]) -> Result<ApiVersion> {
    for Engine { releases, newest: [first, last], .. } in engines {
        let named: Vec<&str> = releases.split([',', ' ']).filter(|name| !name.is_empty()).collect();
        match named.as_slice() {
            [name, ..] if *name == engine => return Ok(*first),
            [.., name] if *name == engine => return Ok(*last),
            _ => {}
        }
    }
    // `20.10` is a release and not an API version, which begins with 1.
    engine.parse().ok().filter(|version: &ApiVersion| version.major == 1).ok_or_else(|| {
        let releases: Vec<&str> = engines.iter().map(|engine| engine.releases.as_str()).collect();
        bad_call(format!(
            "--engine {engine}: expected the first or the last release of an entry of spec/engines.toml ({}), or the newest \
             API version of the engine, such as 1.45",
            releases.join("; ")
        ))
    })
}

/// Returns whether the schema has the field, or may have it because it does not say which fields there are.
fn has_field(schema: &Schema, path: &str) -> bool {
    let mut schema = schema;
    for step in steps(path) {
        let inner = match step {
            "[]" => schema.items.as_ref(),
            "{}" => schema.values.as_ref(),
            name => schema.fields.get(name).map(|field| &field.schema).or(schema.values.as_ref()),
        };
        match inner {
            Some(inner) => schema = inner,
            None => return !schema.is_record(),
        }
    }
    true
}

impl Unknown {
    /// Whether the engine knows everything that the program uses.
    pub(crate) fn is_empty(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Returns the number of unknown parts as words.
    pub(crate) fn summary(&self) -> String {
        match self.unknown.len() {
            0 => format!("{} knows everything that the program uses", self.name()),
            1 => format!("{} does not know 1 part of what the program uses", self.name()),
            count => {
                format!("{} does not know {count} parts of what the program uses", self.name())
            }
        }
    }

    fn name(&self) -> String {
        match self.engine.parse() == Ok(self.api_version) {
            true => format!("an engine with API {}", self.api_version),
            false => format!("{} (API {})", self.engine, self.api_version),
        }
    }

    /// Writes a line for each part, and the summary.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for Part { operation, kind, name, since } in &self.unknown {
            let what = if name.is_empty() { String::new() } else { format!(" {kind} `{name}`") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{operation}{what}: since API {since}");
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_named_by_a_release_or_by_an_api_version() {
        let root = crate::workspace::root();
        let engines = versions::engines(&root).unwrap();
        for (name, newest) in
            [("17.12", 35), ("18.09", 39), ("19.03", 40), ("20.10", 41), ("1.45", 45)]
        {
            assert_eq!(newest_of(name, &engines).unwrap(), ApiVersion::new(1, newest), "{name}");
        }
        let error = newest_of("26.1", &engines).unwrap_err().to_string();
        assert!(error.contains("19.03, 20.10") && error.contains("1.45"), "{error}");
    }
}
