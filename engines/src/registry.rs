//! Private registries on 127.0.0.1, where engines use plain HTTP.

use std::net::Ipv4Addr;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::api::Login;
use crate::error::{Error, Result};
use crate::guard::{Directory, GuardedProcess};
use crate::network::{Network, free_port};
use crate::packages::{Packages, Release};

/// What a test needs to know about a registry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegistryInfo {
    /// Host and port: what an image name begins with.
    pub address: String,
    /// The only user, if the registry requires a login.
    pub login: Option<Login>,
}

/// A running registry; dropping it ends it.
#[derive(Debug)]
pub struct Registry {
    info: RegistryInfo,
    _kept: GuardedProcess,
}

impl Registry {
    /// Starts a registry for this user only, or without a login.
    ///
    /// # Errors
    ///
    /// It does not start; the error has the end of its log.
    pub async fn start(
        packages: &Packages,
        network: &Network,
        login: Option<Login>,
    ) -> Result<Self> {
        let directory = Directory::new()?;
        let address = format!("{}:{}", Ipv4Addr::LOCALHOST, free_port()?);
        let mut config = serde_json::json!({
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {
                "filesystem": {"rootdirectory": directory.path().join("data")},
                "delete": {"enabled": true},
            },
            "http": {"addr": address, "secret": "one registry, one secret"},
        });
        if let Some(login) = &login {
            let path = directory.write("htpasswd", htpasswd(login)?)?;
            config["auth"] = serde_json::json!({"htpasswd": {"realm": "tests", "path": path}});
        }
        // Every JSON document is a YAML document.
        let config = directory.write("config.yml", config.to_string())?;
        let mut command = Command::new(packages.program(Release::Stable, "docker-registry"));
        let kept = directory.start(network, command.arg("serve").arg(config))?;
        // It may be in a network that this process cannot reach, so the log shows whether it is ready.
        kept.wait_until("docker-registry", async || {
            if kept.log().contains("listening on") {
                Ok(())
            } else {
                Err("it does not listen yet".to_owned())
            }
        })
        .await?;
        Ok(Self { info: RegistryInfo { address, login }, _kept: kept })
    }

    /// What a test needs to know about it.
    #[must_use]
    pub fn info(&self) -> &RegistryInfo {
        &self.info
    }
}

/// The line for a user in a file of users and hashed passwords.
fn htpasswd(login: &Login) -> Result<String> {
    // The lowest cost that bcrypt allows: the password is in this repository, and every pull checks it.
    let hash = bcrypt::hash(&login.password, 4)
        .map_err(|error| Error::Unavailable(format!("hashing a password failed: {error}")))?;
    Ok(format!("{}:{hash}\n", login.user))
}
