//! What `docker login` has stored: in `config.json`, with programs that it names, or in `DOCKER_AUTH_CONFIG`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_api::{BoxFuture, Error};
use serde::Deserialize;

use super::helper::Helper;
use super::{CredentialProvider, HUB, RegistryAuth, key};
use crate::config::{ConfigFile, Environment, StoredAuth, json};

/// The credentials that the user has stored with `docker login`.
///
/// Looked up at each use, in this order: `DOCKER_AUTH_CONFIG`; the program that `credHelpers` names for the registry; the
/// program that `credsStore` names; `auths`.
#[derive(Debug, Clone)]
pub struct Credentials {
    environment: Environment,
}

impl Credentials {
    /// Those of the user whose environment this process has.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a variable is no text.
    pub fn from_env() -> Result<Self, Error> {
        Environment::of_process().map(Self::new)
    }

    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment }
    }

    fn file(&self) -> Result<ConfigFile, Error> {
        self.environment
            .folder()
            .map_or_else(|| Ok(ConfigFile::default()), |at| ConfigFile::read(&at))
    }

    /// What `DOCKER_AUTH_CONFIG` has.
    fn variable(&self) -> Result<BTreeMap<String, StoredAuth>, Error> {
        #[derive(Deserialize)]
        struct Variable {
            #[serde(default, deserialize_with = "json::null_default")]
            auths: BTreeMap<String, StoredAuth>,
        }

        const NAME: &str = "DOCKER_AUTH_CONFIG";
        let Some(text) = self.environment.get(NAME) else { return Ok(BTreeMap::new()) };
        let variable: Variable = json::read(text.as_bytes())
            .map_err(|message| Error::Config { setting: NAME.to_owned(), message })?;
        Ok(variable.auths)
    }

    fn helper(&self, name: &str) -> Helper {
        Helper::new(name, self.environment.get_os("PATH"))
    }

    async fn find(&self, registry: &str) -> Result<Option<RegistryAuth>, Error> {
        let registry = key(registry);
        if let Some(found) = among(&self.variable()?, registry)? {
            return Ok(Some(found));
        }
        let file = self.file()?;
        let helper = file.cred_helpers.get(registry).or(file.creds_store.as_ref());
        match helper.filter(|name| !name.is_empty()) {
            Some(name) => self.helper(name).get(registry).await,
            None => among(&file.auths, registry),
        }
    }

    async fn every(&self) -> Result<Vec<(String, RegistryAuth)>, Error> {
        let file = self.file()?;
        let mut registries: Vec<String> = self.variable()?.into_keys().collect();
        registries.extend(file.auths.keys().cloned());
        registries.extend(file.cred_helpers.keys().cloned());
        if let Some(name) = file.creds_store.as_ref().filter(|name| !name.is_empty()) {
            registries.extend(self.helper(name).list().await?);
        }
        registries.sort();
        registries.dedup();
        let mut all = Vec::new();
        for registry in registries {
            if let Some(auth) = self.find(&registry).await? {
                all.push((registry, auth));
            }
        }
        Ok(all)
    }
}

impl CredentialProvider for Credentials {
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        Box::pin(self.find(registry))
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(String, RegistryAuth)>, Error>> {
        Box::pin(self.every())
    }
}

/// The credentials for a registry: under its key, else under one that has the same host.
fn among(
    auths: &BTreeMap<String, StoredAuth>,
    registry: &str,
) -> Result<Option<RegistryAuth>, Error> {
    let same = |stored: &&String| host(stored) == host(registry);
    let Some(stored) =
        auths.get_key_value(registry).map(|(stored, _)| stored).or_else(|| auths.keys().find(same))
    else {
        return Ok(None);
    };
    decode(stored, &auths[stored]).map(|auth| auth.map(|auth| auth.server(registry)))
}

/// The host and port of a key, which may be an address: `https://registry.example.com/v1/`.
fn host(key: &str) -> &str {
    let key = if key == HUB { "index.docker.io" } else { key };
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.split_once('/').map_or(key, |(host, _)| host)
}

