//! What engines really send: a stock of real objects on each engine, and the raw reply to every call that leaves
//! something to read.
//!
//! Everything goes over plain HTTP, so that a recording owes nothing to the types that it is to be compared with.

mod calls;
mod scrub;
pub mod shape;
mod stock;
mod swarm;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hyper::Method;
use serde_json::{Value, json};

use self::scrub::Scrub;
use crate::api::Login;
use crate::engine::{DockerdOptions, EngineInfo};
use crate::error::Result;
use crate::http::{Client, Payload};
use crate::network::Network;
use crate::packages::Release;
use crate::podman::Podman;
use crate::registry::{Registry, RegistryInfo};
use crate::{image, setup};

/// A reply, as the engine sent it but for what is of the machine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The `operationId` that the swagger gives to the call.
    pub operation: String,
    /// What sets the call apart from others of the same operation; empty for the only one.
    pub variant: String,
    /// The body: one JSON value, or several of them where the reply is a stream.
    pub body: Vec<u8>,
}

impl Recording {
    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self.variant.as_str() {
            "" => format!("{}.json", self.operation),
            variant => format!("{}-{variant}.json", self.operation),
        }
    }

    /// The operation that the file of this name is a reply to, and the variant.
    #[must_use]
    pub fn parse_file_name(name: &str) -> Option<(&str, &str)> {
        let stem = name.strip_suffix(".json")?;
        Some(stem.split_once('-').unwrap_or((stem, "")))
    }
}

/// A call that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The call's operation and variant.
    pub call: String,
    /// Status and message.
    pub reason: String,
}

/// All that one engine sent under one version of the API.
#[derive(Debug)]
pub struct Record {
    /// The engine's name, for example `dockerd-20.10`.
    pub engine: String,
    /// The API version's minor number: 41 for 1.41.
    pub minor: u32,
    /// The replies.
    pub recordings: Vec<Recording>,
    /// The calls without a reply to decode.
    pub refusals: Vec<Refusal>,
}

/// Starts one engine after the other, and records each under every API version from 1.`oldest` on that it serves.
///
/// # Errors
///
/// [`crate::error::Error::Unavailable`] where this machine cannot run engines. Anything else is a failure: an engine
/// does not start, or refuses what the stock consists of.
pub async fn record(cache: &Path, oldest: u32, say: &dyn Fn(&str)) -> Result<Vec<Record>> {
    let packages = setup::provide(cache, say)?;
    let busybox = image::busybox(&packages.program(Release::Stable, "busybox"))?;
    let login = Login { user: "tester".to_owned(), password: "open sesame".to_owned() };
    let mut records = Vec::new();
    for release in Release::ALL {
        // A swarm is alone in its network, and registries have to be in it too.
        let network = Network::private()?;
        let engine = DockerdOptions::new(&packages, release)
            .arguments(["--experimental"])
            .start(&network)
            .await?;
        let open = Registry::start(&packages, &network, None).await?;
        let private = Registry::start(&packages, &network, Some(login.clone())).await?;
        let mut bench = Bench::new(engine.client(), engine.info(), cache);
        bench.registry = Some(open.info().clone());
        bench.private = Some(private.info().clone());
        bench.client.import("busybox", "test", busybox.clone()).await?;
        records.extend(bench.run(oldest, say).await?);
    }
    let network = Network::private()?;
    let podman = Podman::start(&packages, &network).await?;
    let mut bench = Bench::new(podman.client(), podman.info(), cache);
    bench.client.import("busybox", "test", busybox).await?;
    records.extend(bench.run(oldest, say).await?);
    Ok(records)
}

/// An engine with its stock.
struct Bench {
    client: Client,
    info: EngineInfo,
    scrub: Scrub,
    /// Where images and plugins can be pushed to.
    registry: Option<RegistryInfo>,
    /// Where a login is asked for.
    private: Option<RegistryInfo>,
}

