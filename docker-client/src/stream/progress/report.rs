//! The reports of pulls, pushes, builds and loads.

use serde::Deserialize;
use serde_json::Value;

use crate::registry::is_digest;

/// A report of the progress of a pull, push, build or load. Which fields are set depends on its subject.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Progress {
    /// The subject of the report, such as the ID of a layer or a tag.
    pub id: Option<String>,
    /// The state of the subject, such as `Pulling fs layer`, `Downloading` or `Pull complete`.
    pub status: Option<String>,
    /// A piece of the output of a build, including line breaks.
    pub stream: Option<String>,
    /// How much of the work is done.
    #[serde(rename = "progressDetail")]
    pub detail: Option<ProgressDetail>,
    /// Machine-readable data, such as the ID of the image that was built or the digest of the image that was pushed.
    pub aux: Option<Value>,
}

/// How much of some work is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProgressDetail {
    /// The amount that is done, in `units`.
    pub current: Option<i64>,
    /// The total amount, in `units`, if it is known.
    pub total: Option<i64>,
    /// The time at which the work began, in seconds since 1970.
    pub start: Option<i64>,
    /// The unit of the amounts. `None` means bytes.
    pub units: Option<String>,
}

impl Progress {
    /// Returns the ID of the image that was built, if this report contains it. A report at the end of a build does.
    pub fn image_id(&self) -> Option<&str> {
        self.aux.as_ref()?.get("ID")?.as_str()
    }

    /// Returns the digest of the image, if this report contains it. A report at the end of a push or a pull does.
    ///
    /// It is taken from [`aux`](Self::aux) or from the status: `1.0: digest: sha256:… size: 528` for a push,
    /// `Digest: sha256:…` for a pull.
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
