//! The command `api-compare OLD NEW`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api_compare::cli::{Options, OptionsError};
use api_compare::model::{Api, ReadError};
use api_compare::report::{Report, text};
use api_compare::rules::RULES;
use api_compare::{compare, page};
use clap::Parser;
use serde_json::Value;

/// Compares two versions of an HTTP API by their Swagger 2.0 documents, and reports what changed and what breaks
/// clients.
///
/// A change is `breaking` if a client that conforms to OLD can fail with a server that conforms to NEW, a `warning` if
/// the documents cannot decide that, and `info` otherwise. Documents are YAML or JSON files; references to other files
/// are not followed, and of vendor extensions only `x-nullable` is read.
#[derive(Parser)]
#[command(
    name = "api-compare",
    version,
    after_help = "\
Exit codes:
  0  the documents were compared, and --fail-on found nothing
  1  --fail-on found a change
  2  the command was called wrongly, a document cannot be read, or the report cannot be written

Examples:
  api-compare v1.yaml v2.yaml
  api-compare v1.yaml v2.yaml --fail-on breaking --format github
  api-compare v1.yaml v2.yaml --operation createItem
  api-compare v1.yaml v2.yaml --format markdown -o changes.md
  api-compare --list-rules"
)]
struct Args {
    /// The document of the older version.
    #[arg(required_unless_present = "list_rules", requires = "new")]
    old: Option<PathBuf>,
    /// The document of the newer version.
    new: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Lists the kinds of changes with their levels in what a client sends and receives.
    #[arg(long, conflicts_with = "old")]
    list_rules: bool,
}

/// The error of a comparison that could not be made.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Document(#[from] swagger_reader::Error),
    #[error("{} at {source}", path.display())]
    Model { path: PathBuf, source: ReadError },
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("cannot write {to}: {source}")]
    Write { to: String, source: std::io::Error },
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(failure)) => {
            eprintln!("error: {failure}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs the command, and returns the message of `--fail-on` if it found a change.
fn run(args: &Args) -> Result<Option<String>, Error> {
    let options = &args.options;
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        write(options, &text::rules(RULES))?;
        return Ok(None);
    };
    let (old, (new, title)) = (read(old)?.0, read(new)?);
    let apis = [old, new];
    let filter = options.filter(&apis)?;
    let report = Report::new(&title, &apis, |api| &api.label, &filter, compare);
    let settings = page::Settings { title: &title, rust: None };
    write(options, &options.render(&report, &filter, &apis, settings)?)?;
    Ok(options.failure(&report))
}

/// Reads a document, and returns the API and its title.
fn read(path: &Path) -> Result<(Api, String), Error> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::File { path: path.to_owned(), source })?;
    let document = swagger_reader::read(&text, &name)?;
    let title = document.pointer("/info/title").and_then(Value::as_str).unwrap_or("API").to_owned();
    let api = Api::read(name, &document)
        .map_err(|source| Error::Model { path: path.to_owned(), source })?;
    Ok((api, title))
}

fn write(options: &Options, report: &str) -> Result<(), Error> {
    options.write(report).map_err(|source| {
        let to = options.output.as_deref().map(|path| path.display().to_string());
        Error::Write { to: to.unwrap_or_else(|| "standard output".to_owned()), source }
    })
}
