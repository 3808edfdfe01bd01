//! `cargo xtask versions`: writes which API versions there are to the places outside of `spec/` that state it.
//!
//! These are the bound of docker-client's dependency on docker-api, and the table of engines in README.md. Both follow
//! `spec/`, so that a new version needs no edit by hand.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use codegen::versions::ApiVersion;
use serde::Deserialize;

use crate::{files, package, pages, workspace};

/// Writes the API versions of `spec/` to the other places that state them: README.md (the table of engines) and
/// Cargo.toml (the newest docker-api that docker-client takes).
///
/// Exit code 0: written, or up to date. 1: `--check` found a file stale, or spec/engines.toml lacks a version. 2: wrong
/// usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if README.md or Cargo.toml is stale
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let newest = package::newest(&root)?;
    let table = table(&root, newest)?;
    // Both are made before one is written.
    let readme = changed(&root, "README.md", |text| with_table(text, &table))?;
    let manifest = changed(&root, "Cargo.toml", |text| with_bound(text, newest))?;
    for (name, text) in [("README.md", readme), ("Cargo.toml", manifest)] {
        pages::write_or_check(&root, name, &text, args.check, "cargo xtask versions")?;
    }
    Ok(())
}

/// The file's text with the change.
fn changed(root: &Path, name: &str, change: impl Fn(&str) -> Result<String>) -> Result<String> {
    change(&files::read(&root.join(name))?).with_context(|| name.to_owned())
}

/// `spec/engines.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Engines {
    engine: Vec<Engine>,
}

/// The entries of `spec/engines.toml`.
pub(crate) fn engines(root: &Path) -> Result<Vec<Engine>> {
    let path = root.join("spec/engines.toml");
    let engines: Engines = toml::from_str(&files::read(&path)?).context("spec/engines.toml")?;
    Ok(engines.engine)
}

/// Releases of the engine that follow each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Engine {
    /// The releases, as people name them.
    pub(crate) releases: String,
    /// The oldest version that they accept.
    oldest: ApiVersion,
    /// The newest version of the first and of the last of them.
    pub(crate) newest: [ApiVersion; 2],
}

/// The table of README.md.
fn table(root: &Path, newest: ApiVersion) -> Result<String> {
    render(&engines(root)?, newest).context("spec/engines.toml")
}

fn render(engines: &[Engine], newest: ApiVersion) -> Result<String> {
    let mut table =
        String::from("| engine | newest API | refuses API below | crate |\n|---|---|---|---|\n");
    let mut next = package::OLDEST_SUPPORTED;
    for Engine { releases, oldest, newest: [first, last] } in engines {
        ensure!(
            *first == next && last >= first,
            "{releases}: expected newest to begin with {next}, found {first} to {last}"
        );
        next = ApiVersion::new(last.major, last.minor + 1);
        let crates = [first, last].map(|version| format!("0.{}", version.minor));
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {releases} | {} | {oldest} | `docker-api` {} |",
            range(*first, *last),
            range(&crates[0], &crates[1]),
        );
    }
    ensure!(
        next.minor == newest.minor + 1,
        "no release has API {newest}, the newest in spec/versions.toml: add its first release"
    );
    Ok(table)
}

/// `first to last`, or the only one.
fn range<T: PartialEq + std::fmt::Display>(first: T, last: T) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

const BEGIN: &str = "<!-- Written by `cargo xtask versions` from spec/engines.toml. -->\n\n";
const END: &str = "\n<!-- End of the table of engines. -->";

/// README.md with this table between its two markers.
fn with_table(text: &str, table: &str) -> Result<String> {
    let (before, rest) =
        text.split_once(BEGIN).context("no comment before the table of engines")?;
    let (_, after) = rest.split_once(END).context("no comment behind the table of engines")?;
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// The workspace's Cargo.toml with a bound on docker-api that includes `newest` and nothing later.
fn with_bound(text: &str, newest: ApiVersion) -> Result<String> {
    let line = text.lines().find(|line| line.starts_with("docker-api = "));
    let line = line.context("no dependency docker-api in [workspace.dependencies]")?;
    let (before, rest) = line.split_once(", <").context("docker-api has no upper bound")?;
    let (_, after) = rest.split_once('"').context("the bound of docker-api has no end")?;
    Ok(text.replacen(line, &format!("{before}, <0.{}\"{after}", newest.minor + 1), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(releases: &str, newest: [u32; 2]) -> Engine {
        Engine {
            releases: releases.to_owned(),
            oldest: ApiVersion::new(1, 12),
            newest: newest.map(|minor| ApiVersion::new(1, minor)),
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_entry() {
        let engines = [engine("17.12 to 18.09", [35, 39]), engine("19.03", [40, 40])];
        assert_eq!(
            render(&engines, ApiVersion::new(1, 40)).unwrap(),
            "| engine | newest API | refuses API below | crate |\n\
             |---|---|---|---|\n\
             | 17.12 to 18.09 | 1.35 to 1.39 | 1.12 | `docker-api` 0.35 to 0.39 |\n\
             | 19.03 | 1.40 | 1.12 | `docker-api` 0.40 |\n"
        );
    }

    #[test]
    fn a_version_without_an_engine_is_named() {
        let error = render(&[engine("17.12", [35, 39])], ApiVersion::new(1, 40)).unwrap_err();
        assert!(error.to_string().contains("no release has API 1.40"), "{error}");
        let gap = [engine("17.12", [35, 35]), engine("18.06", [38, 38])];
        let error = render(&gap, ApiVersion::new(1, 38)).unwrap_err().to_string();
        assert!(error.contains("18.06: expected newest to begin with 1.36"), "{error}");
    }

    #[test]
    fn only_the_table_and_the_bound_change() {
        let readme = format!("before\n{BEGIN}| old |\n{END}\nafter\n");
        assert_eq!(
            with_table(&readme, "| new |\n").unwrap(),
            format!("before\n{BEGIN}| new |\n{END}\nafter\n")
        );
        let manifest = "a = \"1\"\ndocker-api = { path = \"x\", version = \">=0.35, <0.56\" }\n";
        assert_eq!(
            with_bound(manifest, ApiVersion::new(1, 56)).unwrap(),
            manifest.replace("<0.56", "<0.57")
        );
        assert!(with_bound("docker-api = \"0.52\"\n", ApiVersion::new(1, 56)).is_err());
    }
}
