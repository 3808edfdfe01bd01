//! Credentials for registries, as the engine wants them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::Serialize;

/// Credentials for one registry.
///
/// It turns into the text of the header `X-Registry-Auth`: `image_create().x_registry_auth(&auth)`. `Debug` shows no
/// secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub struct RegistryAuth {
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    password: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    serveraddress: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    identitytoken: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    registrytoken: String,
}

impl RegistryAuth {
    /// No credentials; where the engine demands the header all the same, as for a push.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A user with a password or an access token.
    #[must_use]
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into(), ..Self::default() }
    }

    /// A token that the registry gave at login, to get access tokens with.
    #[must_use]
    pub fn identity_token(token: impl Into<String>) -> Self {
        Self { identitytoken: token.into(), ..Self::default() }
    }

    /// A token that is sent to the registry as it is.
    #[must_use]
    pub fn registry_token(token: impl Into<String>) -> Self {
        Self { registrytoken: token.into(), ..Self::default() }
    }

    /// Says which registry the credentials are for: `registry.example.com:5000`, or for the Docker Hub
    /// `https://index.docker.io/v1/`.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>) -> Self {
        self.serveraddress = address.into();
        self
    }

    /// Returns the name of the user; empty if the credentials are a token.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns the password, for protocols that do not send it as a header. Take care that it reaches no log.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        Some(&*self.password).filter(|password| !password.is_empty())
    }

    /// Returns the identity token, for protocols that do not send it as a header. Take care that it reaches no log.
    #[must_use]
    pub fn expose_identity_token(&self) -> Option<&str> {
        Some(&*self.identitytoken).filter(|token| !token.is_empty())
    }

    /// The value of the header `X-Registry-Auth`: JSON in base64, of the URL-safe alphabet, padded. The engine ignores
    /// any other form without a word.
    #[must_use]
    pub fn to_header(&self) -> String {
        encode(self)
    }
}

impl From<RegistryAuth> for String {
    fn from(auth: RegistryAuth) -> Self {
        auth.to_header()
    }
}

impl From<&RegistryAuth> for String {
    fn from(auth: &RegistryAuth) -> Self {
        auth.to_header()
    }
}

/// Shows who, where, and what kind of secret there is.
impl fmt::Debug for RegistryAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RegistryAuth");
        for (name, value, secret) in [
            ("username", &self.username, false),
            ("password", &self.password, true),
            ("serveraddress", &self.serveraddress, false),
            ("identitytoken", &self.identitytoken, true),
            ("registrytoken", &self.registrytoken, true),
        ] {
            if !value.is_empty() {
                shown.field(name, if secret { &"***" } else { value });
            }
        }
        shown.finish()
    }
}

/// Credentials for all registries that a build may pull from, which turn into the header `X-Registry-Config`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RegistryConfig(BTreeMap<String, RegistryAuth>);

impl RegistryConfig {
    /// No credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the credentials for the registry `address`.
    #[must_use]
    pub fn with(mut self, address: impl Into<String>, auth: RegistryAuth) -> Self {
        self.0.insert(address.into(), auth);
        self
    }

    /// The value of the header `X-Registry-Config`.
    #[must_use]
    pub fn to_header(&self) -> String {
        encode(self)
    }
}

impl From<RegistryConfig> for String {
    fn from(config: RegistryConfig) -> Self {
        config.to_header()
    }
}

impl From<&RegistryConfig> for String {
    fn from(config: &RegistryConfig) -> Self {
        config.to_header()
    }
}

fn encode(value: &impl Serialize) -> String {
    // Maps of texts to texts can always be written.
    URL_SAFE.encode(serde_json::to_vec(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_what_the_engine_decodes() {
        let auth = RegistryAuth::password("u", "p?>~\u{ff}").server("https://index.docker.io/v1/");
        assert_eq!(
            auth.to_header(),
            "eyJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InA_Pn7DvyIsInNlcnZlcmFkZHJlc3MiOiJodHRwczovL2luZG\
             V4LmRvY2tlci5pby92MS8ifQ=="
        );
        assert_eq!(RegistryAuth::anonymous().to_header(), "e30=");
    }

    #[test]
    fn the_alphabet_is_url_safe_at_every_offset() {
        let mut seen = String::new();
        for shift in 0..3 {
            let header = RegistryAuth::password("x".repeat(shift), "a?b~c>d").to_header();
            assert!(!header.contains(['+', '/']) && header.len().is_multiple_of(4), "{header}");
            let decoded = URL_SAFE.decode(&header).unwrap();
            assert!(String::from_utf8(decoded).unwrap().contains(r#""password":"a?b~c>d""#));
            seen.push_str(&header);
        }
        assert!(seen.contains(['-', '_']), "the alphabets differ somewhere in {seen}");
    }

    #[test]
    fn tokens_have_fields_of_their_own() {
        let decode = |auth: RegistryAuth| {
            String::from_utf8(URL_SAFE.decode(auth.to_header()).unwrap()).unwrap()
        };
        let identity = RegistryAuth::identity_token("t").server("r:5000");
        assert_eq!(decode(identity), r#"{"serveraddress":"r:5000","identitytoken":"t"}"#);
        assert_eq!(decode(RegistryAuth::registry_token("t")), r#"{"registrytoken":"t"}"#);
    }

    #[test]
    fn debug_hides_every_secret() {
        let auths = [
            RegistryAuth::password("u", "hunter2"),
            RegistryAuth::identity_token("hunter2"),
            RegistryAuth::registry_token("hunter2"),
        ];
        for auth in auths {
            let shown = format!("{auth:?} {:?}", RegistryConfig::new().with("r", auth.clone()));
            assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_build_is_given_the_credentials_of_every_registry() {
        let config = RegistryConfig::new().with("r:5000", RegistryAuth::password("u", "p"));
        let decoded = URL_SAFE.decode(config.to_header()).unwrap();
        assert_eq!(
            String::from_utf8(decoded).unwrap(),
            r#"{"r:5000":{"username":"u","password":"p"}}"#
        );
    }
}
