//! The client: how it is made, and what it shares.

use std::ops::Deref;
use std::time::Duration;

use docker_api::{ApiVersion, Client, Error};

use crate::config::{Host, environment};
use crate::transport::{Http, Timeouts};

/// A client of one engine.
///
/// It dereferences to [`Client`], which has every operation of the API as a method. Cheap to clone; clones share the
/// connections and the negotiated version. It can be used from several tokio runtimes, one after the other and at once.
#[derive(Debug, Clone)]
pub struct Docker {
    client: Client,
    http: Http,
}

impl Docker {
    /// A client of the engine that the environment names, else of this machine's.
    ///
    /// `DOCKER_HOST` is the address and `DOCKER_API_VERSION` pins the version of the API. Nothing is sent yet: the
    /// connection is made, and the version negotiated, by the first request.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a variable cannot be read.
    pub fn connect() -> Result<Self, Error> {
        Self::builder().connect()
    }

    /// A client that is told where to connect, how long to wait, and so on; what is not set comes from the environment.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where the engine is.
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

    fn with(&self, change: impl FnOnce(&mut Timeouts)) -> Self {
        let mut http = self.http.clone();
        change(&mut http.timeouts);
        Self::new(http)
    }

    fn new(http: Http) -> Self {
        Self { client: Client::new(http.clone()), http }
    }
}

impl Deref for Docker {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// What a [`Docker`] is made from. What is set here stands before the environment.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    host: Option<Host>,
    version: Option<ApiVersion>,
    timeouts: Timeouts,
}

impl Builder {
    /// Where the engine is; instead of `DOCKER_HOST`.
    pub fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Speaks this version of the API and negotiates none; instead of `DOCKER_API_VERSION`.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// How long to wait for a connection; 10 s unless set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.connect = Some(limit);
        self
    }

    /// How long to wait for the head of a reply; for ever unless set.
    ///
    /// It does not hold for operations that may rightly take long: those that wait (`ContainerWait`, `ContainerStop`),
    /// follow (`ContainerLogs`, `SystemEvents`), move data (`ImageCreate`, `ImageBuild`) or clear up
    /// (`ImagePrune`). [`Docker::with_reply_timeout`] holds for these, too.
    pub fn reply_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.reply = Some(limit);
        self
    }

    /// How long to wait for the next piece of a reply; for ever unless set.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.idle = Some(limit);
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`Docker::connect`].
    pub fn connect(self) -> Result<Docker, Error> {
        let host = match self.host {
            Some(host) => host,
            None => environment::host()?.unwrap_or_default(),
        };
        let version = match self.version {
            Some(version) => Some(version),
            None => environment::api_version()?,
        };
        Ok(Docker::new(Http::new(host, self.timeouts, version)))
    }
}
