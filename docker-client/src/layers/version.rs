//! Negotiates the version of the API with the engine and sets it on each call.
//!
//! The version is negotiated before the first call, once for all clones of a client, even if several calls start at the
//! same time. A failure is not kept: the next call tries again.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use docker_api::{ApiVersion, BoxFuture, Call, Error, IgnoredField, Operation, Reply, Transport};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;

pub(super) static PING_HEAD: Operation = Operation::new("SystemPingHead", "HEAD", "/_ping");
static PING: Operation = Operation::new("SystemPing", "GET", "/_ping");
static VERSION: Operation = Operation::new("SystemVersion", "GET", "/version");

/// The oldest version whose requests and responses match the specification as corrected for this crate.
const OLDEST_NEGOTIABLE: ApiVersion = ApiVersion::new(1, 24);

/// A transport that sends each call in the negotiated version of the API, through another transport.
#[derive(Debug, Clone)]
pub(crate) struct Versioned {
    next: Arc<dyn Transport>,
    negotiation: Arc<Negotiation>,
    /// How long the negotiation may take.
    timeout: Option<Duration>,
}

/// What is known about the version, shared by all clones of a client.
#[derive(Debug)]
pub(crate) struct Negotiation {
    pinned: Option<ApiVersion>,
    settled: RwLock<Option<ApiVersion>>,
    /// Held while the request to the engine is running.
    in_progress: Mutex<()>,
}

/// The outcome of a negotiation.
enum Negotiated {
    /// Keep this version for all calls.
    Settled(ApiVersion),
    /// The engine is unhealthy: use this version for one call, then negotiate again.
    Provisional(ApiVersion),
}

impl Versioned {
    pub(super) fn new(
        next: Arc<dyn Transport>,
        negotiation: Arc<Negotiation>,
        timeout: Option<Duration>,
    ) -> Self {
        Self { next, negotiation, timeout }
    }

    /// Negotiates again, for example after an upgrade of the engine. A pinned version does not change.
    pub(crate) async fn renegotiate(&self) -> Result<ApiVersion, Error> {
        self.within_timeout(async {
            if let Some(version) = self.negotiation.pinned {
                return Ok(version);
            }
            let _in_progress = self.negotiation.in_progress.lock().await;
            Ok(self.negotiation.settle(ask(&*self.next).await?))
        })
        .await
    }

    async fn version(&self) -> Result<ApiVersion, Error> {
        if let Some(version) = self.negotiation.settled() {
            return Ok(version);
        }
        // This happens once, so it is boxed: otherwise the future of every call would have room for it.
        let negotiation = async {
            let _in_progress = self.negotiation.in_progress.lock().await;
            match self.negotiation.settled() {
                Some(version) => Ok(version),
                None => Ok(self.negotiation.settle(ask(&*self.next).await?)),
            }
        };
        Box::pin(self.within_timeout(negotiation)).await
    }

    /// Applies the timeout to a negotiation, including the time spent waiting for another task that negotiates.
    async fn within_timeout(
        &self,
        negotiation: impl Future<Output = Result<ApiVersion, Error>>,
    ) -> Result<ApiVersion, Error> {
        let Some(after) = self.timeout else { return negotiation.await };
        tokio::time::timeout(after, negotiation).await.unwrap_or_else(|_| Err(timed_out(after)))
    }

    async fn send(&self, mut call: Call) -> Result<Reply, Error> {
        let version = match call.api_version() {
            Some(version) => version,
            None => self.version().await?,
        };
        call.set_api_version(Some(version));
        self.next.execute(call).await
    }
}

impl Transport for Versioned {
    fn execute(&self, mut call: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        // Engines respond to a ping without a version, whichever versions they support.
        if call.operation().path == PING.path {
            call.set_api_version(None);
            return self.next.execute(call);
        }
        Box::pin(self.send(call))
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        Box::pin(async { self.version().await.map(Some) })
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        for field in fields {
            tracing::warn!(operation = operation.id, "{field}");
        }
        self.next.note_ignored(operation, fields);
    }
}

