//! Negotiates the API version with the engine and puts it in front of the path of each request.
//!
//! The version is negotiated before the first request, once for all clones of a client, even if several requests start at
//! the same time. A failure is not kept: the next request tries again.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use docker_api::{ApiVersion, Body, BoxFuture, Error, IgnoredField, Operation, Reply, Transport};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use tokio::sync::Mutex;

static PING_HEAD: Operation = Operation::new("SystemPingHead", "HEAD", "/_ping");
static PING: Operation = Operation::new("SystemPing", "GET", "/_ping");
static VERSION: Operation = Operation::new("SystemVersion", "GET", "/version");

/// The oldest version whose requests and responses match the specification as corrected for this crate.
const OLDEST: ApiVersion = ApiVersion::new(1, 24);

/// A transport that sends each request in the negotiated API version, through another transport.
#[derive(Debug, Clone)]
pub(crate) struct Versioned<T> {
    pub(crate) next: T,
    negotiation: Arc<Negotiation>,
    /// How long the negotiation may take.
    pub(crate) timeout: Option<Duration>,
}

/// What is known about the version, shared by all clones of a client.
#[derive(Debug)]
struct Negotiation {
    pinned: Option<ApiVersion>,
    settled: RwLock<Option<ApiVersion>>,
    /// Held while the engine is asked.
    in_progress: Mutex<()>,
}

/// The outcome of a negotiation.
enum Negotiated {
    /// Keep this version for all requests.
    Settled(ApiVersion),
    /// The engine is unhealthy: use this version for one request, then negotiate again.
    Provisional(ApiVersion),
}

impl<T: Transport> Versioned<T> {
    /// Uses the version `pinned`, or negotiates one.
    pub(crate) fn new(next: T, pinned: Option<ApiVersion>, timeout: Option<Duration>) -> Self {
        let negotiation =
            Negotiation { pinned, settled: RwLock::new(pinned), in_progress: Mutex::new(()) };
        Self { next, negotiation: Arc::new(negotiation), timeout }
    }

    /// Asks the engine again, for example after an upgrade of the engine. A pinned version stays.
    pub(crate) async fn renegotiate(&self) -> Result<ApiVersion, Error> {
        self.within_timeout(async {
            if let Some(version) = self.negotiation.pinned {
                return Ok(version);
            }
            let _in_progress = self.negotiation.in_progress.lock().await;
            Ok(self.negotiation.settle(ask(&self.next).await?))
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
                None => Ok(self.negotiation.settle(ask(&self.next).await?)),
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

    async fn send(
        &self,
        operation: &'static Operation,
        mut request: http::Request<Body>,
    ) -> Result<Reply, Error> {
        // The engine answers a ping without a version, whichever versions it supports.
        if operation.path != PING.path {
            let path = format!("/v{}{}", self.version().await?, request.uri());
            *request.uri_mut() = path.parse().map_err(|error: http::uri::InvalidUri| {
                Error::invalid_request(operation, format!("the target is not valid: {error}"))
            })?;
        }
        self.next.execute(operation, request).await
    }
}

impl<T: Transport> Transport for Versioned<T> {
    fn execute(
        &self,
        operation: &'static Operation,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.send(operation, request))
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        Box::pin(async { self.version().await.map(Some) })
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        self.next.note_ignored(operation, fields);
    }
}

impl Negotiation {
    /// The version, once it is final.
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

/// The error for a negotiation that took too long.
pub(super) fn timed_out(after: Duration) -> Error {
    Error::timeout(&PING_HEAD, "negotiating the API version", after)
}

/// The newest version that this client supports.
fn newest() -> ApiVersion {
    docker_api::API_VERSION.parse().unwrap_or(OLDEST)
}

async fn ask(transport: &impl Transport) -> Result<Negotiated, Error> {
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
    if engine < OLDEST {
        let message = format!(
            "the engine supports API {engine} at most, this client {OLDEST} to {newest}: update \
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
             {engine}: depend on docker-api 0.{} or later (0.{} for all that the engine has)",
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

/// Whether the engine is healthy, and the headers of its response; `None` if a proxy, or an engine without `/_ping`,
/// refuses the request.
async fn ping(transport: &impl Transport) -> Result<Option<(bool, HeaderMap)>, Error> {
    match exchange(transport, &PING_HEAD).await {
        Ok(reply) if reply.status == StatusCode::OK => return Ok(Some((true, reply.headers))),
        Err(error @ Error::Connect { .. }) => return Err(error),
        // Some proxies do not forward HEAD requests.
        Ok(_) | Err(_) => {}
    }
    let Reply { status, headers, body, .. } = exchange(transport, &PING).await?;
    drop(body);
    let from_engine = status == StatusCode::OK || headers.contains_key("api-version");
    Ok(from_engine.then_some((status == StatusCode::OK, headers)))
}

/// The oldest version that the engine supports, if it reports one.
async fn minimum(transport: &impl Transport) -> Option<ApiVersion> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "MinAPIVersion")]
        min_api_version: String,
    }

    let reply = exchange(transport, &VERSION).await.ok()?;
    let text = reply.body.collect().await.ok()?;
    serde_json::from_slice::<Version>(&text).ok()?.min_api_version.parse().ok()
}

async fn exchange(
    transport: &impl Transport,
    operation: &'static Operation,
) -> Result<Reply, Error> {
    let mut request = http::Request::new(Body::empty());
    *request.method_mut() = operation.method.parse().unwrap_or_default();
    *request.uri_mut() = Uri::from_static(operation.path);
    transport.execute(operation, request).await
}
