//! The variables of the environment that the Docker command line reads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use docker_api::{ApiVersion, Error};

/// All that is read, ever.
const NAMES: &[&str] = &[
    "DOCKER_API_VERSION",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CUSTOM_HEADERS",
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "PATH",
    "REQUEST_METHOD",
    "USERPROFILE",
    "XDG_RUNTIME_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Variables and their values, taken at one moment.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

/// Shows which variables there are. What is in them may be a secret: `DOCKER_AUTH_CONFIG`, `HTTPS_PROXY`.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// That of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        let mut variables = BTreeMap::new();
        for name in NAMES {
            match std::env::var(name) {
                Ok(value) => drop(variables.insert((*name).to_owned(), value)),
                Err(std::env::VarError::NotPresent) => {}
                Err(error) => return Err(unusable(name, &error)),
            }
        }
        Ok(Self(variables))
    }

    /// The value of a variable; one that is empty is as one that is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(NAMES.contains(&name), "{name} is not read from the process");
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// `DOCKER_API_VERSION`.
    pub(crate) fn api_version(&self) -> Result<Option<ApiVersion>, Error> {
        const NAME: &str = "DOCKER_API_VERSION";
        let version = self.get(NAME).map(str::parse).transpose();
        version.map_err(|error| unusable(NAME, &error))
    }

    /// The home of the user.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").or_else(|| self.get("USERPROFILE")).map(PathBuf::from)
    }

    /// The folder of `config.json` and the contexts: `DOCKER_CONFIG`, else `.docker` in the home of the user.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        match self.get("DOCKER_CONFIG") {
            Some(folder) => Some(folder.into()),
            None => self.home().map(|home| home.join(".docker")),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

fn unusable(name: &str, error: &dyn std::error::Error) -> Error {
    Error::Config { setting: name.to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let variables = [("DOCKER_AUTH_CONFIG", "hunter2"), ("HTTPS_PROXY", "http://u:hunter2@p")];
        let environment: Environment = variables.into_iter().collect();
        let shown = format!("{:?}", crate::credentials::Credentials::new(environment));
        assert!(shown.contains("DOCKER_AUTH_CONFIG") && !shown.contains("hunter2"), "{shown}");
    }
}
