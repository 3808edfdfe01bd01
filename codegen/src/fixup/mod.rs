//! What is known of the Docker Engine beyond its swagger: corrections, each with a name, a range of versions, a reason
//! and sources.
//!
//! A fixup that changes nothing in a version of its range is an error, so that none outlives the defect that it
//! mends.

mod container;
mod document;
mod generic;
mod image;
mod media;
mod network;
mod plugin;
mod progress;
mod registry;
mod service;
mod stats;
mod stream;
mod swarm;
mod system;
mod unify;
mod versions;

use serde_json::Value;

use crate::versions::ApiVersion;
pub use document::{Document, NotApplied};
pub use registry::{markdown, registry};
pub use versions::Versions;
use versions::{ALL, between, since, until};

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
    /// Why the correction would change something in the version before or after its range too, where it would.
    pub beyond: Option<&'static str>,
}

/// A correction that was made.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// The correction.
    pub fixup: &'static Fixup,
}

/// The source of a document, which decides which fixups are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The document is one of `spec/`, which the fixups were written for.
    Pinned,
    /// The document has another source, such as a release of the engine.
    Other,
}

/// A correction that found nothing to correct.
#[derive(Debug, thiserror::Error)]
#[error("fixup `{}`: {source}", fixup.name)]
pub struct Absent {
    /// The correction.
    pub fixup: &'static Fixup,
    /// The place that it did not find.
    pub source: NotApplied,
}

/// The result of correcting a document.
#[derive(Debug, Default)]
pub struct Corrections {
    /// The corrections that were made.
    pub applied: Vec<Applied>,
    /// The corrections for this version that found nothing to correct. The document may have been changed in part.
    pub absent: Vec<Absent>,
}

/// Makes all corrections for `version` in `document`, in the order of the registry.
pub fn apply_all(document: &mut Value, version: ApiVersion, origin: Origin) -> Corrections {
    let mut corrections = Corrections::default();
    for fixup in registry().iter().filter(|fixup| fixup.fits(version, origin)) {
        // A fixup that finds nothing may have changed a part of the document.
        let before = (origin == Origin::Other).then(|| document.clone());
        match (fixup.run(document), before) {
            (Ok(()), _) => corrections.applied.push(Applied { fixup }),
            (Err(source), before) => {
                if let Some(before) = before {
                    *document = before;
                }
                // A fixup that has ended is only tried.
                if fixup.versions.contains(version) {
                    corrections.absent.push(Absent { fixup, source });
                }
            }
        }
    }
    if origin == Origin::Other {
        generic::add_missing_tags(document);
    }
    corrections
}

impl Fixup {
    /// Returns whether a document of this version and origin may have the defect.
    ///
    /// Upstream mends the pinned documents of old versions, and a release keeps its own as it was. So a document of
    /// another source may also have a defect whose range has ended.
    fn fits(&self, version: ApiVersion, origin: Origin) -> bool {
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
use moby;
