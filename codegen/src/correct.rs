//! From the swagger document of a version to the OpenAPI 3.0 document that the generator gets, once for each version.

use serde_json::Value;

use crate::error::Error;
use crate::fixup::{Corrections, Origin};
use crate::versions::ApiVersion;
use crate::{convert, fixup, lint, name, parallel, sent_back};

/// The document of a version, converted, corrected and named.
#[derive(Debug)]
pub struct Corrected {
    /// The API version.
    pub version: ApiVersion,
    /// The OpenAPI 3.0 document.
    pub openapi: Value,
    /// The corrections that were made, and those that the document does not need.
    pub fixups: Corrections,
}

impl Corrected {
    /// Corrects the Swagger 2.0 document of a version, distilled or annotated.
    ///
    /// # Errors
    ///
    /// The document cannot be converted, corrected or named.
    pub fn of(document: &Value, version: ApiVersion, origin: Origin) -> Result<Self, Error> {
        let mut openapi = convert::to_openapi(document).map_err(Error::Convert)?;
        let fixups = fixup::apply_all(&mut openapi, version, origin);
        if origin == Origin::Pinned && !fixups.absent.is_empty() {
            return Err(Error::Fixup { version, absent: fixups.absent });
        }
        name::hoist(&mut openapi).map_err(Error::Name)?;
        sent_back::keep_unknown_members(&mut openapi);
        Ok(Self { version, openapi, fixups })
    }

    /// Corrects the pinned documents of several versions, and returns them in the order of the versions.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn all(documents: &[(ApiVersion, Value)]) -> Result<Vec<Self>, Error> {
        let mut all = Vec::with_capacity(documents.len());
        let one = |(version, document): &(ApiVersion, Value)| {
            Self::of(document, *version, Origin::Pinned)
        };
        parallel::each(documents, one, |corrected| {
            all.push(corrected?);
            Ok(())
        })?;
        all.sort_by_key(|corrected| corrected.version);
        Ok(all)
    }

    /// Looks for what the generator would panic on or get wrong.
    ///
    /// # Errors
    ///
    /// [`Error::Lint`] with all that was found.
    pub fn check(&self) -> Result<(), Error> {
        match lint::check(&self.openapi) {
            findings if findings.is_empty() => Ok(()),
            findings => Err(Error::Lint(findings)),
        }
    }
}
