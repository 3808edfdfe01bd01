//! The client: how it is made, and what it shares.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Client, Error};

use crate::config::{ConfigWarning, Host, Warnings};
use crate::layers::{Deadline, Proxies, Supply, Versioned};
use crate::registry::{CredentialProvider, Source};
use crate::transport::{Http, Timeouts};

/// A client of one engine.
///
/// It dereferences to [`Client`], which has every operation of the API as a method. Cheap to clone; clones share the
/// connections and the negotiated version. It can be used from several tokio runtimes, one after the other and at once.
#[derive(Clone)]
pub struct Docker {
    client: Client,
    transport: Versioned<Http>,
    credentials: Option<Source>,
    proxies: Proxies,
    warnings: Warnings,
}

impl Docker {
    /// Where the engine is. Where it was looked for in several places, the one where it was found last.
    pub fn host(&self) -> &Host {
        self.transport.next.host()
    }

    /// Asks the engine once more which versions it speaks, as after an upgrade of the engine. A pinned version stays.
    ///
    /// # Errors
    ///
    /// As for [`api_version`](docker_core::Client::api_version).
    pub async fn renegotiate(&self) -> Result<ApiVersion, Error> {
        self.transport.renegotiate().await
    }

    /// The same client, which waits at most so long for the head of a reply, whatever the operation is.
    ///
    /// For single calls: `docker.with_reply_timeout(limit).container_stop("web").send()`.
    #[must_use]
    pub fn with_reply_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| {
            timeouts.reply = Some(limit);
            timeouts.strict = true;
        })
    }

    /// Returns the same client with another [idle timeout](crate::Builder::idle_timeout).
    #[must_use]
    pub fn with_idle_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| timeouts.idle = Some(limit))
    }

    /// Returns the same client with another [timeout for whole calls](crate::Builder::call_timeout).
    ///
    /// For single calls: `docker.with_call_timeout(limit).container_wait("web").send()`.
    #[must_use]
    pub fn with_call_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| timeouts.call = Some(limit))
    }

    /// Returns what provides credentials for registries, for crates that hand credentials to the engine in a way of their own.
    #[must_use]
    pub fn credentials(&self) -> Option<Arc<dyn CredentialProvider>> {
        self.credentials.as_ref().map(Source::provider)
    }

    /// Returns what of the configuration could not be used so far, oldest first: a `config.json` that is not JSON, a credential
    /// helper that fails. The client works without it, as the Docker command line does.
    pub fn config_warnings(&self) -> Vec<ConfigWarning> {
        self.warnings.all()
    }

    /// Whether registries are given credentials that no call brings.
    pub(crate) fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    fn with(&self, change: impl FnOnce(&mut Timeouts)) -> Self {
        let mut transport = self.transport.clone();
        change(&mut transport.next.timeouts);
        transport.timeout = transport.next.timeouts.reply;
        Self::new(transport, self.credentials.clone(), self.proxies.clone(), self.warnings.clone())
    }

    pub(crate) fn new(
        transport: Versioned<Http>,
        credentials: Option<Source>,
        proxies: Proxies,
        warnings: Warnings,
    ) -> Self {
        let mut layers = match &credentials {
            Some(source) => proxies.supply(Supply::new(transport.clone(), source.clone())),
            None => proxies.supply(transport.clone()),
        };
        if let Some(limit) = transport.next.timeouts.call {
            layers = Arc::new(Deadline { next: layers, limit });
        }
        let client = Client::from_arc(layers);
        Self { client, transport, credentials, proxies, warnings }
    }
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl Deref for Docker {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
