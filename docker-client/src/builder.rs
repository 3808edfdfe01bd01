//! The settings that a client is made from.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Error};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(feature = "tls")]
use crate::config::Tls;
use crate::config::{Choice, ConfigFile, Endpoint, Environment, Host, Proxy, Warnings, headers};
use crate::docker::Docker;
use crate::layers::{Proxies, Versioned};
use crate::registry::{CredentialProvider, Credentials, Source};
use crate::transport::{Connector, Http, Io, Open, Timeouts};

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
    /// A `config.json` that cannot be read, or a member of it, is not an error: the client continues without it, as the Docker
    /// command line does, and keeps a [warning](Self::config_warnings).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a variable, a context or a certificate is not usable, with what was expected.
    pub fn connect() -> Result<Self, Error> {
        Self::builder().connect()
    }

    /// A client that is told where to connect, how long to wait, and so on; what is not set comes from the environment.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// What a [`Docker`] is made from. What is set here stands before the environment.
#[derive(Clone, Default)]
#[must_use]
pub struct Builder {
    environment: Option<Environment>,
    choice: Choice,
    open: Option<Arc<Open>>,
    headers: HeaderMap,
    invalid: Option<String>,
    version: Option<ApiVersion>,
    timeouts: Timeouts,
    credentials: Wanted,
    without_config_file: bool,
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
    /// Where the engine is; instead of `DOCKER_HOST` and all contexts.
    pub fn host(mut self, host: Host) -> Self {
        self.choice.host = Some(host);
        self
    }

    /// The name of a context of the Docker command line; instead of `DOCKER_HOST` and the current context. `default` is the
    /// one that stands for the environment.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.choice.context = Some(name.into());
        self
    }

    /// Speaks TLS over TCP, in this way; instead of `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.choice.tls = Some(tls);
        self
    }

    /// Opens connections by a function of your own. The host only names the engine then.
    pub fn connector<F, R, S>(mut self, open: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.open = Some(Arc::new(move || {
            let stream = open();
            Box::pin(async move {
                let stream: Pin<Box<dyn Io>> = Box::pin(stream.await?);
                Ok(stream)
            })
        }));
        self
    }

    /// Sets a header of every request, which a request of its own stands before. Others may come from
    /// `DOCKER_CUSTOM_HEADERS`, else from `HttpHeaders` of `config.json`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            // The value may be a secret.
            _ => self.invalid = Some(name.to_owned()),
        }
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

    /// Does not read `config.json`: its current context, headers, proxies and credentials have no effect. Credentials in
    /// `DOCKER_AUTH_CONFIG` and contexts that are named elsewhere still have.
    pub fn without_config_file(mut self) -> Self {
        self.without_config_file = true;
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

    /// How long to wait for the head of a reply; for ever unless set. The first call, which negotiates the version, may wait
    /// as long for that, too.
    ///
    /// It does not hold for operations that may rightly take long: those that wait (`ContainerWait`, `ContainerStop`),
    /// follow (`ContainerLogs`, `SystemEvents`), move data (`ImageCreate`, `ImageBuild`) or clear up
    /// (`ImagePrune`). [`Docker::with_reply_timeout`] holds for these, too.
    pub fn reply_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.reply = Some(limit);
        self
    }

    /// Sets how long a connection may be idle: while a request is sent, while the body of a response is read, and on an
    /// upgraded connection. There is no limit by default.
    ///
    /// A connection is idle while no byte moves in either direction. The time that the program takes between two reads is
    /// not counted, nor is the time from the end of the request to the head of the response, which
    /// [`reply_timeout`](Self::reply_timeout) limits. The crate's documentation has a [table of all timeouts](crate#timeouts).
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.idle = Some(limit);
        self
    }

    /// Sets how long a whole call may take, from negotiating the API version to the end of the response's body. There is no
    /// limit by default.
    ///
    /// An upgraded connection, as of [`attach`](crate::AttachExt::attach), may last longer; only the upgrade is limited. A verb
    /// that makes several calls, such as [`run`](Docker::run), has the limit for each. The crate's documentation has a
    /// [table of all timeouts](crate#timeouts).
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.call = Some(limit);
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`Docker::connect`].
    pub fn connect(self) -> Result<Docker, Error> {
        let mut environment = match self.environment {
            Some(environment) => environment,
            None => Environment::of_process()?,
        };
        environment.without_config_file |= self.without_config_file;
        if let Some(name) = self.invalid {
            let message = "this is no name, or what it was set to is no value, of a header";
            return Err(Error::config(format!("header {name:?}"), message));
        }
        let warnings = Warnings::default();
        let file = ConfigFile::read(&environment, &warnings);
        let variable = environment.get("DOCKER_CUSTOM_HEADERS");
        let mut headers = headers(variable, &file.http_headers, &warnings)?;
        headers.extend(self.headers);
        let endpoint = Endpoint::resolve(self.choice, &environment, &file)?;
        let proxy = match &self.open {
            Some(_) => None,
            None => Proxy::of(&environment, &endpoint.host)?,
        };
        let proxies = Proxies::of(&file, &endpoint.host);
        let path = environment.get_os("PATH").map(ToOwned::to_owned);
        let connector = Connector::new(endpoint, self.timeouts.connect, self.open, proxy, path)?;
        let version = match self.version {
            Some(version) => Some(version),
            None => environment.api_version()?,
        };
        let credentials = match self.credentials {
            Wanted::Nobodys => None,
            Wanted::From(provider) => Some(Source::Provider(provider)),
            Wanted::Stored => Some(Source::Stored(Credentials::new(environment, warnings.clone()))),
        };
        let http = Http::new(connector, headers, self.timeouts);
        let transport = Versioned::new(http, version, self.timeouts.reply);
        Ok(Docker::new(transport, credentials, proxies, warnings))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("choice", &self.choice)
            .field("version", &self.version)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}
