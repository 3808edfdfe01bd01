//! `cargo xtask truth --engine`: reads an engine at an address, and compares its responses with the generated types.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use engines::error::{Error, chain};
use engines::http::Address;
use engines::setup;
use engines::truth::{Engine, Record};

use super::findings::Findings;
use super::recordings::Replies;
use super::scrubbed::{self, Report};
use super::{compare, program};
use xtask::exit::bad_call;
use xtask::package;
use xtask::progress::Progress;

/// What the command was asked for.
pub(super) struct Request<'a> {
    pub(super) address: &'a str,
    pub(super) version: Option<ApiVersion>,
    pub(super) read_only: bool,
    pub(super) json: bool,
}

/// Reads the engine and prints the report.
pub(super) fn run(root: &Path, request: &Request<'_>) -> Result<()> {
    let address = Address::parse(request.address)
        .ok_or_else(|| bad_call(format!("{}: expected unix:// or tcp://", request.address)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let engine = runtime.block_on(Engine::at(address)).map_err(|error| failed(&error))?;
    let info = engine.info();
    let offered = Offered {
        oldest: info.min_api_version.parse().context("the engine's oldest API version")?,
        newest: info.api_version.parse().context("the engine's newest API version")?,
    };
    let version = offered.choose(request.version, package::newest(root)?)?;

    let mut progress = Progress::new("truth", 3);
    progress.step("compiling the types");
    let program = program::build(root, &[version])?;
    let program = program.get(&version).context("a version without a program")?;
    progress.step("reading the engine");
    let record = runtime.block_on(record(&engine, version, root, request.read_only));
    let record = record.map_err(|error| failed(&error))?;
    progress.step("comparing");
    let refused = record.refusals.iter().map(scrubbed::refusal).collect();
    let replies = Replies::from(record);
    let document = package::document(root, version)?;
    let document = Corrected::of(&document, version, Origin::Pinned)?.openapi;
    let findings = Findings::of(&replies, program, &document, compare::kind)?;
    drop(progress);

    let report = Report {
        engine: info.name.clone(),
        engine_version: info.version.clone(),
        oldest: offered.oldest,
        newest: offered.newest,
        version,
        read_only: request.read_only,
        refused,
        findings: &findings,
    };
    if request.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", report.markdown());
    }
    match report.defects() {
        0 => Ok(()),
        count => bail!("{count} places differ from what the engine sends"),
    }
}

async fn record(
    engine: &Engine,
    version: ApiVersion,
    root: &Path,
    read_only: bool,
) -> engines::error::Result<Record> {
    if read_only {
        return engine.read(version.minor).await;
    }
    let packages = match setup::provide(&root.join("target/engines"), &|_| {}) {
        Ok(packages) => Some(packages),
        Err(Error::Unavailable(_)) => None,
        Err(error) => return Err(error),
    };
    engine.exercise(version.minor, packages.as_ref()).await
}

fn failed(error: &Error) -> anyhow::Error {
    anyhow!("{}", chain(error))
}

/// The API versions that the engine accepts.
struct Offered {
    oldest: ApiVersion,
    newest: ApiVersion,
}

impl Offered {
    /// The version to read the engine under: the requested one, or the newest of both sides.
    ///
    /// `known` is the newest version that can be generated.
    fn choose(&self, requested: Option<ApiVersion>, known: ApiVersion) -> Result<ApiVersion> {
        let Self { oldest, newest } = self;
        if *oldest > known {
            bail!(
                "the engine accepts API {oldest} to {newest}, and {known} is the newest in spec/versions.toml: add a later \
                 one, see \"Add an API version\" in CONTRIBUTING.md"
            );
        }
        if *newest < package::OLDEST_SUPPORTED {
            bail!(
                "the engine accepts API {oldest} to {newest}, and {} is the oldest that is supported: use a later engine",
                package::OLDEST_SUPPORTED
            );
        }
        let (first, last) = (package::OLDEST_SUPPORTED.max(*oldest), known.min(*newest));
        match requested {
            None => Ok(last),
            Some(version) if first <= version && version <= last => Ok(version),
            Some(version) => Err(bad_call(format!(
                "--api-version {version}: the engine accepts API {oldest} to {newest}, and spec/ has {} to {known}; use one \
                 from {first} to {last}",
                package::OLDEST_SUPPORTED
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: ApiVersion = ApiVersion::new(1, 56);

    fn choose(offered: [u32; 2], requested: Option<u32>) -> Result<ApiVersion, String> {
        let [oldest, newest] = offered.map(|minor| ApiVersion::new(1, minor));
        let requested = requested.map(|minor| ApiVersion::new(1, minor));
        Offered { oldest, newest }.choose(requested, KNOWN).map_err(|error| error.to_string())
    }

    #[test]
    fn the_newest_version_of_both_sides_is_taken() {
        assert_eq!(choose([12, 41], None), Ok(ApiVersion::new(1, 41)));
        assert_eq!(choose([40, 60], None), Ok(KNOWN));
        assert_eq!(choose([24, 51], Some(44)), Ok(ApiVersion::new(1, 44)));
    }

    #[test]
    fn an_engine_that_is_too_new_or_too_old_is_named() {
        let error = choose([57, 60], None).unwrap_err();
        assert!(
            error.starts_with("the engine accepts API 1.57 to 1.60, and 1.56 is the newest"),
            "{error}"
        );
        let error = choose([12, 30], None).unwrap_err();
        assert!(
            error.starts_with("the engine accepts API 1.12 to 1.30, and 1.35 is the oldest"),
            "{error}"
        );
    }

    #[test]
    fn a_version_that_one_side_lacks_names_those_of_both() {
        let error = choose([24, 51], Some(52)).unwrap_err();
        assert!(error.ends_with("use one from 1.35 to 1.51"), "{error}");
        let error = choose([44, 60], Some(41)).unwrap_err();
        assert!(error.ends_with("use one from 1.44 to 1.56"), "{error}");
    }
}
