//! The client: how it is made, and what it shares.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Client, Error};

use crate::builder::Builder;
use crate::config::Host;
use crate::layers::{Proxies, Supply};
use crate::registry::CredentialProvider;
use crate::transport::{Http, Timeouts};

/// A client of one engine.
///
/// It dereferences to [`Client`], which has every operation of the API as a method. Cheap to clone; clones share the
/// connections and the negotiated version. It can be used from several tokio runtimes, one after the other and at once.
#[derive(Clone)]
pub struct Docker {
    client: Client,
    http: Http,
    credentials: Option<Arc<dyn CredentialProvider>>,
    proxies: Proxies,
}

impl Docker {
    /// A client of the engine that the environment names, else of this machine's.
    ///
    /// As the Docker command line chooses it: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or `config.json` names,
    /// else the usual socket; where none of these is set and nothing answers there, also the sockets of rootless
    /// engines, Docker Desktop, colima and podman. `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` are read for
    /// TLS, `DOCKER_CONFIG` for where `config.json` is, `DOCKER_CUSTOM_HEADERS` for headers of every request, and
    /// `DOCKER_API_VERSION` pins the version of the API. An engine on TCP is reached through the proxy that `HTTP_PROXY`, for
    /// TLS `HTTPS_PROXY`, names, unless `NO_PROXY` excepts it. Registries are given the [`Credentials`] that `docker login` has
    /// stored; containers and builds are told of the `proxies` in `config.json`, unless they set the same variables.
    ///
    /// Nothing is sent yet: the connection is made, and the version negotiated, by the first request.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a variable or a file cannot be read, with what is expected.
    pub fn connect() -> Result<Self, Error> {
        Self::builder().connect()
    }

    /// A client that is told where to connect, how long to wait, and so on; what is not set comes from the environment.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where the engine is. Where it was looked for in several places, the one where it was found last.
    pub fn host(&self) -> &Host {
        self.http.host()
    }

    /// Asks the engine once more which versions it speaks, as after an upgrade of the engine. A pinned version stays.
    ///
    /// # Errors
    ///
    /// As for [`Client::api_version`].
    pub async fn renegotiate(&self) -> Result<ApiVersion, Error> {
        self.http.renegotiate().await
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

    /// The same client, which waits at most so long for the next piece of a reply.
    #[must_use]
    pub fn with_idle_timeout(&self, limit: Duration) -> Self {
        self.with(|timeouts| timeouts.idle = Some(limit))
    }

    /// Whether registries are given credentials that no call brings.
    pub(crate) fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    fn with(&self, change: impl FnOnce(&mut Timeouts)) -> Self {
        let mut http = self.http.clone();
        change(&mut http.timeouts);
        Self::new(http, self.credentials.clone(), self.proxies.clone())
    }

    pub(crate) fn new(
        http: Http,
        credentials: Option<Arc<dyn CredentialProvider>>,
        proxies: Proxies,
    ) -> Self {
        let client = Client::from_arc(match &credentials {
            Some(provider) => proxies.supply(Supply::new(http.clone(), Arc::clone(provider))),
            None => proxies.supply(http.clone()),
        });
        Self { client, http, credentials, proxies }
    }
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Deref for Docker {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
