//! Determines whether output is divided into frames or comes from a terminal.
//!
//! Since API 1.42, the media type of the response distinguishes the two. Earlier engines always send `raw-stream`, so
//! the container, service, task or exec is inspected before the request.

use docker_api::{ApiVersion, Error, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
const RAW: &str = "application/vnd.docker.raw-stream";

/// The first API version in which the media type distinguishes the two.
const HAS_MEDIA_TYPES: ApiVersion = ApiVersion::new(1, 42);

/// The way to determine whether there is a terminal.
pub(crate) enum Framing {
    /// The answer is known.
    Known(bool),
    /// The media type of the response decides. If it does not, this request inspects the object.
    MediaType(Box<Request>),
}

impl Framing {
    /// Returns the way for the output of `request`.
    pub(crate) async fn of(request: &mut Request) -> Result<Self, Error> {
        match request.api_version().await? {
            Some(version) if version >= HAS_MEDIA_TYPES => {
                Ok(Self::MediaType(Box::new(inspection(request)?)))
            }
            _ => Ok(Self::Known(inspect(inspection(request)?).await?)),
        }
    }

    /// Returns whether the response with these headers is from a terminal.
    ///
    /// podman 5.8 sends logs without a media type, and proxies may remove or replace it. The object is then inspected.
    pub(crate) async fn terminal(self, headers: &HeaderMap) -> Result<bool, Error> {
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.and_then(|media| media.split(';').next()).map(str::trim);
        match (media, self) {
            (Some(MULTIPLEXED), _) => Ok(false),
            (_, Self::Known(terminal)) => Ok(terminal),
            (Some(RAW), Self::MediaType(_)) => Ok(true),
            (_, Self::MediaType(inspection)) => inspect(*inspection).await,
        }
    }
}

/// Returns a request that inspects the object whose output `request` returns.
fn inspection(request: &Request) -> Result<Request, Error> {
    let Some(process) = request.operation().process else {
        return Err(Error::invalid_request(request.target(), "the operation returns no output"));
    };
    let id = request.path_value("id").unwrap_or_default();
    Ok(request.client().request(process.inspect).path("id", id))
}

/// The settings of an exec that its start does not contain.
pub(crate) struct ExecSettings {
    /// Whether the exec has a terminal.
    pub(crate) terminal: bool,
    /// Whether its standard input is attached.
    pub(crate) input: bool,
}

impl ExecSettings {
    /// Inspects the exec that `request` starts.
    pub(crate) async fn inspect(request: &Request) -> Result<Self, Error> {
        let exec = inspection(request)?.decode::<Inspected>().await?.into_inner();
        // An engine that does not report the setting may read the input.
        Ok(Self { terminal: exec.terminal(), input: exec.open_stdin.unwrap_or(true) })
    }
}

async fn inspect(inspection: Request) -> Result<bool, Error> {
    Ok(inspection.decode::<Inspected>().await?.terminal())
}

/// The part of the response that is needed, for any kind of object.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    /// For a container.
    config: Option<Setting>,
    /// For an exec.
    process_config: Option<ExecSetting>,
    /// For an exec.
    open_stdin: Option<bool>,
    /// For a service or a task.
    spec: Option<Spec>,
}

#[derive(Deserialize)]
struct Setting {
    #[serde(alias = "TTY", rename = "Tty")]
    terminal: Option<bool>,
}

#[derive(Deserialize)]
struct ExecSetting {
    #[serde(rename = "tty")]
    terminal: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spec {
    task_template: Option<Box<Spec>>,
    container_spec: Option<Setting>,
}

impl Spec {
    fn terminal(&self) -> bool {
        let own = self.container_spec.as_ref().and_then(|setting| setting.terminal);
        own.unwrap_or_else(|| self.task_template.as_ref().is_some_and(|spec| spec.terminal()))
    }
}

impl Inspected {
    fn terminal(&self) -> bool {
        let container = self.config.as_ref().and_then(|setting| setting.terminal);
        let exec = self.process_config.as_ref().and_then(|setting| setting.terminal);
        container.or(exec).unwrap_or_else(|| self.spec.as_ref().is_some_and(Spec::terminal))
    }
}
