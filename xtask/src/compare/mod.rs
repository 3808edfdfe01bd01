//! `cargo xtask compare`: compares API versions, or the crates that are generated from them.

mod code;
mod source;
mod surface;
mod usage;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use api_compare::{
    cli::{Format, Options},
    compare,
    model::Api,
    page,
    report::{Report, text},
    rules::RULES,
    usage::Usage,
};
use codegen::versions::{ApiVersion, Selection, VersionRange};

pub(crate) use source::EXTENSIONS;
use source::Source;
use surface::compare_code;
use usage::UsageArgs;

use crate::exit::bad_call;
use crate::{package, workspace};

/// Compares two API versions, and reports what changed and what breaks clients.
///
/// A version is a number such as 1.52, which is read from `spec/`, or a Swagger 2.0 document, YAML or JSON: the path of a file or
/// an HTTP URL.
///
/// Exit code 0: the versions were compared. 1: `--fail-on` found a change, or the command failed. 2: the command was called
/// wrongly.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask compare 1.41 1.52\n  \
    cargo xtask compare 1.41 1.52 --operation ContainerCreate\n  \
    cargo xtask compare --range 1.35..1.52 --format markdown -o changes.md\n  \
    cargo xtask compare 1.41 1.52 --used usage.json\n  \
    cargo xtask compare --used-in ../my-program --engine 20.10\n  \
    cargo xtask compare spec/v1.52.json my-engine.yaml --fail-on breaking")]
pub(crate) struct Args {
    /// The older version.
    #[arg(required_unless_present_any = ["range", "list_rules", "engine"], requires = "new")]
    old: Option<String>,
    /// The newer version.
    new: Option<String>,
    /// Compares each version of a range with the next one, and its ends: 1.35..1.52, or all.
    #[arg(long, value_name = "RANGE", conflicts_with = "old")]
    range: Option<Selection>,
    #[command(flatten)]
    options: Options,
    /// Compares the crates that are generated from the versions: what changes for programs that use docker-api.
    #[arg(long, conflicts_with = "operation")]
    rust: bool,
    #[command(flatten)]
    usage: UsageArgs,
    /// Lists which parts of what a program uses this engine does not know: a release such as 20.10, or its newest API
    /// version.
    #[arg(long, value_name = "ENGINE", requires = "UsageArgs", conflicts_with_all = ["old", "range", "rust", "list_rules", "operation", "field", "level"])]
    engine: Option<String>,
    /// Lists the kinds of changes with their levels in what a client sends and receives.
    #[arg(long, conflicts_with_all = ["old", "range"])]
    list_rules: bool,
}

/// The name of the API in titles.
const TITLE: &str = "Engine API";

/// The settings of the HTML page.
const SETTINGS: page::Settings<'static> =
    page::Settings { title: TITLE, rust: Some(&codegen::casing::snake) };

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let options = &args.options;
    if options.format == Format::Html && args.rust {
        return Err(bad_call("--format html cannot be used with --rust"));
    }
    if args.list_rules {
        return write(options, &text::rules(&[RULES, surface::RULES].concat()));
    }
    if let Some(engine) = &args.engine {
        return check_engine(args, engine);
    }
    let sources = sources(args)?;
    let apis = sources.iter().map(Source::api).collect::<Result<Vec<_>>>()?;
    let mut filter = options.filter(&apis).map_err(|error| bad_call(error.to_string()))?;
    filter.usage = args.usage.read(&apis)?;
    if let Some(usage) = &filter.usage {
        if args.rust || options.format == Format::Html {
            return Err(bad_call(
                "--used and --used-in cannot be used with --rust or --format html",
            ));
        }
        note_operations_without_document(usage, &apis);
    }
    let report = if args.rust {
        let crates = code::generate(&sources)?;
        Report::new(
            TITLE,
            &crates,
            |one| one.label,
            &filter,
            |old, new| compare_code(&old.surface, &new.surface),
        )
    } else {
        Report::new(TITLE, &apis, |api| &api.label, &filter, compare)
    };
    write(options, &options.render(&report, &filter, &apis, SETTINGS)?)?;
    match options.failure(&report) {
        Some(failure) => bail!(failure),
        None => Ok(()),
    }
}

/// Says on standard error which used operations are left out, because no document has them.
fn note_operations_without_document(usage: &Usage, apis: &[Api]) {
    for id in usage.operations.keys() {
        if apis.iter().all(|api| !api.operations.contains_key(id)) {
            eprintln!("note: no document has the operation {id}, so that it is left out");
        }
    }
}

/// Prints what an engine does not know of what a program uses.
fn check_engine(args: &Args, engine: &str) -> Result<()> {
    let options = &args.options;
    let root = workspace::root();
    let versions = package::versions(&root)?;
    let apis = versions.iter().map(|version| Source::read(&root, &version.to_string())?.api());
    let apis = apis.collect::<Result<Vec<_>>>()?;
    // `UsageArgs` is required with --engine.
    let usage = args.usage.read(&apis)?.unwrap_or_default();
    note_operations_without_document(&usage, &apis);
    let apis: Vec<(ApiVersion, Api)> = versions.into_iter().zip(apis).collect();
    let unknown = usage::unknown_to(engine, &usage, &root, &apis)?;
    let text = match options.format {
        Format::Text => unknown.text(),
        Format::Json => serde_json::to_string_pretty(&unknown)? + "\n",
        _ => return Err(bad_call("--engine can be used with --format text or json")),
    };
    write(options, &text)?;
    match options.fail_on {
        Some(level) if !unknown.is_empty() => bail!("--fail-on {level}: {}", unknown.summary()),
        _ => Ok(()),
    }
}

/// Reads the versions to compare, in order.
fn sources(args: &Args) -> Result<Vec<Source>> {
    let root = workspace::root();
    if let (Some(old), Some(new)) = (&args.old, &args.new) {
        // The page also shows the versions between the two.
        if let (Format::Html, Ok(first), Ok(last)) =
            (args.options.format, old.parse::<ApiVersion>(), new.parse::<ApiVersion>())
            && let Some(range) = VersionRange::new(first, last)
        {
            return range_of(&root, &Selection::Range(range));
        }
        return Ok(vec![Source::read(&root, old)?, Source::read(&root, new)?]);
    }
    match &args.range {
        Some(range) => range_of(&root, range),
        None => Err(bad_call("expected two versions, or --range")),
    }
}

/// Reads the versions of a range, oldest first.
fn range_of(root: &Path, range: &Selection) -> Result<Vec<Source>> {
    let versions =
        range.resolve(&package::versions(root)?).map_err(|error| bad_call(error.to_string()))?;
    if versions.len() < 2 {
        return Err(bad_call(format!(
            "{range} contains {} version; comparing needs two",
            versions.len()
        )));
    }
    versions.iter().map(|version| Source::read(root, &version.to_string())).collect()
}

fn write(options: &Options, text: &str) -> Result<()> {
    options.write(text).with_context(|| match &options.output {
        Some(path) => format!("cannot write {}", path.display()),
        None => "cannot write to standard output".to_owned(),
    })
}
