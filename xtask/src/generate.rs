//! `cargo xtask generate`: generates the crate `docker-api` from a swagger document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use codegen::correct::Corrected;
use codegen::distill;
use codegen::fixup::Origin;
use codegen::generate::Output;
use codegen::versions::ApiVersion;

use crate::generator::Generator;
use crate::{exit::bad_call, files, manifest, package, workspace};

/// Generates the crate docker-api for an API version, offline, from spec/.
///
/// The command replaces the files of docker-api/, or with --out writes a separate crate, which builds outside of this
/// workspace. Only files that differ are written.
///
/// Exit code 0: written, or up to date. 1: the code cannot be generated, or `--check` found a file stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The API version, such as 1.41 [default: the version of docker-api/]
    #[arg(long, value_name = "VERSION")]
    api_version: Option<ApiVersion>,
    /// Write a crate for each version from 1.35 on, to DIR/1.35, DIR/1.36 and so on
    #[arg(long, requires = "out", conflicts_with_all = ["api_version", "from"])]
    all: bool,
    /// Write a separate crate to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The name of the crate that --out writes
    #[arg(long, requires = "out", default_value = "docker-api")]
    name: String,
    /// Read this Swagger 2.0 file, YAML or JSON, in place of a document of spec/; its descriptions become the documentation
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Write nothing; list the stale files, and fail if there are any
    #[arg(long)]
    check: bool,
    /// List the corrections that were made and the files that were written
    #[arg(short, long)]
    verbose: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let root = workspace::root();
    if args.all {
        return all(args, &root);
    }
    let generator = Generator::read(&root)?;
    let other = args.from.as_deref().map(|file| other(args, file)).transpose()?;
    let document = match &other {
        Some(other) => other,
        None => generator.document(match args.api_version {
            Some(version) => version,
            None => manifest::api_version(&root.join("docker-api/Cargo.toml"))?,
        })?,
    };
    let target = Target::of(args, &root, document.version)?;
    let output = generator.one(document)?;
    for absent in &document.fixups.absent {
        println!("note: fixup `{}` is not needed: {}", absent.fixup.name, absent.source);
    }
    target.write_or_check(args, document, &output, start.elapsed())
}

/// Generates every supported version.
fn all(args: &Args, root: &Path) -> Result<()> {
    let generator = Generator::read(root)?;
    let mut stale = Vec::new();
    let supported = generator.versions().filter(|version| *version >= package::OLDEST_SUPPORTED);
    generator.each(supported, |version, output, time| {
        let document = generator.document(version)?;
        let written =
            Target::of(args, root, version)?.write_or_check(args, document, &output, time);
        stale.extend(written.err().map(|error| error.context(format!("API {version}"))));
        Ok(())
    })?;
    match stale.into_iter().next() {
        Some(first) => Err(first),
        None => Ok(()),
    }
}

