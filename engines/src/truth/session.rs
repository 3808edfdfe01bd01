//! Sends calls to one engine and keeps the replies.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hyper::Method;
use serde_json::{Value, json};

use super::recording::{Record, Recording, Refusal};
use super::scrub::Scrub;
use super::shape;
use crate::engine::EngineInfo;
use crate::error::Result;
use crate::http::{Client, Payload};
use crate::registry::RegistryInfo;

/// The engine whose replies are recorded.
pub(super) struct Target {
    pub(super) client: Client,
    pub(super) info: EngineInfo,
    /// What is replaced in replies.
    pub(super) scrub: Scrub,
    /// A registry that everybody may push to.
    pub(super) registry: Option<RegistryInfo>,
    /// A registry that requires a login.
    pub(super) private: Option<RegistryInfo>,
    /// Whether the engine was started to be recorded, so that it may become a swarm and be pruned.
    pub(super) own: bool,
}

impl Target {
    pub(super) fn new(client: &Client, info: &EngineInfo, cache: &Path) -> Self {
        let mut scrub = Scrub::default();
        if let Some(directory) =
            info.host.strip_prefix("unix://").and_then(|path| Path::new(path).parent())
        {
            scrub.directory(directory);
        }
        for directory in [Some(cache.to_owned()), cache.canonicalize().ok()].into_iter().flatten() {
            scrub.text(&directory.display().to_string(), "/opt/engines");
        }
        Self { scrub, own: true, ..Self::foreign(client, info) }
    }

    /// An engine that somebody else started. Nothing is replaced in its replies.
    pub(super) fn foreign(client: &Client, info: &EngineInfo) -> Self {
        let (client, info) = (client.clone(), info.clone());
        Self { client, info, scrub: Scrub::default(), registry: None, private: None, own: false }
    }

    /// Creates an object. podman serves a part of the API: where it refuses, the result is null.
    pub(super) async fn create(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self.client.post(path, Payload::json(body)).await?;
        if response.status.is_success() {
            return Ok(response.json().unwrap_or_default());
        }
        if self.info.is_podman() {
            return Ok(Value::Null);
        }
        Err(response.unexpected("success"))
    }
}

/// The calls under one version of the API.
pub(super) struct Session<'a> {
    pub(super) target: &'a Target,
    /// The minor number of the version: 41 for 1.41.
    pub(super) minor: u32,
    /// Whether it is the last version, after which the fixtures are no longer needed.
    pub(super) newest: bool,
    pub(super) recordings: Vec<Recording>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Session<'a> {
    /// No calls yet, under API 1.`minor`.
    pub(super) fn new(target: &'a Target, minor: u32) -> Self {
        let (recordings, refusals) = (Vec::new(), Vec::new());
        Self { target, minor, newest: false, recordings, refusals }
    }

    /// What was recorded.
    pub(super) fn into_record(self) -> Record {
        let Self { target, minor, recordings, refusals, .. } = self;
        Record { engine: target.info.name.clone(), minor, recordings, refusals }
    }

    /// Sends a request, keeps the reply under the name of the call, and returns it as JSON.
    ///
    /// `call` is an `operationId`, followed by a dash and a variant where there are several. A refused call is noted, and
    /// returns null.
    pub(super) async fn call(
        &mut self,
        call: &str,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Value> {
        let response =
            self.target.client.send(method, &format!("/v1.{}{path}", self.minor), payload).await?;
        if !response.status.is_success() {
            let reason = format!("{} {}", response.status.as_u16(), response.text().trim());
            let reason = self.target.scrub.apply(&reason);
            self.refusals.push(Refusal { call: call.to_owned(), reason });
            return Ok(Value::Null);
        }
        let values = response.json_values()?;
        let Some(first) = values.first() else { return Ok(Value::Null) };
        let text = self.target.scrub.apply(&response.text());
        let body = if values.len() > 1 { shape::one_per_shape(&text) } else { text };
        if self.has(call) {
            return Ok(first.clone());
        }
        let (operation, variant) = call.split_once('-').unwrap_or((call, ""));
        self.recordings.push(Recording {
            operation: operation.to_owned(),
            variant: variant.to_owned(),
            body: body.into_bytes(),
        });
        Ok(first.clone())
    }

    /// Whether there is a reply to this call already.
    pub(super) fn has(&self, call: &str) -> bool {
        let (operation, variant) = call.split_once('-').unwrap_or((call, ""));
        self.recordings.iter().any(|known| known.operation == operation && known.variant == variant)
    }

    pub(super) async fn get(&mut self, call: &str, path: &str) -> Result<Value> {
        self.call(call, Method::GET, path, Payload::none()).await
    }

    pub(super) async fn post(&mut self, call: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(call, Method::POST, path, Payload::json(body)).await
    }

    pub(super) async fn delete(&mut self, call: &str, path: &str) -> Result<Value> {
        self.call(call, Method::DELETE, path, Payload::none()).await
    }
}

/// Adds an `X-Registry-Auth` header without credentials.
pub(super) fn without_credentials(payload: Payload) -> Payload {
    payload.header("x-registry-auth", &URL_SAFE.encode(json!({}).to_string()))
}

/// Percent-encodes a value of the query string.
pub(super) fn query(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
