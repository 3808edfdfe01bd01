//! The file `config.json` of the Docker command line.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use docker_api::Error;
use serde::Deserialize;

/// What is read of the file. It is never written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ConfigFile {
    /// Credentials by registry.
    pub(crate) auths: BTreeMap<String, StoredAuth>,
    /// The program that keeps the credentials of all registries.
    pub(crate) creds_store: Option<String>,
    /// The programs that keep the credentials of single registries.
    pub(crate) cred_helpers: BTreeMap<String, String>,
    /// Headers for every request to the engine.
    #[serde(rename = "HttpHeaders")]
    pub(crate) http_headers: BTreeMap<String, String>,
    /// The context that is used unless something else is said.
    pub(crate) current_context: Option<String>,
    /// The proxies that containers and builds are told of, by the address of the engine, or `default`.
    pub(crate) proxies: BTreeMap<String, StoredProxies>,
}

/// Proxies for programs in containers.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct StoredProxies {
    pub(crate) http_proxy: String,
    pub(crate) https_proxy: String,
    pub(crate) no_proxy: String,
    pub(crate) ftp_proxy: String,
    pub(crate) all_proxy: String,
}

/// Shows nothing, as a password may be part of an address.
impl std::fmt::Debug for StoredProxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredProxies").finish_non_exhaustive()
    }
}

/// Credentials as they are stored.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StoredAuth {
    /// User and password, with a colon between, in standard base64.
    pub(crate) auth: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) identitytoken: Option<String>,
    pub(crate) registrytoken: Option<String>,
}

/// Shows nothing that is stored.
impl std::fmt::Debug for StoredAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredAuth").finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Reads the file of this folder. One that does not exist is as one that is empty.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("config.json");
        let unusable =
            |message: String| Error::Config { setting: path.display().to_string(), message };
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unusable(format!("cannot be read: {error}"))),
        };
        // The text of a JSON error says where it is, and shows nothing of what stands there but its type.
        serde_json::from_slice(&text).map_err(|error| unusable(format!("is not usable: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_an_empty_one_and_a_broken_one_says_where() {
        let folder = tempfile::tempdir().unwrap();
        assert!(ConfigFile::read(folder.path()).unwrap().auths.is_empty());
        let path = folder.path().join("config.json");
        std::fs::write(&path, "{\"auths\": {},\n \"credsStore\": }").unwrap();
        let error = ConfigFile::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()) && error.contains("line 2"), "{error}");
    }

    #[test]
    fn what_is_unknown_is_left_out_and_secrets_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"auths":{"r":{"auth":"aHVudGVyMg==","email":"x"}},"credHelpers":{"g":"h"},
            "HttpHeaders":{"X-Meta":"1"},"currentContext":"c","psFormat":"table"}"#;
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let config = ConfigFile::read(folder.path()).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("c"));
        assert_eq!(config.cred_helpers["g"], "h");
        assert!(!format!("{config:?}").contains("aHVudGVyMg"));
    }
}
