//! The file `config.json` of the Docker command line.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use docker_api::Error;
use serde::Deserialize;

use super::json::{self, null_default};

/// What is read of the file. It is never written. `null` counts as absent.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ConfigFile {
    /// Credentials by registry.
    #[serde(deserialize_with = "null_default")]
    pub(crate) auths: BTreeMap<String, StoredAuth>,
    /// The program that keeps the credentials of all registries.
    pub(crate) creds_store: Option<String>,
    /// The programs that keep the credentials of single registries.
    #[serde(deserialize_with = "null_default")]
    pub(crate) cred_helpers: BTreeMap<String, String>,
    /// Headers for every request to the engine.
    #[serde(rename = "HttpHeaders", deserialize_with = "null_default")]
    pub(crate) http_headers: BTreeMap<String, String>,
    /// The context that is used unless something else is said.
    pub(crate) current_context: Option<String>,
    /// The proxies that containers and builds are told of, by the address of the engine, or `default`.
    #[serde(deserialize_with = "null_default")]
    pub(crate) proxies: BTreeMap<String, StoredProxies>,
}

/// Proxies for programs in containers.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct StoredProxies {
    #[serde(deserialize_with = "null_default")]
    pub(crate) http_proxy: String,
    #[serde(deserialize_with = "null_default")]
    pub(crate) https_proxy: String,
    #[serde(deserialize_with = "null_default")]
    pub(crate) no_proxy: String,
    #[serde(deserialize_with = "null_default")]
    pub(crate) ftp_proxy: String,
    #[serde(deserialize_with = "null_default")]
    pub(crate) all_proxy: String,
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

/// Shows nothing that is stored: credentials, headers that may be some, proxies that have a password in their address.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").finish_non_exhaustive()
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
        json::read(&text).map_err(unusable)
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

    fn read(text: &str) -> Result<ConfigFile, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        ConfigFile::read(folder.path())
    }

    #[test]
    fn a_value_that_stands_in_the_wrong_place_is_not_shown() {
        for text in [
            r#"{"proxies":{"default":"http://u:hunter2@p"}}"#,
            r#"{"auths":{"r":"hunter2"}}"#,
            r#"{"HttpHeaders":"Authorization: hunter2"}"#,
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains("line 1, column "), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let text = r#"{"auths":null,"credsStore":null,"credHelpers":null,"HttpHeaders":null,
            "currentContext":null,"proxies":{"default":{"httpProxy":null,"httpsProxy":"p",
            "noProxy":null,"ftpProxy":null,"allProxy":null}}}"#;
        let config = read(text).unwrap();
        assert!(config.auths.is_empty() && config.http_headers.is_empty());
        assert_eq!(config.proxies["default"].https_proxy, "p");
        assert!(read(r#"{"proxies":null}"#).unwrap().proxies.is_empty());
    }

    #[test]
    fn what_is_unknown_is_left_out_and_secrets_are_not_shown() {
        let text = r#"{"auths":{"r":{"auth":"hunter2","email":"x"}},"credHelpers":{"g":"h"},
            "HttpHeaders":{"Authorization":"hunter2"},"currentContext":"c","psFormat":"table"}"#;
        let config = read(text).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("c"));
        assert_eq!(config.cred_helpers["g"], "h");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
