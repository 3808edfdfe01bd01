//! Builds a client from settings and from the environment.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use docker_api::{ApiVersion, Error, Layer, Transport};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(feature = "tls")]
use crate::config::Tls;
use crate::config::{Choice, ConfigFile, Endpoint, Environment, Host, Proxy, Warnings, headers};
use crate::docker::Docker;
use crate::layers::{Base, Negotiation, Proxies, Stack};
use crate::registry::{CredentialProvider, Credentials, Source};
use crate::transport::{Connector, Http, Io, Open, Timeouts};

impl Docker {
    /// Creates a client of the engine that the environment names or, by default, of the one on this machine.
    ///
    /// The engine is chosen as by the Docker command line. The first of these that is set determines it: `DOCKER_HOST`,
    /// the context that `DOCKER_CONTEXT` names, and the current context in `config.json`. Otherwise, the default socket
    /// is used. If none of these is set and nothing listens on the default socket, the sockets of rootless engines,
    /// Docker Desktop, colima and podman are tried as well.
    ///
    /// The other settings are those of the command line, too:
    ///
    /// - `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` configure TLS.
    /// - `DOCKER_CONFIG` is the directory of `config.json`.
    /// - `DOCKER_CUSTOM_HEADERS` adds headers to every request.
    /// - `DOCKER_API_VERSION` pins the version of the API.
    /// - An engine on TCP is reached through the proxy in `HTTP_PROXY`, or in `HTTPS_PROXY` with TLS, unless `NO_PROXY`
    ///   excludes it.
    /// - Registries receive the [`Credentials`] that `docker login` has stored.
    /// - Containers and builds receive the `proxies` in `config.json`, unless they set the same variables.
    ///
    /// Nothing is sent yet: the first request connects and negotiates the version.
    ///
    /// If `config.json` or a member of it cannot be read, the client continues without it, as the Docker command line
    /// does, and keeps a [warning](Self::config_warnings).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] if a variable, a context or a certificate is invalid.
    pub fn connect() -> Result<Self, Error> {
        Self::builder().connect()
    }

    /// Returns a builder of clients. What is not set on the builder comes from the environment.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Builds a [`Docker`]. Its settings override the environment.
#[derive(Clone, Default)]
#[must_use]
pub struct Builder {
    environment: Option<Environment>,
    choice: Choice,
    open: Option<Arc<Open>>,
    transport: Option<Arc<dyn Transport>>,
    layers: Vec<Arc<dyn Layer>>,
    headers: HeaderMap,
    invalid: Option<String>,
    version: Option<ApiVersion>,
    timeouts: Timeouts,
    response_limit: Option<usize>,
    credentials: CredentialSource,
    without_config_file: bool,
}

/// Where credentials for registries come from.
#[derive(Clone, Default)]
enum CredentialSource {
    /// What `docker login` has stored.
    #[default]
    Stored,
    /// A provider of the program.
    Provider(Arc<dyn CredentialProvider>),
    /// None: only credentials that are set on a call are sent.
    Disabled,
}

impl Builder {
    /// Sets the address of the engine, which overrides `DOCKER_HOST` and all contexts.
    pub fn host(mut self, host: Host) -> Self {
        self.choice.host = Some(host);
        self
    }

    /// Sets the context of the Docker command line, which overrides `DOCKER_HOST` and the current context. The context
    /// `default` stands for the engine that the environment variables describe.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.choice.context = Some(name.into());
        self
    }

