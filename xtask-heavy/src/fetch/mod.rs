//! `cargo xtask fetch`: downloads the engine's swagger and distils it into `spec/`.
//!
//! Everything is downloaded, checked and distilled before anything is written, and each file is replaced atomically: a
//! failed download leaves `spec/` as it was.

mod source;

use anyhow::{Context, Result, bail, ensure};
use codegen::distill::{self, Distilled};

use codegen::versions::{ApiVersion, Pins, Selection};
use sha2::{Digest, Sha256};

use crate::downloader::{self, NotFound};
use source::Source;
use xtask::exit::bad_call;
use xtask::spec::Spec;
use xtask::{files, workspace};

/// Downloads the engine's swagger and writes its facts to spec/v1.NN.json.
///
/// spec/versions.toml states the commit of each document and its SHA-256, which the download must match. The places that
/// no rule of the distillation could read go to spec/unread.json. `cargo xtask generate` needs no download, because spec/
/// has all versions.
///
/// Exit code 0: written, or up to date. 1: a document cannot be downloaded or is not the pinned one, or `--check` found a
/// file stale. 2: wrong usage.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A version (1.52), a range with both ends (1.35..1.52), `all` or `latest`
    #[arg(value_name = "VERSIONS")]
    versions: Selection,
    /// Write nothing; fail if a file of spec/ is stale
    #[arg(long)]
    check: bool,
    /// A URL that serves COMMIT/PATH as GitHub's raw files do, a directory (a checkout, or files v1.NN.yaml), or a file
    #[arg(long, value_name = "URL|DIR|FILE", default_value = source::GITHUB)]
    source: String,
    /// Take the documents from this commit of moby, and record it and the new checksums in spec/versions.toml
    ///
    /// A version that has no pin gets one. With `latest`, all newer versions of the commit are fetched as well.
    #[arg(long, value_name = "COMMIT")]
    pin: Option<String>,
}

/// A document that is downloaded and checked, and not yet written.
struct Fetched {
    version: ApiVersion,
    path: String,
    sha256: String,
    bytes: u64,
    distilled: Distilled,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(commit) = &args.pin
        && !Pins::is_commit(commit)
    {
        return Err(bad_call(format!(
            "--pin {commit}: expected a full commit hash, 40 lower-case hexadecimal digits; branches and tags move\n\
             `git ls-remote https://github.com/moby/moby HEAD` prints the newest"
        )));
    }
    let spec = Spec::of(&workspace::root());
    let pins = spec.pins()?;
    let versions = select(args, &pins)?;
    let source = Source::parse(&args.source, versions.len())?;
    let fetched = fetch(args, &pins, &versions, &source)?;
    write(args, &spec, pins, &fetched)
}

/// The requested versions.
fn select(args: &Args, pins: &Pins) -> Result<Vec<ApiVersion>> {
    let versions = match (args.versions, &args.pin) {
        // The versions that exist are those that have a pin.
        (Selection::Range(range), Some(_)) => range.versions().map(Iterator::collect),
        (selection, _) => {
            Some(selection.resolve(&pins.known()).map_err(|error| bad_call(error.to_string()))?)
        }
    };
    match versions {
        Some(versions) if !versions.is_empty() => Ok(versions),
        _ => Err(bad_call(format!("{} selects no version", args.versions))),
    }
}

fn fetch(
    args: &Args,
    pins: &Pins,
    versions: &[ApiVersion],
    source: &Source,
) -> Result<Vec<Fetched>> {
    let size = |version: &ApiVersion| pins.versions.get(version).map_or(0, |pin| pin.bytes);
    let progress = downloader::progress(versions.iter().map(size).sum());
    let mut fetched = Vec::new();
    for &version in versions {
        progress.set_message(version.to_string());
        fetched.push(fetch_one(args, pins, version, source, &progress)?);
    }
    // One file is one version.
    if args.pin.is_some()
        && args.versions == Selection::Latest
        && !matches!(source, Source::File(_))
    {
        while let Some(newest) = fetched.last() {
            let next = ApiVersion::new(newest.version.major, newest.version.minor + 1);
            progress.set_message(next.to_string());
            match fetch_one(args, pins, next, source, &progress) {
                Ok(document) => fetched.push(document),
                Err(error) if error.is::<NotFound>() => break,
                Err(error) => return Err(error),
            }
        }
    }
    progress.finish_and_clear();
    Ok(fetched)
}

