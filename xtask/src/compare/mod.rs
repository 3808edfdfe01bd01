//! `cargo xtask compare`: what changes from one API version to another.

mod code;
mod source;
mod surface;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use api_compare::{
    Change, compare,
    model::Api,
    page,
    report::{Comparison, Filter, Report, github, json, markdown, text},
    rules::{Level, RULES},
};
use clap::ValueEnum;
use codegen::versions::{ApiVersion, Selection, VersionRange};

use source::Source;
use surface::compare_code;

use crate::{exit::bad_call, files, package, workspace};

/// Says what changes from one API version to another, and what it means for a client.
///
/// A version is a number such as 1.52, read from `spec/`, or a Swagger 2.0 document of your own, YAML or JSON: a file,
/// or its address on the web.
///
/// Exit code 0: compared. 1: `--fail-on` found something, or it failed. 2: called wrongly.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask compare 1.41 1.52\n  \
    cargo xtask compare 1.41 1.52 --operation ContainerCreate\n  \
    cargo xtask compare --range 1.35..1.52 --format markdown -o changes.md\n  \
    cargo xtask compare spec/v1.52.json my-engine.yaml --fail-on breaking")]
pub(crate) struct Args {
    /// The version to start from.
    #[arg(required_unless_present_any = ["range", "list_rules"], requires = "new")]
    old: Option<String>,
    /// The version to arrive at.
    new: Option<String>,
    /// Compares each step of a range, such as 1.35..1.52 or all, and its ends.
    #[arg(long, value_name = "RANGE", conflicts_with = "old")]
    range: Option<Selection>,
    /// Shows only what this operation meets, by its id.
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Shows only what touches this field or parameter: a name, or a path with dots.
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Shows only this level and worse ones.
    #[arg(long, value_name = "LEVEL")]
    level: Option<AtLeast>,
    /// Compares what is generated instead: what changes in the code of a program that uses docker-api.
    #[arg(long, conflicts_with = "operation")]
    rust: bool,
    /// How the result is written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Ends with exit code 1 if a shown change has this level or a worse one.
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<AtLeast>,
    /// Writes the result to a file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Lists the rules: what they mean for what a client sends and receives, and what they say.
    #[arg(long, conflicts_with_all = ["old", "range"])]
    list_rules: bool,
}

/// The name of the API in titles.
const TITLE: &str = "Engine API";

/// What the page shows that the documents do not say.
const SETTINGS: page::Settings<'static> =
    page::Settings { title: TITLE, rust: &codegen::casing::snake };

#[derive(Clone, Copy, ValueEnum)]
enum AtLeast {
    Breaking,
    Warning,
    Info,
}

impl AtLeast {
    fn level(self) -> Level {
        match self {
            Self::Breaking => Level::Breaking,
            Self::Warning => Level::Warning,
            Self::Info => Level::Info,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal, 80 columns.
    Text,
    /// For a pull request or a document.
    Markdown,
    /// For programs; see docs/compare.schema.json.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
    /// One page with all versions from the one to the other, to search and browse; needs no server.
    Html,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.format == Format::Html
        && (args.rust || args.operation.is_some() || args.field.is_some() || args.level.is_some())
    {
        return Err(bad_call(
            "--format html takes no --operation, --field, --level or --rust: the page holds everything and searches it",
        ));
    }
    if args.list_rules {
        return write(args, &text::rules(&[RULES, surface::RULES].concat()));
    }
    let sources = sources(args)?;
    let apis = sources.iter().map(Source::api).collect::<Result<Vec<_>>>()?;
    let filter = Filter {
        operation: args.operation.clone(),
        field: args.field.clone(),
        level: args.level.map(AtLeast::level),
    };
    if let Some(operation) = &filter.operation {
        known(operation, &apis)?;
    }
    let report = if args.rust {
        let crates = code::generate(&sources)?;
        report(
            &crates,
            |one| one.label,
            &filter,
            |old, new| Ok(compare_code(&old.files, &new.files)?),
        )?
    } else {
        report(&apis, |api| &api.label, &filter, |old, new| Ok(compare(old, new)))?
    };
    let written = match args.format {
        Format::Text => text::render(&report, &filter, colored(args)),
        Format::Markdown => markdown::render(&report),
        Format::Json => json::render(&report)?,
        Format::Github => github::render(&report),
        Format::Html => page::render(&apis.iter().collect::<Vec<_>>(), SETTINGS)?,
    };
    write(args, &written)?;
    match (args.fail_on.map(AtLeast::level), report.worst()) {
        (Some(level), Some(worst)) if worst >= level => {
            let count = report.comparisons().last().map(Comparison::summary).unwrap_or_default();
            bail!("--fail-on {level}: {count}");
        }
        _ => Ok(()),
    }
}

/// The versions that are compared, in their order.
fn sources(args: &Args) -> Result<Vec<Source>> {
    let root = workspace::root();
    if let (Some(old), Some(new)) = (&args.old, &args.new) {
        // The page shows what happened between two versions too.
        if let (Format::Html, Ok(first), Ok(last)) =
            (args.format, old.parse::<ApiVersion>(), new.parse::<ApiVersion>())
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

/// The versions of a range, oldest first.
fn range_of(root: &Path, range: &Selection) -> Result<Vec<Source>> {
    let versions =
        range.resolve(&package::versions(root)?).map_err(|error| bad_call(error.to_string()))?;
    if versions.len() < 2 {
        return Err(bad_call(format!(
            "{range} holds {} version; comparing needs two",
            versions.len()
        )));
    }
    versions.iter().map(|version| Source::read(root, &version.to_string())).collect()
}

/// Refuses an operation that no version has: a typo would look like "no changes".
fn known(operation: &str, apis: &[Api]) -> Result<()> {
    if apis.iter().any(|api| api.operations.contains_key(operation)) {
        return Ok(());
    }
    let lower = operation.to_lowercase();
    let ids = apis.iter().flat_map(|api| api.operations.keys());
    let mut near: Vec<&str> =
        ids.filter(|id| id.to_lowercase().contains(&lower)).map(String::as_str).collect();
    near.sort_unstable();
    near.dedup();
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(", "))
    };
    Err(bad_call(format!("--operation {operation}: no such operation{hint}")))
}

/// Compares neighbours, and the first with the last.
fn report<'a, T>(
    versions: &'a [T],
    label: impl Fn(&'a T) -> &'a str,
    filter: &Filter,
    compare: impl Fn(&T, &T) -> Result<Vec<Change>>,
) -> Result<Report> {
    let comparison = |old: &'a T, new: &'a T| -> Result<Comparison> {
        let changes =
            compare(old, new)?.into_iter().filter_map(|change| filter.take(change)).collect();
        Ok(Comparison { from: label(old).to_owned(), to: label(new).to_owned(), changes })
    };
    let steps = versions.iter().zip(versions.iter().skip(1)).map(|(old, new)| comparison(old, new));
    let steps = steps.collect::<Result<Vec<_>>>()?;
    let total = match versions {
        [first, _, .., last] => Some(comparison(first, last)?),
        _ => None,
    };
    Ok(Report { title: TITLE.to_owned(), steps, total })
}

/// Whether to mark levels with colours. Ref: <https://no-color.org>
fn colored(args: &Args) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    args.output.is_none() && !refused && std::io::stdout().is_terminal()
}

fn write(args: &Args, text: &str) -> Result<()> {
    if let Some(path) = &args.output {
        files::write_if_changed(path, text)?;
        return Ok(());
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        // The reader has seen enough: `… | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}
