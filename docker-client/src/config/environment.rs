//! The variables of the environment that the Docker command line reads.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use docker_api::{ApiVersion, Error};

/// All texts that are read, ever.
const TEXTS: &[&str] = &[
    "DOCKER_API_VERSION",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CUSTOM_HEADERS",
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// All else that is read: paths need be no text.
const OTHERS: &[&str] = &[
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "HOME",
    "PATH",
    "REQUEST_METHOD",
    "USERPROFILE",
    "XDG_RUNTIME_DIR",
];

/// Variables and their values, taken at one moment.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

/// Shows which variables there are. What is in them may be a secret: `DOCKER_AUTH_CONFIG`, `HTTPS_PROXY`.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// That of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let mut variables = BTreeMap::new();
        for name in TEXTS.iter().chain(OTHERS) {
            if let Some(value) = variable(name) {
                if TEXTS.contains(name) && value.to_str().is_none() {
                    // The value may be a secret.
                    return Err(unusable(name, "the value is no text in UTF-8"));
                }
                variables.insert((*name).to_owned(), value);
            }
        }
        Ok(Self(variables))
    }

    /// The value of a variable; one that is empty is as one that is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(TEXTS.contains(&name), "{name} is not read from the process");
        self.0.get(name)?.to_str().map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value of a variable that need be no text.
    pub(crate) fn get_os(&self, name: &str) -> Option<&OsStr> {
        debug_assert!(OTHERS.contains(&name), "{name} is not read from the process");
        let value = self.0.get(name)?;
        let trimmed = value.to_str().map_or(value.as_os_str(), |text| OsStr::new(text.trim()));
        Some(trimmed).filter(|value| !value.is_empty())
    }

    /// `DOCKER_API_VERSION`.
    pub(crate) fn api_version(&self) -> Result<Option<ApiVersion>, Error> {
        const NAME: &str = "DOCKER_API_VERSION";
        let version = self.get(NAME).map(str::parse).transpose();
        version.map_err(|error| unusable(NAME, error))
    }

    /// The home of the user.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get_os("HOME").or_else(|| self.get_os("USERPROFILE")).map(PathBuf::from)
    }

    /// The folder of `config.json` and the contexts: `DOCKER_CONFIG`, else `.docker` in the home of the user.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        match self.get_os("DOCKER_CONFIG") {
            Some(folder) => Some(folder.into()),
            None => self.home().map(|home| home.join(".docker")),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(variables.map(|(name, value)| (name.into(), value.into().into())).collect())
    }
}

fn unusable(name: &str, what: impl ToString) -> Error {
    Error::Config { setting: name.to_owned(), message: what.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let variables = [("DOCKER_AUTH_CONFIG", "hunter2"), ("HTTPS_PROXY", "http://u:hunter2@p")];
        let environment: Environment = variables.into_iter().collect();
        let shown = format!("{:?}", crate::registry::Credentials::new(environment));
        assert!(shown.contains("DOCKER_AUTH_CONFIG") && !shown.contains("hunter2"), "{shown}");
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_be_no_text_and_what_must_be_one_is_named_and_not_shown() {
        use std::os::unix::ffi::OsStrExt;

        let value = OsStr::from_bytes(b"/hunter2\xff");
        let only = |set: &'static str| {
            Environment::read(move |name| (name == set).then(|| value.to_owned()))
        };
        assert_eq!(only("HOME").unwrap().home().as_deref(), Some(value.as_ref()));
        assert_eq!(only("DOCKER_CONFIG").unwrap().folder().as_deref(), Some(value.as_ref()));
        assert_eq!(only("PATH").unwrap().get_os("PATH"), Some(value));
        assert!(only("REQUEST_METHOD").unwrap().get_os("REQUEST_METHOD").is_some());
        let error = only("DOCKER_AUTH_CONFIG").unwrap_err();
        assert!(error.to_string().starts_with("DOCKER_AUTH_CONFIG: "), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
