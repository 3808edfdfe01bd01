//! The result of a build.

use std::collections::BTreeMap;

/// What a build made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// The id of the image, as the engine's own operations take it; `None` for other outputs.
    pub image_id: Option<String>,
    /// The digest of the image's manifest, where the engine has the containerd image store or pushed the image.
    pub digest: Option<String>,
    /// Everything that BuildKit's exporters said, by BuildKit's names.
    pub metadata: BTreeMap<String, String>,
}
