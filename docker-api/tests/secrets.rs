//! `Debug` does not show what is or may be a secret.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use docker_api::types::{
    AuthConfig, AuthResponse, ConfigSpec, ContainerCreateBody, EndpointSettings, ExecConfig,
    HostConfigLogConfig, JoinTokens, MountVolumeOptionsDriverConfig, SecretSpec, SwarmJoinRequest,
    SwarmSpecCaConfig, SwarmUnlockRequest, TaskSpecContainerSpec, TaskSpecLogDriver,
    UnlockKeyResponse, Volume, VolumeCreateRequest,
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

#[test]
fn debug_shows_the_names_of_values_that_may_be_secrets() {
    let options = || BTreeMap::from([("name".to_owned(), "hunter2".to_owned())]);
    let env = || vec!["name=hunter2".to_owned(), "name".to_owned()];
    let extra = || serde_json::Map::from_iter([("name".to_owned(), "hunter2".into())]);
    let all: [&dyn Debug; 11] = [
        &VolumeCreateRequest { driver_opts: options(), ..Default::default() },
        &Volume { options: options(), ..Default::default() },
        &MountVolumeOptionsDriverConfig { options: options(), ..Default::default() },
        &HostConfigLogConfig { config: options(), ..Default::default() },
        &TaskSpecLogDriver { options: options(), ..Default::default() },
        &EndpointSettings { driver_opts: options(), ..Default::default() },
        &ContainerCreateBody { env: env(), ..Default::default() },
        &ExecConfig { env: env(), ..Default::default() },
        &TaskSpecContainerSpec { env: env(), ..Default::default() },
        &SecretSpec { extra: extra(), ..Default::default() },
        &ConfigSpec { data: Some("hunter2".to_owned()), extra: extra(), ..Default::default() },
    ];
    for value in all {
        for shown in [format!("{value:?}"), format!("{value:#?}")] {
            assert!(shown.contains("***") && shown.contains("name"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
