//! `spec/` holds what distilling the upstream documents gives, and facts only.
//!
//! The upstream documents are not part of the project: where their directory is missing, the tests that need them are
//! reported as ignored.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use codegen::distill::unread::{Fact, UnreadList};
use codegen::distill::{self, Unread};
use swagger_reader::Pointer;

use codegen::versions::{ApiVersion, Pins};
use engines::trial::unless;
use engines::upstream;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};

fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

fn text(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn committed(version: ApiVersion) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&text(&spec().join(format!("v{version}.json")))?)?)
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let versions =
        match text(&spec().join("versions.toml")).map(|text| Pins::read(&text, "versions.toml")) {
            Ok(Ok(pins)) => pins.known(),
            other => {
                eprintln!("error: no pins: {other:?}");
                return ExitCode::FAILURE;
            }
        };
    let missing = upstream::missing();
    let again = versions.iter().map(|&version| {
        let name = format!("distilling_{version}_again_gives_the_same_bytes");
        unless(missing.as_deref(), name, move || distil_again(version))
    });
    let facts = versions.iter().map(|&version| {
        Trial::test(format!("document_{version}_holds_facts_only"), move || {
            holds_facts_only(version)
        })
    });
    let all = versions.clone();
    let others = [
        Trial::test("every_version_has_a_document_and_no_other_has_one", move || {
            every_version(&all)
        }),
        Trial::test("what_the_prose_states_is_found_in_its_place", facts_in_their_places),
    ];
    libtest_mimic::run(&arguments, again.chain(facts).chain(others).collect()).exit_code()
}

fn distil_again(version: ApiVersion) -> Result<(), Failed> {
    let name = format!("v{version}.yaml");
    let distilled = distill::distill(&swagger_reader::read(
        &text(&upstream::directory().join(&name))?,
        &name,
    )?)?;
    let file = spec().join(format!("v{version}.json"));
    if distill::to_text(&distilled.document) != text(&file)? {
        return Err(format!("{} is stale: run `cargo xtask fetch all`", file.display()).into());
    }
    let list = UnreadList::read(&text(&spec().join("unread.json"))?, "unread.json")?;
    let listed: BTreeSet<(String, Fact)> =
        list.of(version).map(|(at, fact)| (at.to_owned(), fact)).collect();
    let found: BTreeSet<(String, Fact)> = distilled
        .unread
        .iter()
        .map(|Unread { pointer, fact }| (pointer.as_str().to_owned(), *fact))
        .collect();
    if listed != found {
        return Err(format!(
            "unread.json is stale: it lists {listed:#?}, and unread are {found:#?}"
        )
        .into());
    }
    Ok(())
}

fn holds_facts_only(version: ApiVersion) -> Result<(), Failed> {
    let document = committed(version)?;
    if document["info"] != json!({"version": version.to_string()}) {
        return Err(
            format!("/info holds more than the version, or another: {}", document["info"]).into()
        );
    }
    check(&document, &Pointer::root())
}

/// Prose is a string under one of these keys, or so long that it can be nothing else.
fn check(value: &Value, at: &Pointer) -> Result<(), Failed> {
    const PROSE: [&str; 5] = ["description", "summary", "example", "examples", "externalDocs"];
    match value {
        Value::Object(object) => {
            if !object.keys().is_sorted() {
                return Err(format!("the keys of {at} are not sorted").into());
            }
            for (key, member) in object {
                let at = at.child(key);
                if PROSE.contains(&key.as_str()) && !member.is_object() {
                    return Err(format!("prose at {at}: {member}").into());
                }
                check(member, &at)?;
            }
            Ok(())
        }
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| check(item, &at.child(index)))
        }
        Value::String(text) if text.split(' ').count() > 4 => {
            Err(format!("prose at {at}: {text}").into())
        }
        _ => Ok(()),
    }
}

fn every_version(versions: &[ApiVersion]) -> Result<(), Failed> {
    let expected: BTreeSet<String> =
        versions.iter().map(|version| format!("v{version}.json")).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(spec())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with('v') && name.ends_with(".json") {
            found.insert(name);
        }
    }
    if expected != found {
        return Err(format!("versions.toml pins {expected:?}, and spec/ holds {found:?}").into());
    }
    Ok(())
}

/// Facts that users depend on, each at the place where it is expected.
fn facts_in_their_places() -> Result<(), Failed> {
    let parameter = |version: u32, path: &str, method: &str, name: &str| -> Result<Value, Failed> {
        let document = committed(ApiVersion::new(1, version))?;
        let parameters =
            document["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        parameters
            .into_iter()
            .find(|parameter| parameter["name"] == name)
            .ok_or_else(|| format!("no parameter {name} of {method} {path} in 1.{version}").into())
    };
    let property = |version: u32, schema: &str, name: &str| -> Result<Value, Failed> {
        Ok(committed(ApiVersion::new(1, version))?["definitions"][schema]["properties"][name]
            .take())
    };
    let list = parameter(52, "/containers/json", "get", "filters")?;
    for (found, expected) in [
        (property(52, "Resources", "Memory")?["x-unit"].take(), json!("bytes")),
        (property(52, "Resources", "NanoCpus")?["x-unit"].take(), json!("nano-cpus")),
        (property(25, "Resources", "CpuPeriod")?["x-unit"].take(), json!("microseconds")),
        (property(52, "HealthConfig", "Timeout")?["x-unit"].take(), json!("nanoseconds")),
        (property(52, "ContainerConfig", "StopTimeout")?["x-unit"].take(), json!("seconds")),
        (property(52, "ImageSummary", "Created")?["x-unit"].take(), json!("unix-seconds")),
        (property(52, "Resources", "CpuCount")?["x-platform"].take(), json!("windows")),
        (property(52, "ContainerMemoryStats", "failcnt")?["x-platform"].take(), json!("linux")),
        (
            property(43, "ImageInspect", "VirtualSize")?["x-deprecated"].take(),
            json!({"removed-in": "1.44"}),
        ),
        (
            property(44, "ContainerConfig", "MacAddress")?["x-deprecated"].take(),
            json!({"since": "1.44"}),
        ),
        (property(51, "AuthConfig", "email")?["x-deprecated"].take(), json!({"since": "1.23"})),
        (
            parameter(48, "/build/prune", "post", "keep-storage")?["x-deprecated"].take(),
            json!({"removed-in": "1.52"}),
        ),
        (parameter(52, "/containers/{id}/stop", "post", "t")?["x-unit"].take(), json!("seconds")),
        (parameter(30, "/volumes/prune", "post", "filters")?["x-filters"].take(), json!(["label"])),
        (parameter(25, "/containers/prune", "post", "filters")?["x-filters"].take(), json!([])),
        (
            list["x-filters"].clone(),
            json!([
                "ancestor",
                "before",
                "exited",
                "expose",
                "health",
                "id",
                "is-task",
                "isolation",
                "label",
                "name",
                "network",
                "publish",
                "since",
                "status",
                "volume"
            ]),
        ),
        // A share of memory, a count and a name have no unit.
        (property(52, "Resources", "MemorySwappiness")?["x-unit"].take(), Value::Null),
        (property(52, "HealthConfig", "Retries")?["x-unit"].take(), Value::Null),
        (property(52, "ContainerSummary", "Image")?["x-unit"].take(), Value::Null),
    ] {
        if found != expected {
            return Err(format!("expected {expected}, found {found}").into());
        }
    }
    Ok(())
}