fn decode(registry: &str, stored: &StoredAuth) -> Result<Option<RegistryAuth>, Error> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(token) = filled(&stored.identitytoken) {
        return Ok(Some(RegistryAuth::identity_token(token)));
    }
    if let Some(token) = filled(&stored.registrytoken) {
        return Ok(Some(RegistryAuth::registry_token(token)));
    }
    let Some(auth) = filled(&stored.auth) else {
        let pair = filled(&stored.username).zip(filled(&stored.password));
        return Ok(pair.map(|(user, password)| RegistryAuth::password(user, password)));
    };
    let text = STANDARD.decode(&auth).ok().and_then(|text| String::from_utf8(text).ok());
    let pair = text.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':'));
    match pair.filter(|(user, _)| !user.is_empty()) {
        Some((user, password)) => Ok(Some(RegistryAuth::password(user, password))),
        None => Err(Error::Config {
            setting: format!("the stored credentials for {registry}"),
            message: "`auth` is not a user and a password with a colon between, in base64; \
                      run `docker login` again"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder for `config.json` and programs, and the environment that leads to it.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new(config: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("config.json"), config).unwrap();
            Self(folder)
        }

        /// Puts a program there that keeps credentials.
        fn helper(self, name: &str, script: &str) -> Self {
            let path = self.0.path().join(format!("docker-credential-{name}"));
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        fn credentials(&self, variable: &str) -> Credentials {
            let folder = self.0.path().to_str().unwrap();
            let path = format!("{folder}:/usr/bin:/bin");
            let variables =
                [("DOCKER_CONFIG", folder), ("PATH", &path), ("DOCKER_AUTH_CONFIG", variable)];
            Credentials::new(variables.into_iter().collect())
        }

        async fn find(&self, registry: &str) -> Result<Option<RegistryAuth>, Error> {
            self.credentials("").get(registry).await
        }
    }

    fn password(user: &str, password: &str, server: &str) -> Option<RegistryAuth> {
        Some(RegistryAuth::password(user, password).server(server))
    }

    #[tokio::test]
    async fn the_file_is_searched_by_key_and_by_host() {
        let home = Home::new(
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnE="},
            "https://r.example.com/v2/":{"auth":"dTpwAAA="},
            "t:5000":{"identitytoken":"tok","auth":"dTpw"},"plain":{"username":"a","password":"b"},"empty":{}}}"#,
        );
        assert_eq!(home.find("docker.io").await.unwrap(), password("u", "p:q", HUB));
        assert_eq!(home.find("index.docker.io").await.unwrap(), password("u", "p:q", HUB));
        assert_eq!(home.find("r.example.com").await.unwrap(), password("u", "p", "r.example.com"));
        let token = RegistryAuth::identity_token("tok").server("t:5000");
        assert_eq!(home.find("t:5000").await.unwrap(), Some(token));
        assert_eq!(home.find("plain").await.unwrap(), password("a", "b", "plain"));
        for none in ["empty", "t", "other"] {
            assert_eq!(home.find(none).await.unwrap(), None, "{none}");
        }
    }

    #[tokio::test]
    async fn credentials_that_cannot_be_read_are_named_and_not_shown() {
        let home = Home::new(r#"{"auths":{"r":{"auth":"aHVudGVyMg=="},"s":{"auth":"??"}}}"#);
        for registry in ["r", "s"] {
            let error = home.find(registry).await.unwrap_err().to_string();
            assert!(error.contains(&format!("credentials for {registry}")), "{error}");
            assert!(error.contains("docker login") && !error.contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn programs_keep_credentials_and_tokens() {
        let home = Home::new(r#"{"auths":{"r":{}},"credsStore":"all","credHelpers":{"g":"one"}}"#)
            .helper("all", r#"read key; echo '{"ServerURL":"'$key'","Username":"u","Secret":"p"}'"#)
            .helper("one", r#"echo '{"Username":"<token>","Secret":"tok"}'"#);
        assert_eq!(home.find("r").await.unwrap(), password("u", "p", "r"));
        assert_eq!(home.find("docker.io").await.unwrap(), password("u", "p", HUB));
        let token = RegistryAuth::identity_token("tok").server("g");
        assert_eq!(home.find("g").await.unwrap(), Some(token));
    }

    #[tokio::test]
    async fn what_a_program_does_not_keep_is_no_error() {
        for script in [
            "echo 'credentials not found in native keychain'; exit 1",
            r#"echo '{"Username":"","Secret":""}'"#,
        ] {
            let home = Home::new(r#"{"credsStore":"x"}"#).helper("x", script);
            assert_eq!(home.find("r").await.unwrap(), None, "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_fails_is_named_with_what_it_says() {
        let home = Home::new(r#"{"credsStore":"x"}"#)
            .helper("x", "echo the keychain is locked >&2; exit 1");
        let error = home.find("r").await.unwrap_err().to_string();
        assert!(error.contains("docker-credential-x get: the keychain is locked"), "{error}");
        let home = Home::new(r#"{"credsStore":"missing"}"#);
        let error = home.find("r").await.unwrap_err().to_string();
        assert!(error.contains("docker-credential-missing get: cannot run"), "{error}");
        let home = Home::new(r#"{"credsStore":"x"}"#).helper("x", "echo hunter2");
        let error = home.find("r").await.unwrap_err().to_string();
        assert!(error.contains("not the JSON") && !error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn the_variable_comes_before_all_else() {
        let home = Home::new(r#"{"auths":{"r":{"auth":"dTpw"}}}"#);
        let variable = r#"{"auths":{"r":{"auth":"djp3"}}}"#;
        let found = home.credentials(variable).get("r").await.unwrap();
        assert_eq!(found, password("v", "w", "r"));
        let error = home.credentials("{").get("r").await.unwrap_err().to_string();
        assert!(error.starts_with("DOCKER_AUTH_CONFIG"), "{error}");
        // Those who forget the object around it are not shown their password.
        let error = home.credentials("\"dTpodW50ZXIy\"").get("r").await.unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("dTpodW50ZXIy"), "{error}");
        let found = home.credentials(r#"{"auths":null}"#).get("r").await.unwrap();
        assert_eq!(found, password("u", "p", "r"));
    }

    #[tokio::test]
    async fn all_are_found_for_a_build() {
        let home = Home::new(r#"{"auths":{"r":{"auth":"dTpw"}},"credHelpers":{"g":"one"}}"#)
            .helper("one", r#"echo '{"Username":"a","Secret":"b"}'"#);
        let all = home.credentials("").all().await.unwrap();
        let all: Vec<_> = all.into_iter().map(|(registry, _)| registry).collect();
        assert_eq!(all, ["g", "r"]);
    }
}
