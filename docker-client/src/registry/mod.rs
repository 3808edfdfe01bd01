//! References to images, and credentials for registries, which the user has stored or the program provides.

mod auth;
mod convert;
mod helper;
mod reference;
mod source;
mod store;
mod stored;

use docker_api::{BoxFuture, Error};

pub(crate) use self::auth::HUB;
pub use self::auth::{RegistryAuth, RegistryConfig};
pub use self::reference::ImageReference;
pub(crate) use self::reference::{is_digest, is_image_id};
pub(crate) use self::source::Source;
pub use self::store::Credentials;

/// Provides credentials for registries.
///
/// [`Credentials`] reads those that `docker login` has stored. Another provider can be set with
/// [`Builder::credentials`](crate::Builder::credentials).
pub trait CredentialProvider: Send + Sync {
    /// Returns the credentials for a registry, or `None` to send none.
    ///
    /// `registry` is the host that the engine will contact, with its port if it has one: `registry.example.com:5000`.
    /// For Docker Hub it is `https://index.docker.io/v1/`.
    ///
    /// # Errors
    ///
    /// Returns an error if the lookup fails. The request is not sent, and fails with this error.
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>>;

    /// Returns the credentials for all registries that a build may pull from. The default implementation returns none.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    fn all(&self) -> BoxFuture<'_, Result<Vec<(String, RegistryAuth)>, Error>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Returns new credentials after the registry has refused those of a request, or `None` (the default) to return the
    /// error of the registry. This is called at most once for each request.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    fn renew<'a>(
        &'a self,
        registry: &'a str,
    ) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        let _ = registry;
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// Returns the key of the registry that the engine contacts for an image, or `None` if the engine will refuse the
/// reference.
pub(crate) fn registry_of(image: &str) -> Option<String> {
    // Engines ignore a colon at the end.
    let reference = ImageReference::parse(image.strip_suffix(':').unwrap_or(image)).ok()?;
    Some(key(reference.registry()).to_owned())
}

/// Returns the key of the registry that the engine contacts to search for a term.
pub(crate) fn registry_of_search(term: &str) -> &str {
    match term.split_once('/') {
        Some((first, _)) if reference::is_registry(first, true) => key(first),
        _ => HUB,
    }
}

/// Returns the key of a registry, as [`CredentialProvider::get`] takes it: `https://index.docker.io/v1/` for
/// `docker.io`, `index.docker.io` or an empty string, and any other host unchanged.
#[must_use]
pub fn key(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" | "" => HUB,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_the_one_that_the_engine_contacts() {
        for (image, registry) in [
            ("busybox", Some(HUB)),
            ("team/app:1", Some(HUB)),
            ("docker.io/library/busybox", Some(HUB)),
            ("localhost/app", Some("localhost")),
            ("LOCALHOST/app", Some("LOCALHOST")),
            ("Foo/bar", Some("Foo")),
            ("localhost:5000/app", Some("localhost:5000")),
            ("registry-1.docker.io/app", Some("registry-1.docker.io")),
            ("ghcr.io/team/app@sha256:0f", None),
            ("Foo/Bar", None),
            ("foo/Bar", None),
        ] {
            assert_eq!(registry_of(image).as_deref(), registry, "{image}");
        }
    }

    #[test]
    fn searches_ignore_upper_case() {
        for (term, registry) in [
            ("busybox", HUB),
            ("Foo/bar", HUB),
            ("localhost/bar", "localhost"),
            ("r.example.com/Bar x", "r.example.com"),
        ] {
            assert_eq!(registry_of_search(term), registry, "{term}");
        }
    }
}
