//! The recordings below `tests/recordings/<engine>/<version>`: a reply is kept under the first version whose reply has
//! its shape, and applies to the later ones up to the next file of its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
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

/// The file beside the recordings of an engine: the versions that it supports, and for each the calls that it refused, with
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

/// Reads all recordings, and adds to each version those that it shares with an earlier one.
pub(super) fn read(directory: &Path) -> Result<Vec<Replies>> {
    let mut all = Vec::new();
    if !directory.is_dir() {
        return Ok(all);
    }
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let directory = entry?.path();
        let Some(engine) = directory.file_name().map(|name| name.to_string_lossy().into_owned())
        else {
            continue;
        };
        let mut current: BTreeMap<String, String> = BTreeMap::new();
        for (version, refused) in served(&directory)? {
            current.extend(of_version(&directory, version)?);
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

fn served(directory: &Path) -> Result<BTreeMap<ApiVersion, BTreeMap<String, String>>> {
    let path = directory.join(SERVED);
    let served: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&files::read(&path)?).with_context(|| path.display().to_string())?;
    let parsed = served.into_iter().map(|(version, refused)| Ok((version.parse()?, refused)));
    parsed.collect::<Result<_>>().with_context(|| path.display().to_string())
}

fn of_version(directory: &Path, version: ApiVersion) -> Result<BTreeMap<String, String>> {
    let directory = directory.join(version.to_string());
    let mut found = BTreeMap::new();
    if directory.is_dir() {
        for path in files::below(&directory)? {
            if let Some(name) = path.file_name() {
                found.insert(name.to_string_lossy().into_owned(), files::read(&path)?);
            }
        }
    }
    Ok(found)
}

/// What has to be done to the directory of recordings so that it holds the records.
#[derive(Debug, Default)]
pub(super) struct Changes {
    write: BTreeMap<PathBuf, String>,
    remove: Vec<PathBuf>,
}

impl Changes {
    /// Compares the records of some engines with the recordings of the same engines.
    ///
    /// A file stays as it is while the response has its shape, so that a run on the same engine changes nothing.
    pub(super) fn of(directory: &Path, records: &[Record]) -> Result<Self> {
        let mut changes = Self::default();
        let engines: BTreeSet<&str> = records.iter().map(|record| record.engine.as_str()).collect();
        for engine in engines {
            let home = directory.join(engine);
            let records = records.iter().filter(|record| record.engine == engine);
            let wanted = changes.add_engine(&home, records)?;
            let found = files::below(&home)?;
            changes.remove.extend(found.into_iter().filter(|path| !wanted.contains(path)));
        }
        Ok(changes)
    }

    /// Adds what differs for one engine, and returns all files that belong to it.
    fn add_engine<'a>(
        &mut self,
        home: &Path,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<BTreeSet<PathBuf>> {
        let mut served: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
        let mut current: BTreeMap<String, shape::Shape> = BTreeMap::new();
        for record in records {
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
                    self.write.insert(path.clone(), text);
                }
                wanted.insert(path);
                current.insert(name, shape);
            }
        }
        let mut text = serde_json::to_string_pretty(&served)?;
        text.push('\n');
        let path = home.join(SERVED);
        if files::differs(&path, text.as_bytes())? {
            self.write.insert(path.clone(), text);
        }
        wanted.insert(path);
        Ok(wanted)
    }

    /// Makes the changes, or with `check` fails if there are any.
    pub(super) fn write_or_check(&self, check: bool) -> Result<()> {
        let count = self.write.len() + self.remove.len();
        if check {
            for path in self.write.keys().chain(&self.remove) {
                println!("stale      {}", path.display());
            }
            if count > 0 {
                bail!("tests/recordings is stale: run `cargo xtask truth --record`");
            }
        }
        for (path, text) in &self.write {
            files::write_if_changed(path, text)?;
        }
        for path in &self.remove {
            fs::remove_file(path).with_context(|| path.display().to_string())?;
        }
        println!("tests/recordings: {count} files changed");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use engines::truth::Refusal;

    use super::*;

    fn record(minor: u32, body: &str) -> Record {
        let reply = |operation: &str, body: &str| Recording {
            operation: operation.to_owned(),
            variant: String::new(),
            body: body.as_bytes().to_vec(),
        };
        Record {
            engine: "dockerd-1".to_owned(),
            minor,
            recordings: vec![reply("SystemInfo", body)],
            refusals: vec![Refusal { call: "ImageList".to_owned(), reason: "500 no".to_owned() }],
        }
    }

    #[test]
    fn a_recording_is_replaced_only_where_the_shape_differs() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let first = [record(41, "{\"ID\":\"a\"}"), record(42, "{\"ID\":\"b\"}")];
        Changes::of(root, &first).unwrap().write_or_check(false).unwrap();
        // The response of 1.42 has the shape of 1.41's.
        let files = files::below(root).unwrap();
        let names: Vec<_> = files.iter().map(|path| path.strip_prefix(root).unwrap()).collect();
        assert_eq!(
            names,
            [Path::new("dockerd-1/1.41/SystemInfo.json"), Path::new("dockerd-1/served.json")]
        );

        let same = [record(41, "{\"ID\":\"c\"}"), record(42, "{\"ID\":\"d\"}")];
        Changes::of(root, &same).unwrap().write_or_check(true).unwrap();
        let other = [record(41, "{\"ID\":1}"), record(42, "{\"ID\":1}")];
        let error = Changes::of(root, &other).unwrap().write_or_check(true).unwrap_err();
        assert!(error.to_string().contains("tests/recordings is stale"), "{error}");
        let kept = std::fs::read_to_string(&files[0]).unwrap();
        assert_eq!(kept, "{\"ID\":\"a\"}\n", "--check writes nothing");
    }
}
