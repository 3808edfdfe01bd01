//! The source of credentials for the layer that adds them to requests.

use std::sync::Arc;

use docker_api::Error;

use super::{CredentialProvider, Credentials, RegistryAuth};

/// The source of the credentials of one client.
#[derive(Clone)]
pub(crate) enum Source {
    /// The credentials that `docker login` has stored. Those that cannot be read are not sent.
    Stored(Credentials),
    /// A provider that the program has set. The request fails with its errors.
    Provider(Arc<dyn CredentialProvider>),
}

impl Source {
    /// Returns the source as a provider.
    pub(crate) fn provider(&self) -> Arc<dyn CredentialProvider> {
        match self {
            Self::Stored(stored) => Arc::new(stored.clone()),
            Self::Provider(provider) => Arc::clone(provider),
        }
    }

    /// Returns the credentials for a registry, and the reasons for which stored credentials could not be read.
    pub(crate) async fn get(
        &self,
        registry: &str,
    ) -> Result<(Option<RegistryAuth>, Vec<String>), Error> {
        match self {
            Self::Stored(stored) => Ok(stored.find(registry).await),
            Self::Provider(provider) => Ok((provider.get(registry).await?, Vec::new())),
        }
    }

    /// Returns the credentials for all registries, and the reasons for which stored credentials could not be read.
    pub(crate) async fn all(&self) -> Result<(Vec<(String, RegistryAuth)>, Vec<String>), Error> {
        match self {
            Self::Stored(stored) => Ok(stored.every().await),
            Self::Provider(provider) => Ok((provider.all().await?, Vec::new())),
        }
    }

    /// Returns other credentials in place of those that the registry has refused.
    pub(crate) async fn renew(&self, registry: &str) -> Result<Option<RegistryAuth>, Error> {
        match self {
            Self::Stored(_) => Ok(None),
            Self::Provider(provider) => provider.renew(registry).await,
        }
    }
}
