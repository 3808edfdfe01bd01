//! Credentials for registries, in the form that engines accept.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::Serialize;
use zeroize::Zeroizing;

/// The key under which credentials for Docker Hub are stored.
pub(crate) const HUB: &str = "https://index.docker.io/v1/";

/// Credentials for one registry.
///
/// Pass it to [`AuthExt::auth`](crate::AuthExt::auth) or [`Run::auth`](crate::Run::auth). It also converts into the
/// string that the generated setters `x_registry_auth` take, and from and into
/// [`AuthConfig`](docker_api::types::AuthConfig).
///
/// `Debug` shows no secret. The memory that holds the values is zeroed when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub struct RegistryAuth {
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) username: Zeroizing<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) password: Zeroizing<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) serveraddress: Zeroizing<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) identitytoken: Zeroizing<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) registrytoken: Zeroizing<String>,
}

impl RegistryAuth {
    /// Creates empty credentials. A push requires the header `X-Registry-Auth` even if the registry requires no
    /// authentication.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Creates credentials that consist of a user name, and a password or an access token.
    #[must_use]
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: Zeroizing::new(username.into()),
            password: Zeroizing::new(password.into()),
            ..Self::default()
        }
    }

    /// Creates credentials that consist of an identity token, which the registry has issued at a login and exchanges
    /// for access tokens.
    #[must_use]
    pub fn identity_token(token: impl Into<String>) -> Self {
        Self { identitytoken: Zeroizing::new(token.into()), ..Self::default() }
    }

    /// Creates credentials that consist of a bearer token, which the engine sends to the registry unchanged.
    #[must_use]
    pub fn registry_token(token: impl Into<String>) -> Self {
        Self { registrytoken: Zeroizing::new(token.into()), ..Self::default() }
    }

    /// Sets the registry that the credentials are for: its host, such as `registry.example.com:5000`, or
    /// `https://index.docker.io/v1/` for Docker Hub.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>) -> Self {
        self.serveraddress = Zeroizing::new(address.into());
        self
    }

    /// Returns the user name, or an empty string if the credentials are a token.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns the password, for protocols that do not send it in a header. Do not write it to a log.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        Some(self.password.as_str()).filter(|password| !password.is_empty())
    }

    /// Returns the identity token, for protocols that do not send it in a header. Do not write it to a log.
    #[must_use]
    pub fn expose_identity_token(&self) -> Option<&str> {
        Some(self.identitytoken.as_str()).filter(|token| !token.is_empty())
    }

    /// Returns the value of the header `X-Registry-Auth`: JSON, encoded as base64 with the URL-safe alphabet and
    /// padding.
    #[must_use]
    pub fn to_header(&self) -> String {
        encode(self)
    }
}

impl From<&RegistryAuth> for RegistryAuth {
    fn from(auth: &RegistryAuth) -> Self {
        auth.clone()
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

/// Shows the user and the registry, and `***` in place of secrets.
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
                shown.field(name, if secret { &"***" } else { &**value });
            }
        }
        shown.finish()
    }
}

/// Credentials for all registries that a build may pull from.
///
/// Pass it to [`AuthExt::auth`](crate::AuthExt::auth) on a build. It also converts into the string that the generated
/// setter `x_registry_config` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RegistryConfig(BTreeMap<String, RegistryAuth>);

impl RegistryConfig {
    /// Creates an empty set of credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the credentials for the registry `address`, replacing any previous ones.
    #[must_use]
    pub fn with(mut self, address: impl Into<String>, auth: RegistryAuth) -> Self {
        self.0.insert(address.into(), auth);
        self
    }

    /// Returns the value of the header `X-Registry-Config`.
    #[must_use]
    pub fn to_header(&self) -> String {
        encode(self)
    }
}

/// The credentials for the registry that [`RegistryAuth::server`] names, or for Docker Hub if it names none.
impl From<RegistryAuth> for RegistryConfig {
    fn from(auth: RegistryAuth) -> Self {
        let address = match auth.serveraddress.as_str() {
            "" => HUB.to_owned(),
            address => address.to_owned(),
        };
        Self::new().with(address, auth)
    }
}

impl From<&RegistryAuth> for RegistryConfig {
    fn from(auth: &RegistryAuth) -> Self {
        auth.clone().into()
    }
}

impl From<&RegistryConfig> for RegistryConfig {
    fn from(config: &RegistryConfig) -> Self {
        config.clone()
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
    // Serializing a map of strings to strings cannot fail.
    let json = Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
    URL_SAFE.encode(&*json)
}

fn is_empty(value: &Zeroizing<String>) -> bool {
    value.is_empty()
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
    fn credentials_for_several_registries_are_an_object() {
        let config = RegistryConfig::new().with("r:5000", RegistryAuth::password("u", "p"));
        let decoded = URL_SAFE.decode(config.to_header()).unwrap();
        assert_eq!(
            String::from_utf8(decoded).unwrap(),
            r#"{"r:5000":{"username":"u","password":"p"}}"#
        );
    }
}
