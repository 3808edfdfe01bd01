//! Whether output comes in frames or, from a terminal, as it is.
//!
//! From API 1.42 on the engine tells by the media type of the reply. Below it says `raw-stream` whatever it sends, and the
//! setting of the container, service, task or exec decides, which is looked up before.

use docker_api::{ApiVersion, Error, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
const RAW: &str = "application/vnd.docker.raw-stream";

/// From here on the media type tells.
const TELLING: ApiVersion = ApiVersion::new(1, 42);

/// How it is decided whether there is a terminal.
pub(crate) enum Framing {
    /// It is known.
    Known(bool),
    /// The media type of the response tells; if it does not, the setting is asked for with this call of an inspect.
    MediaType(Box<Request>),
}

impl Framing {
    /// For the output that `request` asks for.
    pub(crate) async fn of(request: &mut Request) -> Result<Self, Error> {
        match request.api_version().await? {
            Some(version) if version >= TELLING => {
                Ok(Self::MediaType(Box::new(inspection(request)?)))
            }
            _ => Ok(Self::Known(inspect(inspection(request)?).await?)),
        }
    }

    /// Returns whether the response with these headers is from a terminal.
    ///
    /// podman 5.8 sends logs without a media type, and proxies may remove or replace it: then the setting is asked for.
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

/// The call that inspects the process whose output `request` returns.
fn inspection(request: &Request) -> Result<Request, Error> {
    let Some(process) = request.operation().process else {
        return Err(Error::invalid_request(request.target(), "the operation returns no output"));
    };
    let id = request.path_value("id").unwrap_or_default();
    Ok(request.client().request(process.inspect).path("id", id))
}

/// Returns the setting of an exec.
pub(crate) async fn exec_terminal(request: &Request) -> Result<bool, Error> {
    inspect(inspection(request)?).await
}

async fn inspect(inspection: Request) -> Result<bool, Error> {
    Ok(inspection.decode::<Inspected>().await?.terminal())
}

/// The little that matters of what an inspect of any of them answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    /// Of a container.
    config: Option<Setting>,
    /// Of an exec.
    process_config: Option<ExecSetting>,
    /// Of a service or a task.
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
