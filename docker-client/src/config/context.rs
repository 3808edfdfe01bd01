//! Contexts of the Docker command line, which are named engines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use docker_api::Error;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Host;
use super::json::{self, null_default};

/// The name of the context that has no file and stands for the environment variables.
pub(crate) const DEFAULT: &str = "default";

/// A named engine.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) host: Host,
    /// Whether the certificate of the engine is accepted without verification.
    pub(crate) skip_verify: bool,
    /// The directory of `ca.pem`, `cert.pem` and `key.pem`, each of which may be missing.
    pub(crate) certificates: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    #[serde(default, deserialize_with = "null_default")]
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default, deserialize_with = "null_default")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify", deserialize_with = "null_default")]
    skip_tls_verify: bool,
}

impl Context {
    /// Reads the context `name` in the directory of `config.json`. `setting` is where the name comes from, for errors.
    pub(crate) fn read(directory: &Path, name: &str, setting: &str) -> Result<Self, Error> {
        let contexts = directory.join("contexts");
        let path = contexts.join("meta").join(key(name)).join("meta.json");
        let unusable =
            |message: String| Error::config(format!("{setting}, context {name:?}"), message);
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unusable(format!(
                "there is no such context in {}; run `docker context ls` to list the contexts",
                contexts.display()
            )),
            _ => unusable(format!("{} cannot be read: {error}", path.display())),
        })?;
        let meta: Meta =
            json::read(&text).map_err(|what| unusable(format!("{} {what}", path.display())))?;
        let endpoint = meta.endpoints.get("docker").ok_or_else(|| {
            unusable(format!("{} does not contain an endpoint `docker`", path.display()))
        })?;
        let host = match endpoint.host.is_empty() {
            true => Host::default(),
            false => Host::parse(&format!("{setting}, context {name:?}"), &endpoint.host)?,
        };
        let certificates = contexts.join("tls").join(key(name)).join("docker");
        Ok(Self { host, skip_verify: endpoint.skip_tls_verify, certificates })
    }
}

/// Returns the name of the directory of a context.
fn key(name: &str) -> String {
    hex::encode(Sha256::digest(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_have_the_names_that_the_command_line_gives_them() {
        for (name, begin) in [
            ("default", "37a8eec1ce19687d"),
            ("test", "9f86d081884c7d65"),
            ("desktop-linux", "fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e"),
        ] {
            assert!(key(name).starts_with(begin) && key(name).len() == 64, "{name}: {}", key(name));
        }
    }

    fn context(meta: &str) -> (tempfile::TempDir, Result<Context, Error>) {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("contexts/meta").join(key("test"));
        std::fs::create_dir_all(&at).unwrap();
        std::fs::write(at.join("meta.json"), meta).unwrap();
        let context = Context::read(directory.path(), "test", "DOCKER_CONTEXT");
        (directory, context)
    }

    #[test]
    fn a_context_has_an_address_and_certificates() {
        let meta = r#"{"Name":"test","Metadata":{"Description":"d"},"Endpoints":{"docker":
            {"Host":"tcp://engine:2376","SkipTLSVerify":true}}}"#;
        let (directory, context) = context(meta);
        let context = context.unwrap();
        assert_eq!(context.host.to_string(), "tcp://engine:2376");
        assert!(context.skip_verify && context.certificates.starts_with(directory.path()));
        assert!(context.certificates.ends_with("docker"));
    }

    #[test]
    fn what_is_wrong_with_a_context_is_named() {
        let (directory, wrong) = context("{");
        let error = wrong.unwrap_err().to_string();
        assert!(error.starts_with("DOCKER_CONTEXT, context \"test\": "), "{error}");
        let error =
            Context::read(directory.path(), "nope", "currentContext").unwrap_err().to_string();
        assert!(
            error.contains("no such context") && error.contains("docker context ls"),
            "{error}"
        );
        let (_directory, wrong) = context(r#"{"Endpoints":{"docker":{"Host":"ftp://x"}}}"#);
        assert!(wrong.unwrap_err().to_string().contains("scheme \"ftp\""));
        let (_directory, wrong) = context(r#"{"Endpoints":{}}"#);
        assert!(wrong.unwrap_err().to_string().contains("does not contain an endpoint `docker`"));
    }
}
