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
mod registry;
mod stats;
mod stream;
mod swarm;
mod system;

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::versions::ApiVersion;
pub use document::{Document, NotApplied};
pub use registry::{markdown, registry};

/// The oldest version that the corrections were written for.
pub const OLDEST: ApiVersion = v(25);

/// The newest version that the corrections were written for.
pub const NEWEST: ApiVersion = v(55);

/// A correction of the converted document.
#[derive(Debug)]
pub struct Fixup {
    /// `object_property_defect`, unique.
    pub name: &'static str,
    /// The versions whose document has the defect.
    pub versions: RangeInclusive<ApiVersion>,
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

/// A correction could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "fixup `{fixup}` changes nothing in API version {version} ({source}): \
     if upstream has mended it, end its range before this version; else mend the fixup"
)]
pub struct Error {
    /// The name of the fixup.
    pub fixup: &'static str,
    /// The version of the document.
    pub version: ApiVersion,
    /// What it did not find.
    pub source: NotApplied,
}

/// Makes all corrections for `version` in `document`, in the order of the registry.
///
/// A version newer than [`NEWEST`] is taken for it, so that a document fresh from upstream can be tried.
///
/// # Errors
///
/// An [`Error`] that names the first correction which changes nothing.
pub fn apply_all(document: &mut Value, version: ApiVersion) -> Result<Vec<Applied>, Error> {
    let mut applied = Vec::new();
    for fixup in registry() {
        if fixup.versions.contains(&version.clamp(OLDEST, NEWEST)) {
            fixup.run(document).map_err(|source| Error { fixup: fixup.name, version, source })?;
            applied.push(Applied { fixup });
        }
    }
    Ok(applied)
}

impl Fixup {
    /// Makes this correction in `document`, whatever its version.
    ///
    /// # Errors
    ///
    /// [`NotApplied`] if there is nothing to correct; the document may then be changed in part.
    pub fn run(&self, document: &mut Value) -> Result<(), NotApplied> {
        (self.apply)(&mut Document::new(document))
    }
}

/// API version 1.`minor`.
const fn v(minor: u32) -> ApiVersion {
    ApiVersion::new(1, minor)
}

/// All known versions.
const ALL: RangeInclusive<ApiVersion> = OLDEST..=NEWEST;

/// From version 1.`minor` on.
const fn since(minor: u32) -> RangeInclusive<ApiVersion> {
    v(minor)..=NEWEST
}

/// Up to version 1.`minor`.
const fn until(minor: u32) -> RangeInclusive<ApiVersion> {
    OLDEST..=v(minor)
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