impl Bench {
    fn new(client: &Client, info: &EngineInfo, cache: &Path) -> Self {
        let mut scrub = Scrub::default();
        if let Some(folder) =
            info.host.strip_prefix("unix://").and_then(|path| Path::new(path).parent())
        {
            scrub.folder(folder);
        }
        for folder in [Some(cache.to_owned()), cache.canonicalize().ok()].into_iter().flatten() {
            scrub.text(&folder.display().to_string(), "/opt/engines");
        }
        Self { client: client.clone(), info: info.clone(), scrub, registry: None, private: None }
    }

    async fn run(&mut self, oldest: u32, say: &dyn Fn(&str)) -> Result<Vec<Record>> {
        let info = self.client.get("/info").await?.expect(200)?.json()?;
        self.scrub.host_name(info["Name"].as_str().unwrap_or_default());
        self.scrub.text(info["KernelVersion"].as_str().unwrap_or_default(), "6.1.0-40-amd64");
        let minor = |version: &str| {
            version.strip_prefix("1.").and_then(|minor| minor.parse().ok()).unwrap_or(oldest)
        };
        let first = minor(&self.info.min_api_version).max(oldest);
        let last = minor(&self.info.api_version);
        let stock = stock::make(self).await?;
        say(&format!("{}: has its stock", self.info.name));
        let mut records = Vec::new();
        for minor in first..=last {
            let mut session = Session {
                bench: self,
                minor,
                newest: minor == last,
                recordings: Vec::new(),
                refusals: Vec::new(),
            };
            calls::all(&mut session, &stock).await?;
            let Session { recordings, refusals, .. } = session;
            say(&format!("{}: API 1.{minor}: {} replies", self.info.name, recordings.len()));
            records.push(Record { engine: self.info.name.clone(), minor, recordings, refusals });
        }
        Ok(records)
    }
}

/// Calls under one version of the API.
struct Session<'a> {
    bench: &'a Bench,
    minor: u32,
    /// Whether it is the last version, after which the stock may go.
    newest: bool,
    recordings: Vec<Recording>,
    refusals: Vec<Refusal>,
}

impl Session<'_> {
    /// Sends a request, keeps the reply under the call's name, and returns it read as JSON.
    ///
    /// `call` is an `operationId`, with a variant after a dash. A refusal is noted, and is null.
    async fn call(
        &mut self,
        call: &str,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Value> {
        let response =
            self.bench.client.send(method, &format!("/v1.{}{path}", self.minor), payload).await?;
        if !response.status.is_success() {
            let reason = format!("{} {}", response.status.as_u16(), response.text().trim());
            let reason = self.bench.scrub.apply(&reason);
            self.refusals.push(Refusal { call: call.to_owned(), reason });
            return Ok(Value::Null);
        }
        let values = response.json_values()?;
        let Some(first) = values.first() else { return Ok(Value::Null) };
        let text = self.bench.scrub.apply(&response.text());
        let body = if values.len() > 1 { shape::thin(&text) } else { text };
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
    fn has(&self, call: &str) -> bool {
        let (operation, variant) = call.split_once('-').unwrap_or((call, ""));
        self.recordings.iter().any(|known| known.operation == operation && known.variant == variant)
    }

    async fn get(&mut self, call: &str, path: &str) -> Result<Value> {
        self.call(call, Method::GET, path, Payload::none()).await
    }

    async fn post(&mut self, call: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(call, Method::POST, path, Payload::json(body)).await
    }

    async fn delete(&mut self, call: &str, path: &str) -> Result<Value> {
        self.call(call, Method::DELETE, path, Payload::none()).await
    }
}

/// What `X-Registry-Auth` says where nobody has to log in.
fn nobody(payload: Payload) -> Payload {
    payload.header("x-registry-auth", &URL_SAFE.encode(json!({}).to_string()))
}

/// A value of the query string: every byte that is not plain is escaped.
fn query(value: &str) -> String {
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
