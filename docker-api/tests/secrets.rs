//! What is a secret is not shown by `Debug`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use docker_api::types::{
    AuthConfig, AuthResponse, JoinTokens, SecretSpec, SwarmJoinRequest, SwarmSpecCaConfig,
    SwarmUnlockRequest, UnlockKeyResponse,
};

#[test]
fn debug_shows_stars_for_secrets_that_are_set() {
    let secret = || Some("hunter2".to_owned());
    let all: [&dyn Debug; 8] = [
        &AuthConfig {
            auth: secret(),
            identitytoken: secret(),
            password: secret(),
            registrytoken: secret(),
            ..Default::default()
        },
        &AuthResponse { identity_token: secret(), ..Default::default() },
        &JoinTokens { manager: secret(), worker: secret() },
        &SecretSpec { data: secret(), ..Default::default() },
        &SwarmJoinRequest { join_token: secret().unwrap(), ..Default::default() },
        &SwarmSpecCaConfig { signing_ca_key: secret(), ..Default::default() },
        &SwarmUnlockRequest { unlock_key: secret() },
        &UnlockKeyResponse { unlock_key: secret() },
    ];
    for shown in all {
        let shown = format!("{shown:?}");
        assert!(shown.contains(": ***") && !shown.contains("hunter2"), "{shown}");
    }
    let tokens = JoinTokens { worker: secret(), ..Default::default() };
    assert_eq!(format!("{tokens:?}"), "JoinTokens { manager: None, worker: *** }");
}
