//! The routes of a build to BuildKit: the control API, or the build endpoint of the engine where a proxy rejects the
//! control API.

mod endpoint;
mod failure;
mod preflight;
mod push;
mod report;
mod solve;

use docker_client::{Docker, Operation, Request};
use tokio::sync::oneshot;

use self::endpoint::Endpoint;
use self::push::Push;
pub(crate) use self::report::Report;
use self::solve::Solve;
use crate::built::Built;
use crate::error::Error;
use crate::files::FileError;
use crate::grpc::Client;
use crate::plan::Plan;
use crate::progress::Tracker;
use crate::session::{FirstFileError, Session};
use crate::settings::Settings;

/// The control API, which is not a part of the engine's swagger. Since API 1.38.
static GRPC: Operation = Operation::upgrading("Grpc", "POST", "/grpc");

/// A running build.
pub(crate) struct Route {
    stage: Stage,
    push: Option<Push>,
    faults: FirstFileError,
    ended: Option<oneshot::Receiver<String>>,
    _session: Session,
}

enum Stage {
    Solve(Solve),
    Endpoint(Endpoint),
    /// The build has ended, and the image is being pushed.
    Pushing(Built),
}

/// Opens a session and starts the build.
pub(crate) async fn start(docker: Docker, settings: Settings) -> Result<Route, Error> {
    let engine = preflight::check(&docker, &settings).await?;
    let credentials = docker.credentials();
    // Reading secrets, and copying an archive from a reader, blocks, and for ever if nobody writes to a FIFO.
    let planned = docker_core::on_thread(move || {
        let plan = Plan::new(&settings, credentials);
        (settings, plan)
    });
    let planned = planned.await.map_err(|error| {
        Error::protocol(format!("the thread that prepares the build failed: {error}"))
    });
    let (settings, plan) = planned?;
    let mut plan = plan?;
    let push = (settings.push && !engine.pushes()).then(|| Push::new(&docker, &settings.tags));
    if settings.push && engine.pushes() {
        preflight::push_by_exporter(&mut plan);
    }
    let control = control(&docker).await;
    let resources = std::mem::take(&mut plan.resources);
    let session = Session::open(&docker, resources, &plan.shared_key).await;
    let mut session = session.map_err(preflight::without_buildkit)?;
    let stage = match control {
        Ok(client) => Stage::Solve(Solve::start(client, &plan, &session.id).await?),
        Err(error) => {
            let endpoint = Endpoint::start(&docker, &settings, &session.id, error).await?;
            Stage::Endpoint(endpoint)
        }
    };
    let (_, unused) = oneshot::channel();
    let ended = std::mem::replace(&mut session.ended, unused);
    let faults = session.faults.clone();
    Ok(Route { stage, push, faults, ended: Some(ended), _session: session })
}

/// Connects to the control API.
pub(crate) async fn control(docker: &Docker) -> Result<Client, Error> {
    let mut request: Request = docker.request(&GRPC);
    request.header("Upgrade", "h2c");
    let connection = request.upgrade().await?.into_inner();
    Client::new(connection).await.map_err(|status| Error::call(&status))
}

impl Route {
    /// Returns the next report. This method is cancel safe.
    pub(crate) async fn next(&mut self, tracker: &Tracker) -> Result<Report, Error> {
        let report = match &mut self.stage {
            Stage::Pushing(built) => {
                let pushed = match &mut self.push {
                    Some(push) => push.next(built).await?,
                    None => None,
                };
                return Ok(match pushed {
                    Some(event) => Report::Event(event),
                    None => Report::Done(std::mem::take(built)),
                });
            }
            Stage::Solve(solve) => alive(&mut self.ended, solve.next(tracker)).await,
            Stage::Endpoint(endpoint) => alive(&mut self.ended, endpoint.next(tracker)).await,
        };
        match report {
            Ok(Report::Done(built)) if self.push.is_some() => {
                self.stage = Stage::Pushing(built);
                Box::pin(self.next(tracker)).await
            }
            Ok(report) => Ok(report),
            // A fault on this machine is the cause of the engine's error.
            Err(error) => Err(match self.faults.take() {
                Some(FileError { path, source }) if path.as_os_str().is_empty() => {
                    Error::protocol(source.to_string())
                }
                Some(fault) => fault.into(),
                None => error,
            }),
        }
    }
}

/// Waits for a report, or until the session has ended.
///
/// The engine detects the end of a session only when it uses the session again.
async fn alive(
    ended: &mut Option<oneshot::Receiver<String>>,
    report: impl Future<Output = Result<Report, Error>>,
) -> Result<Report, Error> {
    tokio::pin!(report);
    let Some(receiver) = ended else { return report.await };
    tokio::select! {
        biased;
        report = &mut report => report,
        reason = receiver => {
            *ended = None;
            // The build may have ended at the same time.
            match tokio::time::timeout(std::time::Duration::from_secs(1), report).await {
                Ok(report) => report,
                Err(_) => Err(Error::Connection {
                    message: reason.unwrap_or_else(|_| "the session ended".to_owned()),
                }),
            }
        }
    }
}
