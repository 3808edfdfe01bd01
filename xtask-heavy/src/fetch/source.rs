//! Where upstream documents are read from: a web server, a directory or one file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use codegen::versions::ApiVersion;
use indicatif::ProgressBar;
use reqwest::Url;
use xtask::exit::bad_call;

use crate::downloader::{Advice, Downloader, NotFound};

/// Moby's files, as GitHub serves them: `<base>/<commit>/<path>`.
pub(super) const GITHUB: &str = "https://raw.githubusercontent.com/moby/moby";

const ADVICE: Advice = Advice {
    failed: "nothing was written; `cargo xtask generate` works offline, from the documents in spec/",
    absent: "is the path in spec/versions.toml right for that commit?",
};

/// Where upstream documents are read from.
pub(super) enum Source {
    Web { base: Url, downloader: Box<Downloader> },
    Directory(PathBuf),
    File(PathBuf),
}

impl Source {
    /// Reads the `--source` of a command that is asked for `versions` versions.
    pub(super) fn parse(text: &str, versions: usize) -> Result<Self> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let base: Url =
                text.parse().map_err(|error| bad_call(format!("--source {text}: {error}")))?;
            let downloader = Box::new(Downloader::new(base.scheme() == "https", ADVICE)?);
            return Ok(Self::Web { base, downloader });
        }
        let path = PathBuf::from(text);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self::Directory(path)),
            Ok(_) if versions == 1 => Ok(Self::File(path)),
            Ok(_) => Err(bad_call(format!(
                "--source {text} is one file, and {versions} versions are asked for"
            ))),
            Err(error) => Err(bad_call(format!(
                "--source {text}: expected a URL (http or https), or a directory or file that is there: {error}"
            ))),
        }
    }

    /// The document of a version, and where it was read.
    ///
    /// # Errors
    ///
    /// [`NotFound`] when the source has no such document; otherwise why it could not be read.
    pub(super) fn read(
        &self,
        version: ApiVersion,
        commit: &str,
        path: &str,
        progress: &ProgressBar,
    ) -> Result<(Vec<u8>, String)> {
        match self {
            Self::Web { base, downloader } => {
                let url = document_url(base, commit, path)?;
                Ok((downloader.get(&url, progress)?, url.to_string()))
            }
            Self::Directory(directory) => read_file(&find(directory, version, path)?, progress),
            Self::File(file) => read_file(file, progress),
        }
    }
}

fn document_url(base: &Url, commit: &str, path: &str) -> Result<Url> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| bad_call(format!("--source {base}: a path cannot be added to it")))?
        .pop_if_empty()
        .push(commit)
        .extend(path.split('/'));
    Ok(url)
}

/// The file of a version: at its upstream path, in a checkout, or by its name.
fn find(directory: &Path, version: ApiVersion, path: &str) -> Result<PathBuf> {
    let name = format!("v{version}.yaml");
    let file =
        [directory.join(path), directory.join(&name)].into_iter().find(|file| file.is_file());
    file.ok_or_else(|| {
        NotFound(format!("{} holds neither {path} nor {name}", directory.display())).into()
    })
}

fn read_file(file: &Path, progress: &ProgressBar) -> Result<(Vec<u8>, String)> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    progress.inc(bytes.len() as u64);
    Ok((bytes, file.display().to_string()))
}
