//! Credentials in the format of `config.json` and `DOCKER_AUTH_CONFIG`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::{HUB, RegistryAuth};
use crate::config::StoredAuth;

/// The base64 that the Docker command line accepts: padding may be missing, and trailing bits need not be zero.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Keys of tokens for the website of Docker Hub, which its registry does not accept.
const NOT_REGISTRIES: [&str; 2] =
    ["https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token"];

/// Returns whether a key is that of a registry.
pub(super) fn is_registry(key: &str) -> bool {
    !NOT_REGISTRIES.contains(&key.trim_end_matches('/'))
}

/// Finds the credentials for a registry: under its key, or else under a key with the same host.
///
/// # Errors
///
/// Returns the reason for which the credentials that were found cannot be used.
pub(super) fn find(
    auths: &BTreeMap<String, StoredAuth>,
    registry: &str,
) -> Result<Option<RegistryAuth>, String> {
    let same = |(stored, _): &(&String, &StoredAuth)| is_same(stored, registry);
    let found = auths.get_key_value(registry).or_else(|| auths.iter().find(same));
    let Some((key, stored)) = found else { return Ok(None) };
    match decode(stored) {
        Ok(auth) => Ok(auth.map(|auth| auth.server(registry))),
        Err(what) => Err(format!(
            "the credentials for {key:?} cannot be used: {what}; run `docker login` again"
        )),
    }
}

/// Returns whether a key, which may be a URL, refers to a registry.
fn is_same(key: &str, registry: &str) -> bool {
    if !is_registry(key) {
        return false;
    }
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    match registry {
        HUB => {
            matches!(
                key.trim_end_matches('/'),
                "docker.io" | "index.docker.io" | "index.docker.io/v1"
            )
        }
        _ => key.split_once('/').map_or(key, |(host, _)| host) == registry,
    }
}

fn decode(stored: &StoredAuth) -> Result<Option<RegistryAuth>, &'static str> {
    fn filled(value: &Option<Zeroizing<String>>) -> Option<&str> {
        value.as_ref().map(|value| value.as_str()).filter(|value| !value.is_empty())
    }
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
    let (user, password) = user_and_password(auth)?;
    Ok(Some(RegistryAuth::password(user.as_str(), password.as_str())))
}

/// Decodes a user name and a password from base64 of `username:password`.
///
/// # Errors
///
/// Returns what was expected.
pub(super) fn user_and_password(
    auth: &str,
) -> Result<(Zeroizing<String>, Zeroizing<String>), &'static str> {
    let mut encoded = Zeroizing::new(auth.as_bytes().to_vec());
    encoded.retain(|byte| !byte.is_ascii_whitespace());
    let decoded = LENIENT.decode(&*encoded).map_err(|_| "expected base64 in `auth`")?;
    let decoded = Zeroizing::new(decoded);
    // The header is JSON, which must be UTF-8. The command line replaces invalid bytes, too.
    let decoded = String::from_utf8_lossy(&decoded);
    match decoded.split_once(':') {
        Some((user, password)) if !user.is_empty() => {
            let password = password.trim_matches('\0');
            Ok((Zeroizing::new(user.to_owned()), Zeroizing::new(password.to_owned())))
        }
        _ => Err("expected a user name and a password, separated by a colon, in `auth`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(auth: &str) -> StoredAuth {
        StoredAuth { auth: Some(Zeroizing::new(auth.to_owned())), ..StoredAuth::default() }
    }

    #[test]
    fn what_the_command_line_decodes_is_decoded() {
        let expected = Some(RegistryAuth::password("u", "p"));
        for auth in [
            "dTpw",
            "dTpw\n",
            "dTpw\r\n",
            "dT\r\npw",
            "d\nT\np\nw",
            // Zeros at the end of the password.
            "dTpwAAA=",
            // The last bits are not zero.
            "dTpwAB==",
            // Padding is missing.
            "dTpwAA",
        ] {
            assert_eq!(decode(&stored(auth)), Ok(expected.clone()), "{auth:?}");
        }
        let lossy = decode(&stored("dTr/")).unwrap();
        assert_eq!(lossy, Some(RegistryAuth::password("u", "\u{fffd}")));
    }

    #[test]
    fn what_is_not_a_user_and_a_password_is_refused() {
        for auth in ["??", "aHVudGVyMg==", "OnA="] {
            assert!(decode(&stored(auth)).is_err(), "{auth}");
        }
    }

    #[test]
    fn tokens_for_web_pages_are_not_credentials() {
        let keys = ["access-token", "refresh-token"]
            .map(|name| (format!("https://index.docker.io/v1/{name}"), stored("dTpw")));
        let auths = BTreeMap::from(keys);
        assert_eq!(find(&auths, HUB), Ok(None));
        assert_eq!(find(&auths, "index.docker.io"), Ok(None));
        for key in [HUB, "https://index.docker.io/v1", "index.docker.io", "docker.io"] {
            let mut auths = auths.clone();
            auths.insert(key.to_owned(), stored("dTpw"));
            assert!(find(&auths, HUB).unwrap().is_some(), "{key}");
        }
    }
}
