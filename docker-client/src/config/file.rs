//! The file `config.json` of the Docker command line.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::json::{self, null_default};
use super::{Environment, Warnings};

/// The members of the file that the client uses. It never writes the file. `null` counts as absent.
#[derive(Clone, Default)]
pub(crate) struct ConfigFile {
    /// Credentials by registry.
    pub(crate) auths: BTreeMap<String, StoredAuth>,
    /// The credential helper for all registries.
    pub(crate) creds_store: Option<String>,
    /// The credential helpers for single registries.
    pub(crate) cred_helpers: BTreeMap<String, String>,
    /// The headers that are added to every request.
    pub(crate) http_headers: BTreeMap<String, String>,
    /// The context that is used by default.
    pub(crate) current_context: Option<String>,
    /// The proxies for containers and builds, by the address of the engine, or `default`.
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

/// Credentials as they are stored. They are zeroed when dropped.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StoredAuth {
    /// User name and password, separated by a colon, in base64.
    pub(crate) auth: Option<Zeroizing<String>>,
    pub(crate) username: Option<Zeroizing<String>>,
    pub(crate) password: Option<Zeroizing<String>>,
    pub(crate) identitytoken: Option<Zeroizing<String>>,
    pub(crate) registrytoken: Option<Zeroizing<String>>,
}

/// Shows nothing, because credentials, headers and addresses of proxies may contain secrets.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Reads the file in the directory that the environment names. A file that does not exist counts as empty.
    ///
    /// As with the Docker command line, an invalid file, member or entry is ignored, with a warning.
    pub(crate) fn read(environment: &Environment, warnings: &Warnings) -> Self {
        if environment.without_config_file {
            return Self::default();
        }
        let Some(path) = environment.directory().map(|at| at.join("config.json")) else {
            return Self::default();
        };
        let warn = |message: String| warnings.add(path.display().to_string(), message);
        match std::fs::read(&path) {
            Ok(text) => Self::parse(&Zeroizing::new(text), &warn),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                warn(format!("cannot be read and is ignored: {error}"));
                Self::default()
            }
        }
    }

    fn parse(text: &[u8], warn: &dyn Fn(String)) -> Self {
        let members: BTreeMap<String, &RawValue> = match json::read(text) {
            Ok(members) => members,
            Err(what) => {
                warn(format!("{what}; the file is ignored"));
                return Self::default();
            }
        };
        let members = Members { members, warn };
        Self {
            auths: members.map("auths"),
            creds_store: members.string("credsStore"),
            cred_helpers: members.map("credHelpers"),
            http_headers: members.map("HttpHeaders"),
            current_context: members.string("currentContext"),
            proxies: members.map("proxies"),
        }
    }
}

/// The members of an object, and the function that receives warnings about them.
struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    warn: &'a dyn Fn(String),
}

