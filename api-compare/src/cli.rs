//! The options of the command `api-compare`, for programs that offer them for documents from elsewhere (feature `cli`).

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::ValueEnum;

use crate::model::Api;
use crate::page;
use crate::report::{Filter, Report, github, json, markdown, text};
use crate::rules::Level;

/// Which changes are reported, in which format and to which file, and which of them are a failure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Reports only the changes that affect the operation with this id.
    #[arg(long, value_name = "ID")]
    pub operation: Option<String>,
    /// Reports only the changes of this field or parameter: a name, or a path with dots.
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,
    /// Reports only the changes of this level and worse ones.
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Sets the format of the report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Fails with exit code 1 if a reported change has this level or a worse one.
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<Level>,
    /// Writes the report to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Plain text of at most 80 columns, with colors on a terminal.
    Text,
    /// Markdown, for a pull request or a document.
    Markdown,
    /// JSON, for programs.
    Json,
    /// Annotations for a GitHub Actions workflow.
    Github,
    /// An HTML page to search and browse all versions. It needs neither a network nor a server.
    Html,
}

/// The error of an option that does not fit the documents or another option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// No version has an operation with the id of `--operation`.
    #[error("--operation {id}: no version has this operation{}", suggestion(.similar))]
    UnknownOperation {
        /// The id.
        id: String,
        /// The ids that contain it, ignoring case.
        similar: Vec<String>,
    },
    /// The HTML page always shows all changes.
    #[error(
        "--format html cannot be used with --operation, --field or --level: the page has a search"
    )]
    PageIsNotFiltered,
}

fn suggestion(similar: &[String]) -> String {
    match similar {
        [] => String::new(),
        similar => format!("; did you mean {}?", similar.join(", ")),
    }
}

impl Options {
    /// Returns the filter that these options select for a comparison of these versions.
    ///
    /// # Errors
    ///
    /// Returns an error if no version has the operation (a report on it would otherwise be empty), or if the format
    /// takes no filter.
    pub fn filter(&self, apis: &[Api]) -> Result<Filter, OptionsError> {
        let filter = Filter {
            operation: self.operation.clone(),
            field: self.field.clone(),
            level: self.level,
            usage: None,
        };
        if self.format == Format::Html && filter != Filter::default() {
            return Err(OptionsError::PageIsNotFiltered);
        }
        let Some(id) = &self.operation else { return Ok(filter) };
        if apis.iter().any(|api| api.operations.contains_key(id)) {
            return Ok(filter);
        }
        let lower = id.to_lowercase();
        let ids = apis.iter().flat_map(|api| api.operations.keys());
        let mut similar: Vec<String> =
            ids.filter(|id| id.to_lowercase().contains(&lower)).cloned().collect();
        similar.sort_unstable();
        similar.dedup();
        Err(OptionsError::UnknownOperation { id: id.clone(), similar })
    }

    /// Renders the report in the format of these options. The HTML page is made from `apis`.
    ///
    /// # Errors
    ///
    /// Returns an error if the report cannot be written as JSON, which is not expected to happen.
    pub fn render(
        &self,
        report: &Report,
        filter: &Filter,
        apis: &[Api],
        settings: page::Settings<'_>,
    ) -> Result<String, serde_json::Error> {
        match self.format {
            Format::Text => Ok(text::render(report, filter, self.is_colored())),
            Format::Markdown => Ok(markdown::render(report)),
            Format::Json => json::render(report),
            Format::Github => Ok(github::render(report)),
            Format::Html => page::render(&apis.iter().collect::<Vec<_>>(), settings),
        }
    }

    /// Returns the message of a failure if a change of the report has the level of `--fail-on` or a worse one.
    pub fn failure(&self, report: &Report) -> Option<String> {
        let level = self.fail_on?;
        if report.worst()? < level {
            return None;
        }
        let summary = report.comparisons().last()?.summary();
        Some(format!("--fail-on {level}: {summary}"))
    }

    /// Writes the report to the file of `--output`, whose missing directories are created, or to standard output.
    ///
    /// A file that already has these contents is not written, and keeps its modification time. It is not an error if
    /// the reader of standard output has closed it.
    ///
    /// # Errors
    ///
    /// Returns an error if the file or standard output cannot be written. The error does not name the file.
    pub fn write(&self, report: &str) -> io::Result<()> {
        if let Some(path) = &self.output {
            return write_file(path, report);
        }
        match io::stdout().write_all(report.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Returns whether to mark levels with colors. Ref: <https://no-color.org>
    fn is_colored(&self) -> bool {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.output.is_none() && !refused && io::stdout().is_terminal()
    }
}

fn write_file(path: &Path, contents: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == contents.as_bytes()) {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, contents)
}
