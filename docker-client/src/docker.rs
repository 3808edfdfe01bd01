//! The client of an engine, and what its clones share.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Client, Error};

use crate::config::{ConfigWarning, Host, Warnings};
use crate::layers::{Base, Stack, Versioned};
use crate::registry::{CredentialProvider, Source};
use crate::transport::Timeouts;

/// A client of one engine.
///
/// It dereferences to [`Client`], which has every operation of the API as a method. Clones are cheap and share the
/// connections and the negotiated version. A client can be used from several tokio runtimes, one after the other or at
/// once.
#[derive(Clone)]
pub struct Docker {
    client: Client,
    version: Versioned,
    stack: Arc<Stack>,
    warnings: Warnings,
}

impl Docker {
    /// Returns the address of the engine. If there are several candidates, this is the address at which a connection
    /// last succeeded.
    pub fn host(&self) -> &Host {
        match &self.stack.base {
            Base::Http(http) => http.host(),
            Base::Custom(_, host) => host,
        }
    }

    /// Negotiates the API version again, for example after an upgrade of the engine, and returns it. A pinned version
    /// is returned unchanged.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`api_version`](docker_core::Client::api_version).
    pub async fn renegotiate(&self) -> Result<ApiVersion, Error> {
        self.version.renegotiate().await
    }

    /// Returns a clone of the client with a different
    /// [timeout for the head of a response](crate::Builder::reply_timeout), which applies to every operation, including
    /// slow ones.
    ///
    /// For single calls: `docker.with_reply_timeout(limit).container_stop("web").send()`.
    #[must_use]
    pub fn with_reply_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| {
            timeouts.reply = Some(limit);
            timeouts.strict = true;
        })
    }

    /// Returns a clone of the client with a different [idle timeout](crate::Builder::idle_timeout).
    #[must_use]
    pub fn with_idle_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| timeouts.idle = Some(limit))
    }

    /// Returns a clone of the client with a different [timeout for whole calls](crate::Builder::call_timeout).
    ///
    /// For single calls: `docker.with_call_timeout(limit).container_wait("web").send()`.
    #[must_use]
    pub fn with_call_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| timeouts.call = Some(limit))
    }

    /// Returns the provider of credentials for registries, or `None` after
    /// [`Builder::without_credentials`](crate::Builder::without_credentials). It is for crates that pass credentials to
    /// the engine in another way.
    #[must_use]
    pub fn credentials(&self) -> Option<Arc<dyn CredentialProvider>> {
        self.stack.credentials.as_ref().map(Source::provider)
    }

    /// Returns the warnings so far about parts of the configuration that could not be used, such as a `config.json`
    /// that is not JSON or a credential helper that fails. The client works without these parts, as the Docker command
    /// line does. The oldest warning is first, and at most 64 are kept.
    pub fn config_warnings(&self) -> Vec<ConfigWarning> {
        self.warnings.all()
    }

    /// Returns whether credentials for registries are added to calls that have none.
    pub(crate) fn has_credentials(&self) -> bool {
        self.stack.credentials.is_some()
    }

    fn with(&self, change: impl FnOnce(&mut Timeouts)) -> Self {
        let mut stack = Stack::clone(&self.stack);
        change(&mut stack.timeouts);
        Self::new(stack, self.warnings.clone())
    }

    pub(crate) fn new(stack: Stack, warnings: Warnings) -> Self {
        let (transport, version) = stack.build();
        let mut client = docker_core::Client::from_arc(transport);
        if let Some(bytes) = stack.response_limit {
            client = client.with_response_limit(bytes);
        }
        Self { client: client.into(), version, stack: Arc::new(stack), warnings }
    }
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker")
            .field("host", self.host())
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

impl Deref for Docker {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