/// Returns the document of `--from`.
fn other(args: &Args, file: &Path) -> Result<Corrected> {
    let name = file.display().to_string();
    let document = swagger_reader::read(&files::read(file)?, &name)?;
    let document = distill::annotate(&document).with_context(|| name)?;
    let version = match args.api_version {
        Some(version) => version,
        None => document["info"]["version"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .with_context(|| format!("{} at /info/version", file.display()))?,
    };
    Corrected::of(&document, version, Origin::Other)
        .with_context(|| format!("cannot generate API {version}"))
}

/// The crate that is written.
struct Target {
    name: String,
    version: ApiVersion,
    directory: PathBuf,
    /// The third number of the crate's version.
    patch: u64,
    /// The files beside the generated ones: path below the directory and contents.
    beside: Vec<(PathBuf, String)>,
    /// The call that writes it.
    command: String,
}

impl Target {
    fn of(args: &Args, root: &Path, version: ApiVersion) -> Result<Self> {
        let home = root.join("docker-api");
        let manifest = home.join("Cargo.toml");
        let from = match &args.from {
            Some(file) => format!(" --from {}", file.display()),
            None => String::new(),
        };
        let Some(out) = &args.out else {
            let patch = manifest::patch(&manifest, version)?;
            return Ok(Self {
                name: "docker-api".to_owned(),
                version,
                directory: home,
                patch,
                beside: vec![(
                    PathBuf::from("Cargo.toml"),
                    manifest::with_version(&files::read(&manifest)?, version, patch)
                        .context("docker-api/Cargo.toml")?,
                )],
                command: format!("cargo xtask generate --api-version {version}{from}"),
            });
        };
        if out.canonicalize().is_ok_and(|out| home.canonicalize().is_ok_and(|home| out == home)) {
            return Err(bad_call(
                "--out names docker-api itself: leave it out to replace docker-api in place",
            ));
        }
        Ok(Self {
            name: args.name.clone(),
            version,
            directory: match args.all {
                true => out.join(version.to_string()),
                false => out.clone(),
            },
            patch: 0,
            beside: package::beside(root, &args.name, version)?,
            command: format!(
                "cargo xtask generate {} --out {} --name {}{from}",
                match args.all {
                    true => "--all".to_owned(),
                    false => format!("--api-version {version}"),
                },
                out.display(),
                args.name
            ),
        })
    }

    /// Writes what was generated, or with `--check` reports what is stale.
    fn write_or_check(
        &self,
        args: &Args,
        document: &Corrected,
        output: &Output,
        time: Duration,
    ) -> Result<()> {
        let changes = self.changes(output)?;
        if args.check {
            return self.check(&changes, output);
        }
        changes.apply()?;
        if args.verbose {
            for fixup in &document.fixups.applied {
                println!("corrected  {}", fixup.fixup.name);
            }
            for path in changes.paths() {
                println!("written    {}", path.display());
            }
        }
        println!(
            "{} {}: {} operations, {} types, {} lines from API {}, in {:.2} s; {} files written{}",
            self.name,
            manifest::crate_version(self.version, self.patch),
            output.operations,
            output.types.len(),
            output.lines(),
            self.version,
            time.as_secs_f64(),
            changes.write.len(),
            if changes.remove.is_empty() {
                String::new()
            } else {
                format!(", {} removed", changes.remove.len())
            },
        );
        Ok(())
    }

    /// What has to be written and removed so that the directory holds what was generated.
    fn changes(&self, output: &Output) -> Result<Changes> {
        let source = self.directory.join("src");
        let mut wanted: Vec<(PathBuf, &str)> = self
            .beside
            .iter()
            .map(|(path, text)| (self.directory.join(path), text.as_str()))
            .collect();
        wanted.extend(output.files.iter().map(|(path, text)| (source.join(path), text.as_str())));
        let mut changes = Changes::default();
        for (path, text) in &wanted {
            if files::differs(path, text.as_bytes())? {
                changes.write.push((path.clone(), (*text).to_owned()));
            }
        }
        let kept: BTreeSet<&Path> = wanted.iter().map(|(path, _)| path.as_path()).collect();
        changes.remove = files::below(&source)?
            .into_iter()
            .filter(|path| !kept.contains(path.as_path()))
            .collect();
        Ok(changes)
    }

    fn check(&self, changes: &Changes, output: &Output) -> Result<()> {
        if changes.paths().next().is_none() {
            println!("{}: {} generated files are up to date", self.name, output.files.len());
            return Ok(());
        }
        for (path, _) in &changes.write {
            println!("stale      {}", path.display());
        }
        for path in &changes.remove {
            println!("left over  {}", path.display());
        }
        anyhow::bail!("the generated code is stale: run `{}`", self.command)
    }
}

/// What has to be done to a directory.
#[derive(Default)]
struct Changes {
    write: Vec<(PathBuf, String)>,
    remove: Vec<PathBuf>,
}

impl Changes {
    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.write
            .iter()
            .map(|(path, _)| path.as_path())
            .chain(self.remove.iter().map(PathBuf::as_path))
    }

    fn apply(&self) -> Result<()> {
        for (path, text) in &self.write {
            files::write_if_changed(path, text)?;
        }
        for path in &self.remove {
            fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
            // The directory of a subject that is gone; it stays where something else is in it.
            if let Some(directory) = path.parent() {
                let _ = fs::remove_dir(directory);
            }
        }
        Ok(())
    }
}
