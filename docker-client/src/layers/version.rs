//! Finds the version of the API that the client and the engine both speak.
//!
//! Lazily, before the first request; once, however many ask at the same time; kept by all clones. A failure is not
//! kept: the next request tries again.

use std::sync::{PoisonError, RwLock};

use docker_api::{ApiVersion, Body, Error, Operation, Reply};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::transport::Http;

pub(crate) static PING_HEAD: Operation = Operation::new("SystemPingHead", "HEAD", "/_ping");
static PING: Operation = Operation::new("SystemPing", "GET", "/_ping");
static VERSION: Operation = Operation::new("SystemVersion", "GET", "/version");

/// The oldest version whose requests and replies are those of the specification, as corrected for use.
const OLDEST: ApiVersion = ApiVersion::new(1, 24);

/// What is known about the version, shared by all clones of a client.
#[derive(Debug)]
pub(crate) struct Negotiation {
    pinned: Option<ApiVersion>,
    settled: RwLock<Option<ApiVersion>>,
    /// Held while the engine is asked.
    flight: Mutex<()>,
}

/// What the engine was found to speak.
enum Found {
    /// For good.
    Settled(ApiVersion),
    /// The ping failed, but this is what there is to go by.
    ForNow(ApiVersion),
}

impl Negotiation {
    pub(crate) fn new(pinned: Option<ApiVersion>) -> Self {
        Self { pinned, settled: RwLock::new(pinned), flight: Mutex::new(()) }
    }

    /// Asks the engine, unless somebody else has just done so.
    pub(crate) async fn version(&self, http: &Http) -> Result<ApiVersion, Error> {
        let _flight = self.flight.lock().await;
        match self.settled() {
            Some(version) => Ok(version),
            None => self.settle(ask(http).await?),
        }
    }

    /// Asks the engine once more, as after an upgrade of it. A pinned version stays.
    pub(crate) async fn again(&self, http: &Http) -> Result<ApiVersion, Error> {
        if let Some(version) = self.pinned {
            return Ok(version);
        }
        let _flight = self.flight.lock().await;
        self.settle(ask(http).await?)
    }

    /// The version, once it is known for good.
    pub(crate) fn settled(&self) -> Option<ApiVersion> {
        *self.settled.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, found: Found) -> Result<ApiVersion, Error> {
        match found {
            Found::ForNow(version) => Ok(version),
            Found::Settled(version) => {
                *self.settled.write().unwrap_or_else(PoisonError::into_inner) = Some(version);
                Ok(version)
            }
        }
    }
}

/// The newest version that this client knows.
pub(crate) fn newest() -> ApiVersion {
    docker_api::API_VERSION.parse().unwrap_or(OLDEST)
}

async fn ask(http: &Http) -> Result<Found, Error> {
    let newest = newest();
    let Some((healthy, headers)) = ping(http).await? else { return Ok(Found::ForNow(newest)) };
    let engine = match headers.get("api-version").map(|value| value.to_str()) {
        None | Some(Ok("")) => return Ok(keep(healthy, newest)),
        Some(text) => {
            text.ok().and_then(|text| text.parse::<ApiVersion>().ok()).ok_or_else(|| {
                let text = String::from_utf8_lossy(headers["api-version"].as_bytes());
                disagreement(newest, &text, format!("the engine says that it speaks API {text:?}"))
            })?
        }
    };
    if engine < OLDEST {
        let message = format!(
            "the engine speaks API {engine} at most, this client {OLDEST} to {newest}: update the \
             engine"
        );
        return Err(disagreement(newest, &engine.to_string(), message));
    }
    // An engine that speaks more than the client does may have dropped what the client speaks.
    if engine > newest
        && healthy
        && let Some(floor) = floor(http).await
        && newest < floor
    {
        let message = format!(
            "this client speaks API {newest} at most, the engine {floor} to {engine}: use a \
             docker-api of one of these versions"
        );
        return Err(disagreement(newest, &engine.to_string(), message));
    }
    Ok(keep(healthy, newest.min(engine)))
}

fn keep(healthy: bool, version: ApiVersion) -> Found {
    if healthy { Found::Settled(version) } else { Found::ForNow(version) }
}

fn disagreement(client: ApiVersion, engine: &str, message: String) -> Error {
    Error::Version { client: client.to_string(), engine: engine.to_owned(), message }
}

/// Whether the engine is well, and the headers that it sent. `None` where a proxy, or an engine without `/_ping`, refuses.
async fn ping(http: &Http) -> Result<Option<(bool, HeaderMap)>, Error> {
    match exchange(http, &PING_HEAD).await {
        Ok(reply) if reply.status == StatusCode::OK => return Ok(Some((true, reply.headers))),
        Err(error @ Error::Connect { .. }) => return Err(error),
        // Some proxies let no HEAD through.
        Ok(_) | Err(_) => {}
    }
    let Reply { status, headers, body, .. } = exchange(http, &PING).await?;
    drop(body);
    let told = status == StatusCode::OK || headers.contains_key("api-version");
    Ok(told.then_some((status == StatusCode::OK, headers)))
}

/// The oldest version that the engine speaks, where it tells.
async fn floor(http: &Http) -> Option<ApiVersion> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "MinAPIVersion")]
        min_api_version: String,
    }

    let reply = exchange(http, &VERSION).await.ok()?;
    let text = reply.body.collect().await.ok()?;
    serde_json::from_slice::<Version>(&text).ok()?.min_api_version.parse().ok()
}

async fn exchange(http: &Http, operation: &'static Operation) -> Result<Reply, Error> {
    let mut request = http::Request::new(Body::empty());
    *request.method_mut() = operation.method.parse().unwrap_or_default();
    *request.uri_mut() = http::Uri::from_static(operation.path);
    http.exchange(operation, "", request).await
}
