//! The result of a build.

use std::collections::BTreeMap;

/// The result of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// The id of the image, as other operations of the engine accept it. `None` if the output is not an image.
    pub image_id: Option<String>,
    /// The digest of the manifest of the image, if the engine uses the containerd image store or the image was pushed.
    pub digest: Option<String>,
    /// The metadata of the BuildKit exporters, such as `containerimage.digest`.
    pub metadata: BTreeMap<String, String>,
}
