//! The environment variables that the client reads.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use docker_api::{ApiVersion, Error};

/// The variables whose values must be valid UTF-8.
const STRINGS: &[&str] = &[
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

/// Those of them that are ignored if they are not valid UTF-8.
const OPTIONAL: &[&str] = &["DOCKER_AUTH_CONFIG"];

/// The variables whose values need not be valid UTF-8, such as paths.
const OTHERS: &[&str] = &[
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "HOME",
    "PATH",
    "REQUEST_METHOD",
    "USERPROFILE",
    "XDG_RUNTIME_DIR",
];

/// Environment variables and their values.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, OsString>,
    /// Whether `config.json` is ignored.
    pub(crate) without_config_file: bool,
}

/// Shows only the names of the variables, because values such as that of `HTTPS_PROXY` may contain secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// Reads the environment of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let mut variables = BTreeMap::new();
        for name in STRINGS.iter().chain(OTHERS) {
            if let Some(value) = variable(name) {
                if STRINGS.contains(name) && !OPTIONAL.contains(name) && value.to_str().is_none() {
                    // The value may be a secret.
                    return Err(unusable(name, "the value is not valid UTF-8"));
                }
                variables.insert((*name).to_owned(), value);
            }
        }
        Ok(Self { variables, without_config_file: false })
    }

    /// Returns the value of a variable, or `None` if it is not set or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(STRINGS.contains(&name), "{name} is not read from the process");
        self.variables.get(name)?.to_str().map(str::trim).filter(|value| !value.is_empty())
    }

    /// Returns whether a variable is valid UTF-8 or not set.
    pub(crate) fn is_utf8(&self, name: &str) -> bool {
        self.variables.get(name).is_none_or(|value| value.to_str().is_some())
    }

    /// Returns the value of a variable that need not be valid UTF-8, or `None` if it is not set or empty.
    pub(crate) fn get_os(&self, name: &str) -> Option<&OsStr> {
        debug_assert!(OTHERS.contains(&name), "{name} is not read from the process");
        let value = self.variables.get(name)?;
        let trimmed = value.to_str().map_or(value.as_os_str(), |text| OsStr::new(text.trim()));
        Some(trimmed).filter(|value| !value.is_empty())
    }

    /// Returns the version of `DOCKER_API_VERSION`.
    pub(crate) fn api_version(&self) -> Result<Option<ApiVersion>, Error> {
        const NAME: &str = "DOCKER_API_VERSION";
        let version = self.get(NAME).map(str::parse).transpose();
        // The value may be a secret that was assigned to the wrong variable.
        version.map_err(|_| unusable(NAME, "expected two numbers separated by a dot, such as 1.52"))
    }

    /// Returns the home directory of the user.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get_os("HOME").or_else(|| self.get_os("USERPROFILE")).map(PathBuf::from)
    }

    /// Returns the directory of `config.json` and the contexts: `DOCKER_CONFIG`, or `.docker` in the home directory.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        match self.get_os("DOCKER_CONFIG") {
            Some(directory) => Some(directory.into()),
            None => self.home().map(|home| home.join(".docker")),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables =
            variables.into_iter().map(|(name, value)| (name.into(), value.into().into())).collect();
        Self { variables, without_config_file: false }
    }
}

fn unusable(name: &str, what: impl ToString) -> Error {
    Error::config(name, what.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let variables = [("DOCKER_AUTH_CONFIG", "hunter2"), ("HTTPS_PROXY", "http://u:hunter2@p")];
        let environment: Environment = variables.into_iter().collect();
        let shown =
            format!("{:?}", crate::registry::Credentials::new(environment, Default::default()));
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
        assert_eq!(only("DOCKER_CONFIG").unwrap().directory().as_deref(), Some(value.as_ref()));
        assert_eq!(only("PATH").unwrap().get_os("PATH"), Some(value));
        assert!(only("REQUEST_METHOD").unwrap().get_os("REQUEST_METHOD").is_some());
        assert!(only("DOCKER_AUTH_CONFIG").is_ok(), "it is optional");
        let error = only("DOCKER_CUSTOM_HEADERS").unwrap_err();
        assert!(error.to_string().starts_with("DOCKER_CUSTOM_HEADERS: "), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
