//! Passes the proxies in `config.json` to containers and builds, as the Docker command line does.
//!
//! They become variables of a container's environment and arguments of a build, in upper case and in lower case. What
//! the call sets itself stays as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use docker_api::{BoxFuture, Call, Error, Layer, Reply, Transport, Variables};
use serde_json::Value;

use crate::config::{ConfigFile, Host, StoredProxies};

/// Variables and their values; none if `config.json` has no proxies for the engine.
#[derive(Clone, Default)]
pub(crate) struct Proxies(Arc<[(String, String)]>);

impl Proxies {
    /// Returns the proxies for the engine at `host`, or else the default ones.
    pub(crate) fn of(file: &ConfigFile, host: &Host) -> Self {
        // For the command line, an address with TLS has the scheme `tcp` as well.
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

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to the body that creates a container; `None` if it is not such a body.
    fn in_body(&self, field: &str, body: &[u8]) -> Option<Vec<u8>> {
        let mut config: BTreeMap<String, Value> = serde_json::from_slice(body).ok()?;
        let variables = config.entry(field.to_owned()).or_insert(Value::Null);
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

    /// Adds them to the arguments of a build; `None` if the arguments cannot be read.
    fn in_query(&self, arguments: Option<&str>) -> Option<String> {
        let mut arguments: BTreeMap<String, Option<String>> = match arguments {
            Some(own) => serde_json::from_str(own).ok()?,
            None => BTreeMap::new(),
        };
        for (name, value) in self.0.iter() {
            arguments.entry(name.clone()).or_insert_with(|| Some(value.clone()));
        }
        serde_json::to_string(&arguments).ok()
    }
}

impl Layer for Proxies {
    fn execute<'a>(
        &'a self,
        mut call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        match call.operation().variables {
            Some(Variables::Body(field)) => {
                let body = call.body().as_bytes();
                if let Some(body) = body.and_then(|body| self.in_body(field, body)) {
                    *call.body_mut() = body.into();
                }
            }
            Some(Variables::Query(name)) => {
                if let Some(variables) = self.in_query(call.query(name)) {
                    call.set_query(name, variables);
                }
            }
            _ => {}
        }
        next.execute(call)
    }
}

/// Shows the names. The values may have a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
