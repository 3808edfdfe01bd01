//! The upstream documents, with all their prose, go the same way as the distilled ones.
//!
//! They are not part of the project: where their folder is missing, these tests are reported as ignored.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use codegen::versions::{ApiVersion, Pins};
use codegen::{convert, generate, lint};
use engines::trial::unless;
use engines::upstream;
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

fn document(version: ApiVersion) -> Result<Value, Failed> {
    let name = format!("v{version}.yaml");
    Ok(swagger_reader::read(&fs::read_to_string(upstream::folder().join(&name))?, &name)?)
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
    let trials = versions.into_iter().flat_map(|version| {
        [
            unless(missing, format!("document_{version}_converts_and_loses_nothing"), move || {
                converts(version)
            }),
            unless(missing, format!("document_{version}_has_no_faults_once_prepared"), move || {
                prepares(version)
            }),
        ]
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
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
    let (prepared, _) = generate::prepare(&document(version)?, version)?;
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
