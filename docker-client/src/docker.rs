//! The client: how it is made, and what it shares.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Client, Error};

use crate::config::{Environment, Host};
use crate::credentials::{CredentialProvider, Credentials, Supply};
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
}

impl Docker {
    /// A client of the engine that the environment names, else of this machine's.
    ///
    /// `DOCKER_HOST` is the address and `DOCKER_API_VERSION` pins the version of the API. Registries are given the
    /// [`Credentials`] that `docker login` has stored. Nothing is sent yet: the connection is made, and the version
    /// negotiated, by the first request.
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
        Self::new(http, self.credentials.clone())
    }

    fn new(http: Http, credentials: Option<Arc<dyn CredentialProvider>>) -> Self {
        let client = match &credentials {
            Some(provider) => Client::new(Supply::new(http.clone(), Arc::clone(provider))),
            None => Client::new(http.clone()),
        };
        Self { client, http, credentials }
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

/// What a [`Docker`] is made from. What is set here stands before the environment.
#[derive(Clone, Default)]
#[must_use]
pub struct Builder {
    environment: Option<Environment>,
    host: Option<Host>,
    version: Option<ApiVersion>,
    timeouts: Timeouts,
    credentials: Wanted,
}

/// Which credentials registries are given.
#[derive(Clone, Default)]
enum Wanted {
    /// Those that the user has stored.
    #[default]
    Stored,
    From(Arc<dyn CredentialProvider>),
    Nobodys,
}

impl Builder {
    /// Where the engine is; instead of `DOCKER_HOST`.
    pub fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Reads these variables instead of the environment of the process. None at all (`[("", ""); 0]`) makes a client that
    /// depends on nothing but what is set here.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Where credentials for registries come from, instead of what `docker login` has stored. A call that brings its own
    /// credentials keeps them.
    pub fn credentials(mut self, provider: impl CredentialProvider + 'static) -> Self {
        self.credentials = Wanted::From(Arc::new(provider));
        self
    }

    /// Gives registries no credentials but those that a call brings.
    pub fn without_credentials(mut self) -> Self {
        self.credentials = Wanted::Nobodys;
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
        let environment = match self.environment {
            Some(environment) => environment,
            None => Environment::of_process()?,
        };
        let host = match (self.host, environment.get("DOCKER_HOST")) {
            (Some(host), _) => host,
            (None, Some(text)) => Host::parse("DOCKER_HOST", text)?,
            (None, None) => Host::default(),
        };
        let version = match self.version {
            Some(version) => Some(version),
            None => environment.api_version()?,
        };
        let credentials = match self.credentials {
            Wanted::Nobodys => None,
            Wanted::From(provider) => Some(provider),
            Wanted::Stored => {
                let stored: Arc<dyn CredentialProvider> = Arc::new(Credentials::new(environment));
                Some(stored)
            }
        };
        Ok(Docker::new(Http::new(host, self.timeouts, version), credentials))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("host", &self.host)
            .field("version", &self.version)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}