    /// Uses TLS over TCP with these settings, which override `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.choice.tls = Some(tls);
        self
    }

    /// Opens connections by calling `open`. The [host](Self::host) then only names the engine in errors and in the
    /// header `Host`.
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

    /// Sends calls through `transport` instead of over HTTP. All other features of the client work on top of it, such
    /// as version negotiation, credentials, and [`run`](Docker::run).
    ///
    /// The [host](Self::host) then only names the engine. The connect timeout, the idle timeout and
    /// [`connector`](Self::connector) have no effect.
    ///
    /// ```
    /// use docker_client::{BoxFuture, Call, Docker, Error, Reply, Transport};
    /// use http::StatusCode;
    ///
    /// /// An engine in memory, which has no containers.
    /// #[derive(Debug)]
    /// struct InMemory;
    ///
    /// impl Transport for InMemory {
    ///     fn execute(&self, call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
    ///         Box::pin(async move {
    ///             Ok(match call.operation().id {
    ///                 "ContainerList" => Reply::new(StatusCode::OK, "[]"),
    ///                 "SystemPingHead" => Reply::new(StatusCode::OK, ""),
    ///                 _ => Reply::new(StatusCode::NOT_IMPLEMENTED, r#"{"message":"no such call"}"#),
    ///             })
    ///         })
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Error> {
    /// let docker = Docker::builder().transport(InMemory).connect()?;
    /// assert!(docker.container_list().send().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Adds a layer, which receives every call just before it is sent, with its credentials, version and headers. It
    /// also receives the calls that negotiate the version. Layers receive a call in the order in which they were added.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use docker_client::{BoxFuture, Call, Docker, Error, Layer, Reply, Transport};
    /// use http::HeaderValue;
    ///
    /// /// Adds a header to every call, and counts them.
    /// #[derive(Debug)]
    /// struct Team {
    ///     name: HeaderValue,
    ///     calls: Arc<AtomicU64>,
    /// }
    ///
    /// impl Layer for Team {
    ///     fn execute<'a>(
    ///         &'a self,
    ///         mut call: Call,
    ///         next: &'a dyn Transport,
    ///     ) -> BoxFuture<'a, Result<Reply, Error>> {
    ///         self.calls.fetch_add(1, Ordering::Relaxed);
    ///         call.headers_mut().insert("x-team", self.name.clone());
    ///         next.execute(call)
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Error> {
    /// let calls = Arc::<AtomicU64>::default();
    /// let team = Team { name: HeaderValue::from_static("payments"), calls: calls.clone() };
    /// let docker = Docker::builder().layer(team).connect()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Sets a header of every request. A header that the request itself sets overrides it. If the name or the value is
    /// invalid, [`connect`](Self::connect) returns [`Error::Config`].
    ///
    /// It is added to the headers in `DOCKER_CUSTOM_HEADERS`, or else in `HttpHeaders` of `config.json`, and overrides
    /// those of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            // The value may be a secret.
            _ => self.invalid = Some(name.to_owned()),
        }
        self
    }

    /// Uses these variables instead of the environment of the process. With no variables (`[("", ""); 0]`), the client
    /// depends only on what is set on the builder.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Ignores `config.json`: its current context, headers, proxies and credentials have no effect. Credentials in
    /// `DOCKER_AUTH_CONFIG` and contexts that are selected elsewhere, such as by `DOCKER_CONTEXT`, are still used.
    pub fn without_config_file(mut self) -> Self {
        self.without_config_file = true;
        self
    }

    /// Sets the provider of credentials for registries, which replaces what `docker login` has stored. Credentials that
    /// are set on a call take precedence.
    pub fn credentials(mut self, provider: impl CredentialProvider + 'static) -> Self {
        self.credentials = CredentialSource::Provider(Arc::new(provider));
        self
    }

    /// Sends no credentials for registries except those that are set on a call.
    pub fn without_credentials(mut self) -> Self {
        self.credentials = CredentialSource::Disabled;
        self
    }

    /// Pins the version of the API instead of negotiating it. Overrides `DOCKER_API_VERSION`.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Sets how long making a connection may take, including the tunnel of a proxy and the TLS handshake; 10 seconds by
    /// default. It does not apply to ssh.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.connect = Some(limit);
        self
    }

    /// Sets the maximum time from the start of a call to the head of its response, which includes connecting, sending
    /// the request and waiting. There is no limit by default. The negotiation of the version, before the first call,
    /// has the same limit of its own.
    ///
    /// The limit does not apply to slow operations: those that wait (`ContainerWait`, `ContainerStop`), follow
    /// (`ContainerLogs`, `SystemEvents`), move data (`ImageCreate`, `ImageBuild`) or clean up (`ImagePrune`).
    /// [`Docker::with_reply_timeout`] applies to these as well.
    pub fn reply_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.reply = Some(limit);
        self
    }

    /// Sets how long a connection may be idle: while a request is sent, while the body of a response is read, and on an
    /// upgraded connection. There is no limit by default.
    ///
    /// A connection is idle while no byte moves in either direction. The time that the program takes between two reads
    /// is not counted, nor is the time from the end of the request to the head of the response, which
    /// [`reply_timeout`](Self::reply_timeout) limits. The crate's documentation has a
    /// [table of all timeouts](crate#timeouts).
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.idle = Some(limit);
        self
    }

    /// Sets the maximum length of a response that is decoded, in bytes. The default is 64 MiB. It does not limit
    /// streams.
    ///
    /// Decoding takes more memory than that: see [`Request::response_limit`](crate::Request::response_limit), which
    /// sets the limit of one request.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = Some(bytes);
        self
    }

    /// Sets how long a whole call may take, from negotiating the API version to the end of the response's body. There
    /// is no limit by default.
    ///
    /// An upgraded connection, such as that of [`attach`](crate::AttachExt::attach), may last longer; only the upgrade
    /// is limited. If a method makes several calls, as those of [`Run`](crate::Run) do, the limit applies to each of
    /// them. The crate's documentation has a [table of all timeouts](crate#timeouts).
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.call = Some(limit);
        self
    }

    /// Creates the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Docker::connect`], and [`Error::Config`] if a setting of the builder, such as a
    /// [header](Self::header), is invalid.
    pub fn connect(self) -> Result<Docker, Error> {
        let mut environment = match self.environment {
            Some(environment) => environment,
            None => Environment::of_process()?,
        };
        environment.without_config_file |= self.without_config_file;
        if let Some(name) = self.invalid {
            let message = "invalid name or value of a header";
            return Err(Error::config(format!("header {name:?}"), message));
        }
        let warnings = Warnings::default();
        let file = ConfigFile::read(&environment, &warnings);
        let variable = environment.get("DOCKER_CUSTOM_HEADERS");
        let mut headers = headers(variable, &file.http_headers, &warnings)?;
        headers.extend(self.headers);
        let endpoint = Endpoint::resolve(self.choice, &environment, &file)?;
        let proxies = Proxies::of(&file, &endpoint.host);
        let base = match self.transport {
            Some(transport) => Base::Custom(transport, endpoint.host),
            None => {
                let proxy = match &self.open {
                    Some(_) => None,
                    None => Proxy::of(&environment, &endpoint.host)?,
                };
                let path = environment.get_os("PATH").map(ToOwned::to_owned);
                let timeout = self.timeouts.connect;
                let connector = Connector::new(endpoint, timeout, self.open, proxy, path)?;
                Base::Http(Http::new(connector))
            }
        };
        let version = match self.version {
            Some(version) => Some(version),
            None => environment.api_version()?,
        };
        let credentials = match self.credentials {
            CredentialSource::Disabled => None,
            CredentialSource::Provider(provider) => Some(Source::Provider(provider)),
            CredentialSource::Stored => {
                Some(Source::Stored(Credentials::new(environment, warnings.clone())))
            }
        };
        let stack = Stack {
            base,
            layers: self.layers,
            headers,
            negotiation: Arc::new(Negotiation::new(version)),
            credentials,
            proxies,
            timeouts: self.timeouts,
            response_limit: self.response_limit,
        };
        Ok(Docker::new(stack, warnings))
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
