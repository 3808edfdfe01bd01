//! The recordings below `tests/recordings/<engine>/<version>`: a reply is kept under the first version whose reply has
//! its shape, and stands for the later ones up to the next file of its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use codegen::versions::ApiVersion;
use engines::truth::{Record, Recording, shape};

use xtask::files;

/// All replies of an engine under one API version.
pub(super) struct Replies {
    pub(super) engine: String,
    pub(super) version: ApiVersion,
    pub(super) replies: Vec<Reply>,
}

/// One reply.
pub(super) struct Reply {
    pub(super) operation: String,
    pub(super) file_name: String,
    /// One JSON value, or several.
    pub(super) text: String,
}

/// Stands beside an engine's recordings: the versions that it served, and under each the calls that it refused, with
/// the status.
const SERVED: &str = "served.json";

impl From<Record> for Replies {
    fn from(record: Record) -> Self {
        let reply = |recording: Recording| Reply {
            file_name: recording.file_name(),
            text: text(&recording),
            operation: recording.operation,
        };
        Self {
            engine: record.engine,
            version: ApiVersion::new(1, record.minor),
            replies: record.recordings.into_iter().map(reply).collect(),
        }
    }
}

/// Files end with a line break.
fn text(recording: &Recording) -> String {
    let mut text = String::from_utf8_lossy(&recording.body).trim_end().to_owned();
    text.push('\n');
    text
}

/// Reads all recordings, and hands each version what it has from an earlier one.
pub(super) fn read(folder: &Path) -> Result<Vec<Replies>> {
    let mut all = Vec::new();
    if !folder.is_dir() {
        return Ok(all);
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let folder = entry?.path();
        let Some(engine) = folder.file_name().map(|name| name.to_string_lossy().into_owned())
        else {
            continue;
        };
        let mut current: BTreeMap<String, String> = BTreeMap::new();
        for (version, refused) in served(&folder)? {
            current.extend(of_version(&folder, version)?);
            let replies = current.iter().filter(|(name, _)| !refused.contains_key(call(name)));
            let replies = replies.filter_map(|(file_name, text)| {
                let (operation, _) = Recording::parse_file_name(file_name)?;
                Some(Reply {
                    operation: operation.to_owned(),
                    file_name: file_name.clone(),
                    text: text.clone(),
                })
            });
            all.push(Replies { engine: engine.clone(), version, replies: replies.collect() });
        }
    }
    all.sort_by(|a, b| (&a.engine, a.version).cmp(&(&b.engine, b.version)));
    Ok(all)
}

fn call(file_name: &str) -> &str {
    file_name.strip_suffix(".json").unwrap_or(file_name)
}

fn served(folder: &Path) -> Result<BTreeMap<ApiVersion, BTreeMap<String, String>>> {
    let path = folder.join(SERVED);
    let served: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&files::read(&path)?).with_context(|| path.display().to_string())?;
    let parsed = served.into_iter().map(|(version, refused)| Ok((version.parse()?, refused)));
    parsed.collect::<Result<_>>().with_context(|| path.display().to_string())
}

fn of_version(folder: &Path, version: ApiVersion) -> Result<BTreeMap<String, String>> {
    let folder = folder.join(version.to_string());
    let mut found = BTreeMap::new();
    if folder.is_dir() {
        for path in files::below(&folder)? {
            if let Some(name) = path.file_name() {
                found.insert(name.to_string_lossy().into_owned(), files::read(&path)?);
            }
        }
    }
    Ok(found)
}

/// Writes the recordings of the engines that were asked, and returns how many files changed.
///
/// A file stays as it is while the reply has its shape, so that a run on the same engine changes nothing.
pub(super) fn write(folder: &Path, records: &[Record]) -> Result<usize> {
    let mut changed = 0;
    let engines: BTreeSet<&str> = records.iter().map(|record| record.engine.as_str()).collect();
    for engine in engines {
        let home = folder.join(engine);
        let mut served: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut wanted: BTreeSet<PathBuf> = BTreeSet::from([home.join(SERVED)]);
        let mut current: BTreeMap<String, shape::Shape> = BTreeMap::new();
        for record in records.iter().filter(|record| record.engine == engine) {
            let version = ApiVersion::new(1, record.minor);
            let refused = record.refusals.iter().map(|refusal| {
                let status = refusal.reason.split(' ').next().unwrap_or_default();
                (refusal.call.clone(), status.to_owned())
            });
            served.insert(version.to_string(), refused.collect());
            for recording in &record.recordings {
                let name = recording.file_name();
                let text = text(recording);
                let shape = shape::of_text(&text);
                if current.get(&name) == Some(&shape) {
                    continue;
                }
                let path = home.join(version.to_string()).join(&name);
                let same = fs::read_to_string(&path).is_ok_and(|old| shape::of_text(&old) == shape);
                if !same {
                    changed += usize::from(files::write_if_changed(&path, text)?);
                }
                wanted.insert(path);
                current.insert(name, shape);
            }
        }
        let mut text = serde_json::to_string_pretty(&served)?;
        text.push('\n');
        changed += usize::from(files::write_if_changed(&home.join(SERVED), text)?);
        for path in files::below(&home)? {
            if !wanted.contains(&path) {
                fs::remove_file(&path).with_context(|| path.display().to_string())?;
                changed += 1;
            }
        }
    }
    Ok(changed)
}
