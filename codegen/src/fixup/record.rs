//! One correction: its name, versions, reason and sources, and how it is made.

use serde_json::Value;

use super::document::{Document, NotApplied};
use super::versions::Versions;
use crate::versions::ApiVersion;

/// A correction of the converted document.
#[derive(Debug)]
pub struct Fixup {
    /// `object_property_defect`, unique.
    pub name: &'static str,
    /// The versions whose document has the defect.
    pub versions: Versions,
    /// What is wrong, and what is right.
    pub why: &'static str,
    /// Where this can be read: source code of the engine at a fixed commit, a specification, an issue.
    pub refs: &'static [&'static str],
    /// Makes the correction; an error where there is nothing to correct.
    pub apply: fn(&mut Document<'_>) -> Result<(), NotApplied>,
    /// If the correction would also change something in the version before or after its range, the reason for the range.
    pub beyond: Option<&'static str>,
}

/// The source of a document, which decides which fixups are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The document is one of `spec/`, which the fixups were written for.
    Pinned,
    /// The document has another source, such as a release of the engine.
    Other,
}

impl Fixup {
    /// Returns whether a document of this version and origin may have the defect.
    ///
    /// Upstream corrects the pinned documents of old versions, and a release keeps its own unchanged. So a document of
    /// another source may also have a defect whose range has ended.
    pub(super) fn fits(&self, version: ApiVersion, origin: Origin) -> bool {
        let has_ended = self.versions.last.is_some_and(|last| last < version);
        self.versions.contains(version)
            || (origin == Origin::Other && has_ended && self.beyond.is_none())
    }

    /// Makes this correction in `document`, whatever its version.
    ///
    /// # Errors
    ///
    /// [`NotApplied`] if there is nothing to correct; the document may then be changed in part.
    pub fn run(&self, document: &mut Value) -> Result<(), NotApplied> {
        (self.apply)(&mut Document::new(document))
    }
}

/// A file of the engine's source at the commit that the corrections were checked against.
macro_rules! moby {
    ($path:literal) => {
        concat!(
            "https://github.com/moby/moby/blob/b985e2313a8676e18072b442911fc8f64f17d440/",
            $path
        )
    };
    ($tag:literal, $path:literal) => {
        concat!("https://github.com/moby/moby/blob/", $tag, "/", $path)
    };
}
pub(super) use moby;
