//! Puts credentials into the requests that are to have some, and tries once more where they are refused.

use std::fmt;

use docker_api::operations::ImagePush;
use docker_api::{
    ApiVersion, Body, BoxFuture, Error, IgnoredField, Operation, RegistryCredentials, Reply,
    Transport,
};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};

use super::query::{decoded, parameter};
use crate::registry::{RegistryAuth, RegistryConfig, Source, registry_of, registry_of_search};

const AUTH: HeaderName = HeaderName::from_static("x-registry-auth");
const CONFIG: HeaderName = HeaderName::from_static("x-registry-config");

/// A transport that puts credentials into requests before another sends them.
pub(crate) struct Supply<T> {
    next: T,
    source: Source,
}

/// Which credentials a request is to have.
enum Want {
    /// Those for one registry; none if the engine will refuse the reference.
    Registry(Option<String>),
    /// Those for all.
    All,
}

impl<T: Transport> Supply<T> {
    pub(crate) fn new(next: T, source: Source) -> Self {
        Self { next, source }
    }

    async fn send(
        &self,
        operation: &'static Operation,
        mut request: http::Request<Body>,
    ) -> Result<Reply, Error> {
        match want(operation, &request) {
            None => return self.next.execute(operation, request).await,
            Some(Want::All) => {
                let (all, reasons) = self.source.all().await?;
                if !all.is_empty() {
                    let config = all
                        .into_iter()
                        .fold(RegistryConfig::new(), |config, (at, auth)| config.with(at, auth));
                    put(&mut request, CONFIG, &config.to_header());
                }
                let reply = self.next.execute(operation, request).await?;
                return Ok(explained(reply, &reasons).await);
            }
            Some(Want::Registry(registry)) => {
                let given = request.headers().get(&AUTH).is_some_and(|value| !value.is_empty());
                let mut reasons = Vec::new();
                if !given {
                    let mut found = None;
                    if let Some(registry) = &registry {
                        (found, reasons) = self.source.get(registry).await?;
                    }
                    // A push without the header is refused by older engines.
                    let anonymous =
                        (*operation == ImagePush::OPERATION).then(RegistryAuth::anonymous);
                    match found.or(anonymous) {
                        Some(auth) => put(&mut request, AUTH, &auth.to_header()),
                        None => drop(request.headers_mut().remove(&AUTH)),
                    }
                }
                let again = copy(&request);
                let reply = self.next.execute(operation, request).await?;
                let reply = explained(reply, &reasons).await;
                if reply.status != StatusCode::UNAUTHORIZED {
                    return Ok(reply);
                }
                let Some(registry) = registry else { return Ok(reply) };
                match (again, self.source.renew(&registry).await?) {
                    (Some(mut again), Some(auth)) => {
                        put(&mut again, AUTH, &auth.to_header());
                        self.next.execute(operation, again).await
                    }
                    _ => Ok(reply),
                }
            }
        }
    }
}

impl<T: Transport> Transport for Supply<T> {
    fn execute(
        &self,
        operation: &'static Operation,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<Reply, Error>> {
        Box::pin(self.send(operation, request))
    }

    fn api_version(&self) -> BoxFuture<'_, Result<Option<ApiVersion>, Error>> {
        self.next.api_version()
    }

    fn note_ignored(&self, operation: &'static Operation, fields: &[IgnoredField]) {
        self.next.note_ignored(operation, fields);
    }
}

impl<T: fmt::Debug> fmt::Debug for Supply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supply").field("next", &self.next).finish_non_exhaustive()
    }
}

fn want(operation: &Operation, request: &http::Request<Body>) -> Option<Want> {
    let image = match operation.credentials? {
        RegistryCredentials::All => {
            return (!request.headers().contains_key(&CONFIG)).then_some(Want::All);
        }
        RegistryCredentials::Query(name) => parameter(request.uri(), name)?,
        // The slashes of a name are sent as they are.
        RegistryCredentials::Path(name) => {
            let (before, after) = operation.path.split_once(&format!("{{{name}}}"))?;
            decoded(request.uri().path().strip_prefix(before)?.strip_suffix(after)?)
        }
        RegistryCredentials::Search(name) => {
            let term = parameter(request.uri(), name)?;
            return Some(Want::Registry(Some(registry_of_search(&term).to_owned())));
        }
        _ => return None,
    };
    Some(Want::Registry(registry_of(&image)))
}

fn put(request: &mut http::Request<Body>, name: HeaderName, value: &str) {
    // Base64 has nothing that a header could not carry.
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
}

/// Adds to the message of a refusal why stored credentials were not sent.
async fn explained(mut reply: Reply, reasons: &[String]) -> Reply {
    /// How much of the message is read, in bytes.
    const LIMIT: usize = 64 * 1024;

    if reasons.is_empty() || !(reply.status.is_client_error() || reply.status.is_server_error()) {
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
    let message = format!(
        "{}; some stored credentials were not sent: {}",
        message.trim(),
        reasons.join("; ")
    );
    let text = serde_json::json!({ "message": message }).to_string();
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.headers.remove(CONTENT_LENGTH);
    reply.body = bytes::Bytes::from(text).into();
    reply
}

/// The same request once more, unless its body is a stream.
fn copy(request: &http::Request<Body>) -> Option<http::Request<Body>> {
    let mut copy = http::Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}
