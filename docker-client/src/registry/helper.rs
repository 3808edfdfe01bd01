//! Programs that keep credentials: `docker-credential-NAME get`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};

use docker_api::Error;
use serde::Deserialize;

use super::RegistryAuth;

/// What the programs say where they keep nothing for a registry.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The name of a user that stands for a token.
const TOKEN: &str = "<token>";

/// A program that keeps credentials.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    program: String,
    /// Where it is looked for.
    path: Option<OsString>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Helper {
    pub(super) fn new(name: &str, path: Option<&OsStr>) -> Self {
        Self { program: format!("docker-credential-{name}"), path: path.map(OsStr::to_owned) }
    }

    /// What is kept for a registry.
    pub(super) async fn get(&self, registry: &str) -> Result<Option<RegistryAuth>, Error> {
        let Some(text) = self.call("get", registry).await? else { return Ok(None) };
        let kept: Kept = serde_json::from_slice(&text).map_err(|_| self.nonsense("get"))?;
        Ok(match (&*kept.username, kept.secret) {
            // Some programs have no error for what they do not keep.
            ("", secret) if secret.is_empty() => None,
            (TOKEN, secret) => Some(RegistryAuth::identity_token(secret).server(registry)),
            (user, secret) => Some(RegistryAuth::password(user, secret).server(registry)),
        })
    }

    /// The registries that something is kept for.
    pub(super) async fn list(&self) -> Result<Vec<String>, Error> {
        let Some(text) = self.call("list", "unused").await? else { return Ok(Vec::new()) };
        let kept: BTreeMap<String, String> =
            serde_json::from_slice(&text).map_err(|_| self.nonsense("list"))?;
        Ok(kept.into_keys().collect())
    }

    /// Runs the program on a thread of its own; `None` where it keeps nothing.
    async fn call(&self, verb: &'static str, input: &str) -> Result<Option<Vec<u8>>, Error> {
        let (this, input) = (self.clone(), input.to_owned());
        let task = tokio::task::spawn_blocking(move || this.run(verb, &input));
        task.await.map_err(|error| self.failed(verb, &error.to_string()))?
    }

    fn run(&self, verb: &str, input: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut command = Command::new(&self.program);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        command.arg(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().map_err(|error| self.failed(verb, &format!("cannot run: {error}")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that exits without reading says why on its own.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output =
            child.wait_with_output().map_err(|error| self.failed(verb, &error.to_string()))?;
        if output.status.success() {
            return Ok(Some(output.stdout));
        }
        // Messages are on standard output; secrets are there only on success.
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        match said.trim() {
            NOT_FOUND => Ok(None),
            "" => Err(self.failed(verb, &output.status.to_string())),
            said => Err(self.failed(verb, said)),
        }
    }

    fn nonsense(&self, verb: &str) -> Error {
        self.failed(verb, "its answer is not the JSON that is expected")
    }

    fn failed(&self, verb: &str, why: &str) -> Error {
        Error::Config {
            setting: format!("{} {verb}", self.program),
            message: format!("{why}; config.json names it under credsStore or credHelpers"),
        }
    }
}