impl Negotiation {
    /// Uses the version `pinned`, or negotiates one.
    pub(crate) fn new(pinned: Option<ApiVersion>) -> Self {
        Self { pinned, settled: RwLock::new(pinned), in_progress: Mutex::new(()) }
    }

    /// Returns the version, once it is final.
    fn settled(&self) -> Option<ApiVersion> {
        *self.settled.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, negotiated: Negotiated) -> ApiVersion {
        match negotiated {
            Negotiated::Provisional(version) => version,
            Negotiated::Settled(version) => {
                *self.settled.write().unwrap_or_else(PoisonError::into_inner) = Some(version);
                version
            }
        }
    }
}

/// Returns the error for a negotiation that took too long.
pub(super) fn timed_out(after: Duration) -> Error {
    Error::timeout(&PING_HEAD, "negotiating the API version", after)
}

/// Returns the newest version that this client supports.
fn newest() -> ApiVersion {
    docker_api::API_VERSION.parse().unwrap_or(OLDEST_NEGOTIABLE)
}

async fn ask(transport: &dyn Transport) -> Result<Negotiated, Error> {
    let newest = newest();
    let Some((healthy, headers)) = ping(transport).await? else {
        return Ok(Negotiated::Provisional(newest));
    };
    let engine = match headers.get("api-version").map(|value| value.to_str()) {
        None | Some(Ok("")) => return Ok(outcome(healthy, newest)),
        Some(text) => {
            text.ok().and_then(|text| text.parse::<ApiVersion>().ok()).ok_or_else(|| {
                let text = String::from_utf8_lossy(headers["api-version"].as_bytes());
                mismatch(
                    newest,
                    &text,
                    format!("the engine reports an invalid API version {text:?}"),
                )
            })?
        }
    };
    if engine < OLDEST_NEGOTIABLE {
        let message = format!(
            "the engine supports API {engine} at most, and this client API {OLDEST_NEGOTIABLE} to {newest}: update \
             the engine"
        );
        return Err(mismatch(newest, &engine.to_string(), message));
    }
    // An engine that is newer than the client may have dropped the versions that the client supports.
    if engine > newest
        && healthy
        && let Some(minimum) = minimum(transport).await
        && newest < minimum
    {
        let message = format!(
            "this client is generated for API {newest}, and the engine accepts API {minimum} to \
             {engine}: depend on docker-api 0.{} or later (0.{} for everything that the engine supports)",
            minimum.minor(),
            engine.minor(),
        );
        return Err(mismatch(newest, &engine.to_string(), message));
    }
    Ok(outcome(healthy, newest.min(engine)))
}

fn outcome(healthy: bool, version: ApiVersion) -> Negotiated {
    if healthy { Negotiated::Settled(version) } else { Negotiated::Provisional(version) }
}

fn mismatch(client: ApiVersion, engine: &str, message: String) -> Error {
    Error::version(client.to_string(), engine, message)
}

/// Returns whether the engine is healthy and the headers of its response, or `None` if a proxy, or an engine without
/// `/_ping`, refuses the request.
pub(super) async fn ping(transport: &dyn Transport) -> Result<Option<(bool, HeaderMap)>, Error> {
    match transport.execute(Call::new(&PING_HEAD)).await {
        Ok(reply) if reply.status == StatusCode::OK => return Ok(Some((true, reply.headers))),
        Err(error @ Error::Connect { .. }) => return Err(error),
        // Some proxies do not forward HEAD requests.
        Ok(_) | Err(_) => {}
    }
    let Reply { status, headers, body, .. } = transport.execute(Call::new(&PING)).await?;
    drop(body);
    let from_engine = status == StatusCode::OK || headers.contains_key("api-version");
    Ok(from_engine.then_some((status == StatusCode::OK, headers)))
}

/// Returns the oldest version that the engine supports, if it reports one.
async fn minimum(transport: &dyn Transport) -> Option<ApiVersion> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "MinAPIVersion")]
        min_api_version: String,
    }

    let reply = transport.execute(Call::new(&VERSION)).await.ok()?;
    let text = reply.body.collect().await.ok()?;
    serde_json::from_slice::<Version>(&text).ok()?.min_api_version.parse().ok()
}
