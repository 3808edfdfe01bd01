//! Adds credentials for registries to the calls that need them, and renews them once if a registry refuses them.

use std::fmt;

use docker_api::{BoxFuture, Call, Error, Layer, RegistryCredentials, Reply, Transport};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};

use crate::registry::{RegistryAuth, RegistryConfig, Source, registry_of, registry_of_search};

const AUTH: HeaderName = HeaderName::from_static("x-registry-auth");
const CONFIG: HeaderName = HeaderName::from_static("x-registry-config");

/// A layer that adds credentials for registries to the calls that need them.
pub(super) struct AddCredentials {
    source: Source,
}

/// The credentials that a call needs.
enum Needed {
    /// Those for one registry; `None` if the engine will refuse the reference.
    Registry(Option<String>),
    /// Those for all registries.
    All,
}

impl AddCredentials {
    pub(super) fn new(source: Source) -> Self {
        Self { source }
    }

    async fn send_with_all(&self, mut call: Call, next: &dyn Transport) -> Result<Reply, Error> {
        let (all, reasons) = self.source.all().await?;
        if !all.is_empty() {
            let config = all
                .into_iter()
                .fold(RegistryConfig::new(), |config, (at, auth)| config.with(at, auth));
            put(&mut call, CONFIG, &config.to_header());
        }
        Ok(explained(next.execute(call).await?, &reasons).await)
    }

    async fn send_to_registry(
        &self,
        mut call: Call,
        registry: Option<String>,
        next: &dyn Transport,
    ) -> Result<Reply, Error> {
        let mut reasons = Vec::new();
        if call.headers().get(&AUTH).is_none_or(|value| value.is_empty()) {
            let mut found = None;
            if let Some(registry) = &registry {
                (found, reasons) = self.source.get(registry).await?;
            }
            // Older engines refuse a push without the header.
            let header = call.operation().parameter("X-Registry-Auth");
            let required = header.is_some_and(|header| header.required);
            match found.or(required.then(RegistryAuth::anonymous)) {
                Some(auth) => put(&mut call, AUTH, &auth.to_header()),
                None => drop(call.headers_mut().remove(&AUTH)),
            }
        }
        let again = call.try_clone();
        let reply = explained(next.execute(call).await?, &reasons).await;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let Some(registry) = registry else { return Ok(reply) };
        match (again, self.source.renew(&registry).await?) {
            (Some(mut again), Some(auth)) => {
                put(&mut again, AUTH, &auth.to_header());
                next.execute(again).await
            }
            _ => Ok(reply),
        }
    }
}

impl Layer for AddCredentials {
    fn execute<'a>(
        &'a self,
        call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        match needed(&call) {
            None => next.execute(call),
            Some(Needed::All) => Box::pin(self.send_with_all(call, next)),
            Some(Needed::Registry(registry)) => {
                Box::pin(self.send_to_registry(call, registry, next))
            }
        }
    }
}

impl fmt::Debug for AddCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddCredentials").finish_non_exhaustive()
    }
}

fn needed(call: &Call) -> Option<Needed> {
    let image = match call.operation().credentials? {
        RegistryCredentials::All => {
            return (!call.headers().contains_key(&CONFIG)).then_some(Needed::All);
        }
        RegistryCredentials::Query(name) => call.query(name)?,
        RegistryCredentials::Path(name) => call.path(name)?,
        RegistryCredentials::Search(name) => {
            let registry = registry_of_search(call.query(name)?);
            return Some(Needed::Registry(Some(registry.to_owned())));
        }
        _ => return None,
    };
    Some(Needed::Registry(registry_of(image)))
}

fn put(call: &mut Call, name: HeaderName, value: &str) {
    // Base64 has no character that is invalid in a header.
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        call.headers_mut().insert(name, value);
    }
}

/// Adds to the message of a refusal why stored credentials were not sent, and to errors that the response reports
/// later.
async fn explained(mut reply: Reply, reasons: &[String]) -> Reply {
    /// How much of the message is read, in bytes.
    const LIMIT: usize = 64 * 1024;

    if reasons.is_empty() {
        return reply;
    }
    let explanation = format!("some stored credentials were not sent: {}", reasons.join("; "));
    if !(reply.status.is_client_error() || reply.status.is_server_error()) {
        reply.body = reply.body.explaining_errors(explanation);
        return reply;
    }
    let mut text = Vec::new();
    while text.len() < LIMIT
        && let Ok(Some(chunk)) = reply.body.chunk().await
    {
        text.extend_from_slice(&chunk);
    }
    let json: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
    let message = json.as_ref().and_then(|json| json.get("message")?.as_str());
    let message =
        message.map_or_else(|| String::from_utf8_lossy(&text).into_owned(), str::to_owned);
    let message = format!("{}; {explanation}", message.trim());
    let text = serde_json::json!({ "message": message }).to_string();
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.headers.remove(CONTENT_LENGTH);
    reply.body = bytes::Bytes::from(text).into();
    reply
}
