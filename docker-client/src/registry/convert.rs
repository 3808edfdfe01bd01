//! Conversions between [`RegistryAuth`] and the generated type of credentials.

use std::mem::take;

use docker_api::types::AuthConfig;
use zeroize::Zeroizing;

use super::RegistryAuth;
use super::stored::user_and_password;

/// An empty value becomes `None`.
impl From<RegistryAuth> for AuthConfig {
    fn from(mut auth: RegistryAuth) -> Self {
        let value = |field: &mut Zeroizing<String>| {
            Some(take(&mut **field)).filter(|value| !value.is_empty())
        };
        Self {
            username: value(&mut auth.username),
            password: value(&mut auth.password),
            serveraddress: value(&mut auth.serveraddress),
            identitytoken: value(&mut auth.identitytoken),
            registrytoken: value(&mut auth.registrytoken),
            ..Self::default()
        }
    }
}

impl From<&RegistryAuth> for AuthConfig {
    fn from(auth: &RegistryAuth) -> Self {
        auth.clone().into()
    }
}

/// Without a user name, the user name and the password are decoded from `auth`, which is ignored if it is not base64 of
/// `username:password`.
impl From<AuthConfig> for RegistryAuth {
    fn from(config: AuthConfig) -> Self {
        let value = |field: Option<String>| Zeroizing::new(field.unwrap_or_default());
        let mut auth = Self {
            username: value(config.username),
            password: value(config.password),
            serveraddress: value(config.serveraddress),
            identitytoken: value(config.identitytoken),
            registrytoken: value(config.registrytoken),
        };
        let encoded = value(config.auth);
        if auth.username.is_empty()
            && !encoded.is_empty()
            && let Ok((username, password)) = user_and_password(&encoded)
        {
            auth.username = username;
            auth.password = password;
        }
        auth
    }
}

impl From<&AuthConfig> for RegistryAuth {
    fn from(config: &AuthConfig) -> Self {
        config.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_equal_after_a_conversion_and_back() {
        for auth in [
            RegistryAuth::anonymous(),
            RegistryAuth::password("user", "secret").server("r.example.com:5000"),
            RegistryAuth::identity_token("secret").server("r.example.com"),
            RegistryAuth::registry_token("secret"),
        ] {
            let config = AuthConfig::from(&auth);
            assert_eq!(RegistryAuth::from(&config), auth);
            assert!(!format!("{config:?}").contains("secret"), "{config:?}");
        }
        assert_eq!(AuthConfig::from(RegistryAuth::anonymous()), AuthConfig::default());
    }

    #[test]
    fn auth_is_decoded_unless_there_is_a_user_name() {
        let config = |username: Option<&str>, auth: &str| AuthConfig {
            username: username.map(str::to_owned),
            auth: Some(auth.to_owned()),
            ..AuthConfig::default()
        };
        let decoded = RegistryAuth::from(config(None, "dXNlcjpzZWNyZXQ="));
        assert_eq!(decoded, RegistryAuth::password("user", "secret"));
        let named = RegistryAuth::from(config(Some("other"), "dXNlcjpzZWNyZXQ="));
        assert_eq!(named, RegistryAuth::password("other", ""));
        assert_eq!(RegistryAuth::from(config(None, "!")), RegistryAuth::anonymous());
    }
}
