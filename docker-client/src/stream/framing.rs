//! Whether output comes in frames or, from a terminal, as it is.
//!
//! From API 1.42 on the engine tells by the media type of the reply. Below it says `raw-stream` whatever it sends, and the
//! setting of the container, service, task or exec decides, which is looked up before.

use docker_api::operations::{
    ContainerAttach, ContainerInspect, ContainerLogs, ExecInspect, ServiceInspect, ServiceLogs,
    TaskInspect, TaskLogs,
};
use docker_api::{ApiVersion, Error, Operation, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";

/// From here on the media type tells.
const TELLING: ApiVersion = ApiVersion::new(1, 42);

/// What is known before the reply.
pub(crate) struct Framing {
    /// Whether there is a terminal; `None` where the media type will tell.
    terminal: Option<bool>,
}

impl Framing {
    /// For the output that `request` asks for.
    pub(crate) async fn of(request: &Request) -> Result<Self, Error> {
        match request.client().api_version().await? {
            Some(version) if version >= TELLING => Ok(Self { terminal: None }),
            _ => Ok(Self { terminal: Some(terminal(request).await?) }),
        }
    }

    /// Whether the reply with these headers is from a terminal.
    pub(crate) fn is_terminal(&self, headers: &HeaderMap) -> bool {
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match (media, self.terminal) {
            (Some(MULTIPLEXED), _) => false,
            (_, Some(terminal)) => terminal,
            (_, None) => true,
        }
    }
}

/// The setting of what `request` asks for the output of.
async fn terminal(request: &Request) -> Result<bool, Error> {
    let asked = request.operation();
    if *asked == ContainerLogs::OPERATION || *asked == ContainerAttach::OPERATION {
        inspect(request, &ContainerInspect::OPERATION).await
    } else if *asked == ServiceLogs::OPERATION {
        inspect(request, &ServiceInspect::OPERATION).await
    } else if *asked == TaskLogs::OPERATION {
        inspect(request, &TaskInspect::OPERATION).await
    } else {
        exec_terminal(request).await
    }
}

/// The setting of an exec.
pub(crate) async fn exec_terminal(request: &Request) -> Result<bool, Error> {
    inspect(request, &ExecInspect::OPERATION).await
}

async fn inspect(request: &Request, operation: &'static Operation) -> Result<bool, Error> {
    let id = request.path_value("id").unwrap_or_default();
    let found = request.client().request(operation).path("id", id).decode::<Inspected>().await?;
    Ok(found.terminal())
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
