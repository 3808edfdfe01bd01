//! Where credentials come from, as the layer that puts them into requests asks for them.

use std::sync::Arc;

use docker_api::Error;

use super::{CredentialProvider, Credentials, RegistryAuth};

/// The source of the credentials of one client.
#[derive(Clone)]
pub(crate) enum Source {
    /// What `docker login` has stored. Whatever of it cannot be read is a reason to send none.
    Stored(Credentials),
    /// A provider of the program's own, whose errors are those of the request.
    Provider(Arc<dyn CredentialProvider>),
}

impl Source {
    /// The source as a provider that a program can call.
    pub(crate) fn provider(&self) -> Arc<dyn CredentialProvider> {
        match self {
            Self::Stored(stored) => Arc::new(stored.clone()),
            Self::Provider(provider) => Arc::clone(provider),
        }
    }

    /// Returns the credentials for a registry, and why there may be fewer than the user has stored.
    pub(crate) async fn get(
        &self,
        registry: &str,
    ) -> Result<(Option<RegistryAuth>, Vec<String>), Error> {
        match self {
            Self::Stored(stored) => Ok(stored.find(registry).await),
            Self::Provider(provider) => Ok((provider.get(registry).await?, Vec::new())),
        }
    }

    /// Returns the credentials for all registries, and why there may be fewer than the user has stored.
    pub(crate) async fn all(&self) -> Result<(Vec<(String, RegistryAuth)>, Vec<String>), Error> {
        match self {
            Self::Stored(stored) => Ok(stored.every().await),
            Self::Provider(provider) => Ok((provider.all().await?, Vec::new())),
        }
    }

    /// Returns other credentials than those that the registry has refused.
    pub(crate) async fn renew(&self, registry: &str) -> Result<Option<RegistryAuth>, Error> {
        match self {
            Self::Stored(_) => Ok(None),
            Self::Provider(provider) => provider.renew(registry).await,
        }
    }
}
