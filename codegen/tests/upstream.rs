//! The upstream documents, with all their prose, go the same way as the distilled ones.
//!
//! They are not part of the project: where their directory is missing, these tests are reported as ignored.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::{ApiVersion, Pins};
use codegen::{convert, distill, lint};
use engines::trial::unless;
use engines::upstream;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use swagger_reader::Pointer;

fn document(version: ApiVersion) -> Result<Value, Failed> {
    let name = format!("v{version}.yaml");
    let text = fs::read_to_string(upstream::directory().join(&name))?;
    Ok(distill::annotate(&swagger_reader::read(&text, &name)?)?)
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/versions.toml");
    let text = fs::read_to_string(&pins).unwrap_or_default();
    let versions = match Pins::read(&text, "versions.toml") {
        Ok(pins) => pins.known(),
        Err(error) => {
            eprintln!("error: {}: {error}", pins.display());
            return ExitCode::FAILURE;
        }
    };
    let missing = upstream::missing();
    let missing = missing.as_deref();
    let trials = versions.clone().into_iter().flat_map(|version| {
        [
            unless(missing, format!("document_{version}_converts_and_loses_nothing"), move || {
                converts(version)
            }),
            unless(missing, format!("document_{version}_has_no_faults_once_prepared"), move || {
                prepares(version)
            }),
            unless(
                missing,
                format!("document_{version}_is_generated_from_like_the_one_in_spec"),
                move || prepares_the_same(version),
            ),
        ]
    });
    let newest = versions.last().copied();
    let words = newest.map(|version| {
        Trial::test("words_beside_every_schema_change_no_code", move || described(version))
    });
    libtest_mimic::run(&arguments, trials.chain(words).collect()).exit_code()
}

fn converts(version: ApiVersion) -> Result<(), Failed> {
    let swagger = document(version)?;
    let openapi = convert::to_openapi(&swagger)?;
    same("operations", operations(&swagger), operations(&openapi))?;
    let names = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    same("schemas", names(&swagger["definitions"]), names(&openapi["components"]["schemas"]))?;
    for keyword in [
        "\"description\"",
        "\"required\":[",
        "\"required\":true",
        "\"enum\"",
        "\"x-go-name\"",
        "\"format\"",
    ] {
        let count = |value: &Value| value.to_string().matches(keyword).count();
        // A schema stands once for each media type, so nothing may become fewer.
        let (before, after) = (count(&swagger), count(&openapi));
        if after < before {
            return Err(format!("{keyword} {before} times before and {after} times after").into());
        }
    }
    Ok(())
}

fn same(what: &str, before: Vec<String>, after: Vec<String>) -> Result<(), Failed> {
    match before == after && !before.is_empty() {
        true => Ok(()),
        false => Err(format!("{what} before: {before:?}\nafter: {after:?}").into()),
    }
}

fn operations(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(_, item)| item.as_object().into_iter().flatten())
        .map(|(_, operation)| operation["operationId"].to_string())
        .collect()
}

fn prepares(version: ApiVersion) -> Result<(), Failed> {
    let prepared = Corrected::of(&document(version)?, version, Origin::Other)?.openapi;
    let findings: Vec<String> = lint::check(&prepared).iter().map(ToString::to_string).collect();
    if !findings.is_empty() {
        return Err(findings.join("\n").into());
    }
    let names = &prepared["components"]["schemas"]["ContainerSummary"]["properties"]["Names"];
    match names["description"].as_str() {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(format!("the description of a property was lost: {names}").into()),
    }
}

/// Words that document the API and change no code.
const PROSE: [&str; 10] = [
    "contact",
    "description",
    "example",
    "externalDocs",
    "license",
    "summary",
    "termsOfService",
    "title",
    "x-displayName",
    "x-logo",
];

/// Reads a document of `spec/`.
fn distilled(version: ApiVersion) -> Result<Value, Failed> {
    let path = format!("../spec/v{version}.json");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    Ok(swagger_reader::read(&text, "spec")?)
}

/// Prepares the upstream document and the one in `spec/`, and compares what is generated from.
fn prepares_the_same(version: ApiVersion) -> Result<(), Failed> {
    let own = Corrected::of(&distilled(version)?, version, Origin::Pinned)?.openapi;
    let other = Corrected::of(&document(version)?, version, Origin::Other)?.openapi;
    same_but_prose(&own, &other, &Pointer::root())
}

/// Prepares a document with a description in each schema, as a document of another source may have.
fn described(version: ApiVersion) -> Result<(), Failed> {
    let own = distilled(version)?;
    let mut other = own.clone();
    describe(&mut other);
    let own = Corrected::of(&own, version, Origin::Pinned)?.openapi;
    let other = Corrected::of(&other, version, Origin::Other)?.openapi;
    same_but_prose(&own, &other, &Pointer::root())
}

fn describe(value: &mut Value) {
    if let Value::Object(object) = value {
        let is_schema =
            object.get("$ref").or_else(|| object.get("type")).is_some_and(Value::is_string);
        object.values_mut().for_each(describe);
        if is_schema {
            object.insert("description".to_owned(), "Words.".into());
        }
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(describe);
    }
}

fn same_but_prose(own: &Value, other: &Value, at: &Pointer) -> Result<(), Failed> {
    // A description beside a reference needs a schema around the reference.
    let (own, other) = match (own.get("$ref"), other.get("allOf").and_then(|all| all.get(0))) {
        (Some(_), Some(reference)) => (own, reference),
        _ => (own, other),
    };
    match (own, other) {
        (Value::Object(own), Value::Object(other)) => {
            let is_prose = |key: &str, value: &Value| PROSE.contains(&key) && value.is_string();
            for (key, member) in own.iter().filter(|(key, member)| !is_prose(key, member)) {
                let Some(other) = other.get(key) else {
                    return Err(format!("{at} lacks {key}").into());
                };
                same_but_prose(member, other, &at.child(key))?;
            }
            let more =
                other.keys().find(|key| !own.contains_key(*key) && !PROSE.contains(&key.as_str()));
            more.map_or(Ok(()), |key| Err(format!("{at} has {key} too").into()))
        }
        (Value::Array(own), Value::Array(other)) if own.len() == other.len() => {
            let mut pairs = own.iter().zip(other).enumerate();
            pairs.try_for_each(|(index, (own, other))| same_but_prose(own, other, &at.child(index)))
        }
        _ if own == other => Ok(()),
        _ => Err(format!("{at}: {own} and {other}").into()),
    }
}
