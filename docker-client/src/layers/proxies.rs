//! Tells containers and builds of the proxies that `config.json` has for them, as the Docker command line does.
//!
//! They become variables of a container's environment, and arguments of a build, in capitals and in small letters. What the
//! call sets itself stays as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use docker_api::operations::{ContainerCreate, ImageBuild};
use docker_api::{ApiVersion, Body, BoxFuture, Error, IgnoredField, Operation, Reply, Transport};
use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::query::parameter;
use crate::config::{ConfigFile, Host, StoredProxies};

/// The parameter of a build that has its arguments.
const ARGUMENTS: &str = "buildargs";

/// Variables and their values: none, where `config.json` has no proxies for the engine.
#[derive(Clone, Default)]
pub(crate) struct Proxies(Arc<[(String, String)]>);

impl Proxies {
    /// Those for the engine at `host`, else the default ones.
    pub(crate) fn of(file: &ConfigFile, host: &Host) -> Self {
        // The command line knows TLS by its certificates, not by the scheme.
        let over_tcp = match host {
            Host::Tls(host) => Host::Tcp(host.clone()).to_string(),
            other => other.to_string(),
        };
        let keys = [host.to_string(), over_tcp, "default".to_owned()];
        let Some(stored) = keys.iter().find_map(|key| file.proxies.get(key)) else {
            return Self::default();
        };
        let StoredProxies { http_proxy, https_proxy, no_proxy, ftp_proxy, all_proxy } = stored;
        let pairs = [
            ("HTTP_PROXY", http_proxy),
            ("HTTPS_PROXY", https_proxy),
            ("NO_PROXY", no_proxy),
            ("FTP_PROXY", ftp_proxy),
            ("ALL_PROXY", all_proxy),
        ];
        let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let both = set.flat_map(|(name, value)| {
            [name.to_owned(), name.to_ascii_lowercase()].map(|name| (name, value.clone()))
        });
        Self(both.collect())
    }

    /// `transport`, with these proxies put into the requests that are to have them.
    pub(crate) fn supply<T: Transport + 'static>(&self, transport: T) -> Arc<dyn Transport> {
        match self.0.is_empty() {
            true => Arc::new(transport),
            false => Arc::new(Supply { next: transport, proxies: self.clone() }),
        }
    }

    /// Adds them to the body of a container's creation; `None` where it has no such body.
    fn in_container(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut config: BTreeMap<String, Value> = serde_json::from_slice(body).ok()?;
        let variables = config.entry("Env".to_owned()).or_insert(Value::Null);
        if variables.is_null() {
            *variables = Value::Array(Vec::new());
        }
        let variables = variables.as_array_mut()?;
        for (name, value) in self.0.iter() {
            let is_own =
                |own: &Value| own.as_str().is_some_and(|own| own.split('=').next() == Some(name));
            if !variables.iter().any(is_own) {
                variables.push(format!("{name}={value}").into());
            }
        }
        serde_json::to_vec(&config).ok()
    }

    /// Adds them to the query of a build; `None` where its arguments cannot be read.
    fn in_build(&self, uri: &Uri) -> Option<Uri> {
        let mut arguments: BTreeMap<String, Option<String>> = match parameter(uri, ARGUMENTS) {
            Some(own) => serde_json::from_str(&own).ok()?,
            None => BTreeMap::new(),
        };
        for (name, value) in self.0.iter() {
            arguments.entry(name.clone()).or_insert_with(|| Some(value.clone()));
        }
        let arguments = serde_json::to_string(&arguments).ok()?;
        let arguments =
            format!("{ARGUMENTS}={}", utf8_percent_encode(&arguments, NON_ALPHANUMERIC));
        let pairs = uri.query().unwrap_or_default().split('&');
        let others =
            pairs.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(ARGUMENTS));
        let query = others.chain([&*arguments]).collect::<Vec<_>>().join("&");
        format!("{}?{query}", uri.path()).parse().ok()
    }
}

/// A transport that puts proxies into requests before another sends them.
struct Supply<T> {
    next: T,
    proxies: Proxies,
}

impl<T: Transport> Transport for Supply<T> {
    fn execute(
        &self,
        operation: &'static Operation,
        mut request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>> {
        if *operation == ContainerCreate::OPERATION {
            let body = request.body().as_bytes().and_then(|body| self.proxies.in_container(body));
            if let Some(body) = body {
                *request.body_mut() = body.into();
            }
        } else if *operation == ImageBuild::OPERATION
            && let Some(uri) = self.proxies.in_build(request.uri())
        {
            *request.uri_mut() = uri;
        }
        self.next.execute(operation, request)
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        self.next.api_version()
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        self.next.note_ignored(operation, fields);
    }
}

impl<T: fmt::Debug> fmt::Debug for Supply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supply").field("next", &self.next).finish_non_exhaustive()
    }
}