impl Members<'_> {
    fn string(&self, name: &str) -> Option<String> {
        self.read(name, self.members.get(name)?, "a string")?
    }

    /// Reads an object entry by entry, so that an invalid one does not affect the others.
    fn map<T: for<'de> Deserialize<'de>>(&self, name: &str) -> BTreeMap<String, T> {
        let read =
            |value| self.read::<Option<BTreeMap<String, &RawValue>>>(name, value, "an object");
        let entries = self.members.get(name).and_then(|value| read(value)).flatten();
        let entries = entries.unwrap_or_default().into_iter();
        let entries = entries.filter_map(|(key, value)| {
            let entry: Option<T> = self.read(&format!("{name}[{key:?}]"), value, "another type")?;
            Some((key, entry?))
        });
        entries.collect()
    }

    fn read<'de, T: Deserialize<'de>>(
        &self,
        name: &str,
        value: &'de RawValue,
        expected: &str,
    ) -> Option<T> {
        // An error of serde would contain the value.
        let value = serde_json::from_str(value.get()).ok();
        if value.is_none() {
            (self.warn)(format!("`{name}` is ignored: expected {expected}"));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &[u8]) -> (ConfigFile, String) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.json"), text).unwrap();
        read_in(directory.path())
    }

    fn read_in(directory: &Path) -> (ConfigFile, String) {
        let warnings = Warnings::default();
        let environment = [("DOCKER_CONFIG", directory.to_str().unwrap())].into_iter().collect();
        let file = ConfigFile::read(&environment, &warnings);
        let all: Vec<String> = warnings.all().iter().map(ToString::to_string).collect();
        (file, all.join("\n"))
    }

    #[test]
    fn a_missing_file_is_empty_and_one_that_is_not_usable_is_a_warning() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read_in(directory.path()).1, "");
        let path = directory.path().join("config.json");
        let name = path.to_str().unwrap();
        std::fs::create_dir(&path).unwrap();
        let (_, warning) = read_in(directory.path());
        assert!(warning.starts_with(&format!("{name}: cannot be read")), "{warning}");
        let (_, warning) = read_in(&path.join("config.json/deeper"));
        assert_eq!(warning, "");
        for (text, what) in [
            ("{\"auths\": {},\n \"credsStore\": }", "line 2, column 16"),
            ("{\"credsStore\": \"x\",}", "line 1, column"),
            ("[]", "not of the expected type"),
            ("", "the JSON ends too early"),
        ] {
            let (file, warning) = read(text.as_bytes());
            assert!(warning.contains(what) && warning.contains("is ignored"), "{text}: {warning}");
            assert_eq!(file.creds_store, None);
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let (file, warning) = read(b"\xef\xbb\xbf{\"credsStore\":\"x\"}");
        assert_eq!((file.creds_store.as_deref(), &*warning), (Some("x"), ""));
    }

    #[test]
    fn an_entry_that_does_not_fit_is_left_out_and_not_shown() {
        for text in [
            r#"{"proxies":{"default":"http://u:hunter2@p","other":{}},"currentContext":"c"}"#,
            r#"{"auths":{"r":"hunter2","s":{}},"currentContext":"c"}"#,
            r#"{"auths":"hunter2","currentContext":"c"}"#,
            r#"{"HttpHeaders":"Authorization: hunter2","currentContext":"c"}"#,
            r#"{"credHelpers":{"r":{"hunter2":1}},"currentContext":"c"}"#,
            r#"{"credsStore":["hunter2"],"currentContext":"c"}"#,
        ] {
            let (file, warning) = read(text.as_bytes());
            assert!(warning.contains("is ignored: expected "), "{text}: {warning}");
            assert!(!warning.contains("hunter2"), "{warning}");
            assert_eq!(file.current_context.as_deref(), Some("c"), "{text}");
            let others = file.auths.contains_key("s") || file.proxies.contains_key("other");
            assert_eq!(others, text.contains("\"s\"") || text.contains("other"), "{text}");
        }
    }

    #[test]
    fn null_counts_as_absent() {
        let text = r#"{"auths":null,"credsStore":null,"credHelpers":{"r":null},"HttpHeaders":null,
            "currentContext":null,"proxies":{"default":{"httpProxy":null,"httpsProxy":"p",
            "noProxy":null,"ftpProxy":null,"allProxy":null}}}"#;
        let (file, warning) = read(text.as_bytes());
        assert_eq!(warning, "");
        assert!(file.auths.is_empty() && file.http_headers.is_empty());
        assert!(file.cred_helpers.is_empty());
        assert_eq!(file.proxies["default"].https_proxy, "p");
        assert!(read(br#"{"proxies":null}"#).0.proxies.is_empty());
    }

    #[test]
    fn unknown_members_are_left_out_and_secrets_are_not_shown() {
        let text = r#"{"auths":{"r":{"auth":"hunter2","email":"x"}},"credHelpers":{"g":"h"},
            "HttpHeaders":{"Authorization":"hunter2"},"currentContext":"c","psFormat":"table"}"#;
        let (file, warning) = read(text.as_bytes());
        assert_eq!(file.current_context.as_deref(), Some("c"));
        assert_eq!(file.cred_helpers["g"], "h");
        assert!(!format!("{file:?} {warning}").contains("hunter2"));
    }
}
