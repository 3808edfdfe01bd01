//! What is known of the Docker Engine beyond its swagger: corrections, each with a name, a range of versions, a reason
//! and sources.
//!
//! A fixup that changes nothing in a version of its range is an error, so that none is kept after upstream has fixed the
//! defect.

mod container;
mod document;
mod generic;
mod image;
mod media;
mod network;
mod parts;
mod plugin;
mod progress;
mod record;
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
pub use record::{Fixup, Origin};
pub use registry::{markdown, registry};
pub use versions::Versions;

/// A correction that was made.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// The correction.
    pub fixup: &'static Fixup,
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
