//! Registries: the credentials that the user has stored or the program provides.

mod auth;
mod helper;
mod store;

use docker_api::{BoxFuture, Error};

pub use self::auth::{RegistryAuth, RegistryConfig};
pub use self::store::Credentials;

/// The key under which credentials for the Docker Hub are stored.
pub(crate) const HUB: &str = "https://index.docker.io/v1/";

/// Provides credentials for registries when the engine is to be given some.
///
/// [`Credentials`] is the one that reads what `docker login` has stored. Another one can be set with
/// [`Builder::credentials`](crate::Builder::credentials).
pub trait CredentialProvider: Send + Sync {
    /// The credentials for a registry, by its host (`registry.example.com:5000`, for the Docker Hub
    /// `https://index.docker.io/v1/`), or none.
    ///
    /// # Errors
    ///
    /// What the provider cannot do; the request is not sent then.
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>>;

    /// Credentials for all registries that a build may pull from.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    fn all(&self) -> BoxFuture<'_, Result<Vec<(String, RegistryAuth)>, Error>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Other credentials, after the registry has refused those that the request had; asked for once. None to let the
    /// refusal stand.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    fn renew<'a>(
        &'a self,
        registry: &'a str,
    ) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        let _ = registry;
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// The key of the registry that an image is in.
pub(crate) fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => key(host),
        _ => HUB,
    }
}

/// Returns the key under which the credentials of a registry are stored, for [`CredentialProvider::get`].
#[must_use]
pub fn key(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" | "" => HUB,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_told_from_the_first_part_of_a_name() {
        for (image, registry) in [
            ("busybox", HUB),
            ("team/app:1", HUB),
            ("docker.io/library/busybox", HUB),
            ("localhost/app", "localhost"),
            ("localhost:5000/app", "localhost:5000"),
            ("ghcr.io/team/app@sha256:0f", "ghcr.io"),
        ] {
            assert_eq!(registry_of(image), registry, "{image}");
        }
    }
}