fn fetch_one(
    args: &Args,
    pins: &Pins,
    version: ApiVersion,
    source: &Source,
    progress: &indicatif::ProgressBar,
) -> Result<Fetched> {
    let pin = pins.versions.get(&version);
    let path = match pin {
        Some(pin) => pin.path.clone(),
        None => path_like_the_newest(pins, version)?,
    };
    let commit = match (&args.pin, pin) {
        (Some(commit), _) => commit,
        (None, Some(pin)) => pins.commit_of(pin),
        (None, None) => bail!("API version {version} has no pin"),
    };
    let (bytes, origin) = source.read(version, commit, &path, progress)?;
    let sha256 = sha256(&bytes);
    if args.pin.is_none()
        && let Some(pin) = pin
    {
        ensure!(
            sha256 == pin.sha256,
            "{origin} is not the document that spec/versions.toml pins; nothing was written\n\
             expected sha256 {} ({} bytes)\n   found sha256 {sha256} ({} bytes)\n\
             `--pin COMMIT` records another document; `generate --from FILE` reads one without recording it",
            pin.sha256,
            pin.bytes,
            bytes.len(),
        );
    }
    let size = bytes.len() as u64;
    let text = String::from_utf8(bytes).with_context(|| format!("{origin} is not valid UTF-8"))?;
    let document = swagger_reader::read(&text, &origin)?;
    ensure!(
        document["info"]["version"] == version.to_string(),
        "{origin} at /info/version: expected API version {version}, found {}",
        document["info"]["version"]
    );
    let distilled =
        distill::distill(&document).with_context(|| format!("cannot distil {origin}"))?;
    Ok(Fetched { version, path, sha256, bytes: size, distilled })
}

/// The path of a version that has no pin: the newest one's, with the other number.
fn path_like_the_newest(pins: &Pins, version: ApiVersion) -> Result<String> {
    let (newest, pin) =
        pins.versions.last_key_value().context("spec/versions.toml pins no version")?;
    Ok(pin.path.replace(&format!("v{newest}."), &format!("v{version}.")))
}

/// Writes the documents, the list of unread places and the pins, or with `--check` fails if one of them is stale.
fn write(args: &Args, spec: &Spec, mut pins: Pins, fetched: &[Fetched]) -> Result<()> {
    let mut unread = spec.unread()?;
    let (mut contents, mut names) = (Vec::new(), Vec::new());
    for Fetched { version, path, sha256, bytes, distilled } in fetched {
        let text = distill::to_text(&distilled.document);
        contents.push((spec.document_path(*version), text));
        names.push(version.to_string());
        unread.set(*version, &distilled.unread);
        if let Some(commit) = &args.pin {
            pins.set(*version, commit, path.clone(), sha256.clone(), *bytes);
        }
    }
    contents.push((spec.unread_path(), unread.to_string()));
    // The pins are written last, because they vouch for the documents.
    if args.pin.is_some() {
        contents.push((spec.pins_path(), pins.to_toml()?));
    }
    let mut stale = Vec::new();
    let mut names = names.into_iter();
    for (path, text) in contents {
        let changed = match args.check {
            true => files::differs(&path, text.as_bytes())?,
            false => files::write_if_changed(&path, text)?,
        };
        if let Some(version) = names.next() {
            let outcome = match (changed, args.check) {
                (true, true) => "stale",
                (true, false) => "written",
                (false, _) => "unchanged",
            };
            println!("{version}  {outcome}");
        }
        if changed && args.check {
            stale.push(path.display().to_string());
        }
    }
    let versions = args.versions;
    ensure!(stale.is_empty(), "stale: {}; run `cargo xtask fetch {versions}`", stale.join(", "));
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
