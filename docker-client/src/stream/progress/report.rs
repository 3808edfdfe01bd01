//! What a pull, push, build or load reports.

use serde::Deserialize;
use serde_json::Value;

use crate::registry::is_digest;

/// Something that a pull, push, build or load reports. Which fields there are depends on what it is about.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Progress {
    /// What it is about: the id of a layer, a tag.
    pub id: Option<String>,
    /// What is done: `Pulling fs layer`, `Downloading`, `Pull complete`.
    pub status: Option<String>,
    /// Output of a build, as it comes, line breaks included.
    pub stream: Option<String>,
    /// How far it is.
    #[serde(rename = "progressDetail")]
    pub detail: Option<ProgressDetail>,
    /// Data for programs: the id of the image that was built, the digest that was pushed.
    pub aux: Option<Value>,
}

/// How far something is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProgressDetail {
    /// How much is done, in `units`.
    pub current: Option<i64>,
    /// How much there is in all, in `units`, where that is known.
    pub total: Option<i64>,
    /// When it began, a Unix time in seconds.
    pub start: Option<i64>,
    /// Bytes, unless it says otherwise.
    pub units: Option<String>,
}

impl Progress {
    /// The id of the image, at the end of a build.
    pub fn image_id(&self) -> Option<&str> {
        self.aux.as_ref()?.get("ID")?.as_str()
    }

    /// The digest of the image, at the end of a push or a pull.
    ///
    /// Engines report it as data, or only in the status: `1.0: digest: sha256:… size: 528` for a push, `Digest: sha256:…` for a pull.
    pub fn digest(&self) -> Option<&str> {
        let reported = self.aux.as_ref().and_then(|aux| aux.get("Digest")?.as_str());
        reported.filter(|digest| !digest.is_empty()).or_else(|| {
            let status = self.status.as_deref()?;
            let rest = match status.strip_prefix("Digest: ") {
                Some(rest) => rest,
                None => status.split_once(": digest: ")?.1,
            };
            rest.split_whitespace().next().filter(|digest| is_digest(digest))
        })
    }
}
