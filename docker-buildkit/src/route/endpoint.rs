//! A build with `POST /build?version=2`, for engines behind a proxy that rejects the control API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::operations::ImageBuild;
use docker_client::{Docker, JsonStream};
use prost::Message as _;
use serde::Deserialize;
use serde_json::Value;

use super::failure::from_message;
use super::report::Report;
use crate::built::Built;
use crate::context::Source;
use crate::error::Error;
use crate::output::Kind;
use crate::progress::Tracker;
use crate::proto::control::StatusResponse;
use crate::settings::{Dockerfile, Settings};

/// A running build. Dropping it closes the connection, which cancels the build.
pub(super) struct Endpoint {
    lines: JsonStream<Line>,
    built: Built,
}

/// A line of the response.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    aux: Option<Value>,
}

impl Endpoint {
    /// Starts the build. If a setting needs the control API, returns an error with the reason why it cannot be reached.
    pub(super) async fn start(
        docker: &Docker,
        settings: &Settings,
        session: &str,
        refused: Error,
    ) -> Result<Self, Error> {
        if let Some(what) = needs_control(settings) {
            return Err(Error::Unsupported {
                what,
                reason: format!(
                    "this needs `POST /grpc`, which cannot be reached: {}",
                    chain(&refused)
                ),
            });
        }
        let mut build = docker.image_build().version("2").session(session).buildid(session);
        build = match &settings.context.0 {
            Source::Address(address) => build.remote(address.clone()),
            _ => build.remote("client-session"),
        };
        let filename = match &settings.dockerfile {
            Dockerfile::Inside(path) => match &settings.context.0 {
                // The session serves the directory that the Dockerfile is in.
                Source::Directory(_) => path.rsplit('/').next().unwrap_or_default().to_owned(),
                _ => path.clone(),
            },
            Dockerfile::Path(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            Dockerfile::Text(_) => "Dockerfile".to_owned(),
        };
        build = build.dockerfile(filename).t(settings.tags.clone());
        build = options(build, settings)?;
        let stream = build.send().await?.into_inner();
        let lines = JsonStream::new(&ImageBuild::OPERATION, stream).reporting_errors();
        Ok(Self { lines, built: Built::default() })
    }

    /// Returns the next report. This method is cancel safe.
    pub(super) async fn next(&mut self, tracker: &Tracker) -> Result<Report, Error> {
        loop {
            let line = match self.lines.next().await {
                None => return Ok(Report::Done(std::mem::take(&mut self.built))),
                Some(Ok(line)) => line,
                Some(Err(docker_client::Error::InStream { message, .. })) => {
                    return Err(Error::Failed(Box::new(from_message(&message, tracker))));
                }
                Some(Err(error)) => return Err(error.into()),
            };
            match (line.id.as_deref(), line.aux) {
                (Some("moby.buildkit.trace"), Some(Value::String(trace))) => {
                    let bytes = STANDARD.decode(trace).map_err(|error| {
                        Error::protocol(format!("a report is not base64: {error}"))
                    })?;
                    let status = StatusResponse::decode(&bytes[..]).map_err(|error| {
                        Error::protocol(format!("a report is invalid: {error}"))
                    })?;
                    return Ok(Report::Status(status));
                }
                (Some("moby.image.id"), Some(aux)) => {
                    self.built.image_id = aux["ID"].as_str().map(str::to_owned);
                }
                _ => {}
            }
        }
    }
}

fn options(mut build: ImageBuild, settings: &Settings) -> Result<ImageBuild, Error> {
    if let Some(target) = &settings.target {
        build = build.target(target.clone());
    }
    if let Some(platform) = settings.platforms.first() {
        build = build.platform(platform.clone());
    }
    if settings.no_cache.is_some() {
        build = build.nocache(true);
    }
    if settings.pull {
        build = build.pull(true);
    }
    if let Some(network) = &settings.network {
        build = build.networkmode(network.clone());
    }
    let mut arguments = settings.build_args.clone();
    if settings.cache_to.iter().any(|cache| cache.kind == "inline") {
        arguments.insert("BUILDKIT_INLINE_CACHE".into(), "1".into());
    }
    if !arguments.is_empty() {
        build = build.buildargs(json(&arguments)?);
    }
    if !settings.labels.is_empty() {
        build = build.labels(json(&settings.labels)?);
    }
    let caches: Vec<&String> =
        settings.cache_from.iter().filter_map(|cache| cache.attrs.get("ref")).collect();
    if !caches.is_empty() {
        build = build.cachefrom(json(&caches)?);
    }
    let output = settings.outputs().into_iter().next();
    if let Some(output) = output.filter(|output| output.kind != Kind::Image) {
        let outputs = serde_json::json!([{ "Type": output.exporter(), "Attrs": output.attrs }]);
        build = build.outputs(outputs.to_string());
    }
    Ok(build)
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::protocol(error.to_string()))
}

/// Returns a setting that the endpoint does not support, if there is one.
fn needs_control(settings: &Settings) -> Option<String> {
    if let Some(name) = settings.contexts.keys().next() {
        return Some(format!("the named context `{name}`"));
    }
    if matches!(settings.context.0, Source::Archive(_)) {
        return Some("an archive as the context".into());
    }
    if matches!(
        (&settings.context.0, &settings.dockerfile),
        (Source::Address(_), Dockerfile::Text(_) | Dockerfile::Path(_))
    ) {
        return Some("a local Dockerfile for a context that the engine fetches".into());
    }
    if settings.outputs.len() > 1 {
        return Some("more than one output".into());
    }
    if settings.cache_to.iter().chain(&settings.cache_from).any(|cache| {
        cache.kind != "inline" && !(cache.kind == "registry" && cache.attrs.len() == 1)
    }) || settings.cache_to.iter().any(|cache| cache.kind != "inline")
    {
        return Some("a cache with attributes, or an export of the cache to a registry".into());
    }
    if settings.no_cache.as_ref().is_some_and(|stages| !stages.is_empty()) {
        return Some("`no_cache_stages`".into());
    }
    if settings.platforms.len() > 1 {
        return Some("more than one platform".into());
    }
    if !settings.hosts.is_empty() {
        return Some("`add_host`".into());
    }
    settings.attestations.keys().next().map(|name| format!("the attestation `{name}`"))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        text = format!("{text}: {below}");
        cause = below.source();
    }
    text
}
