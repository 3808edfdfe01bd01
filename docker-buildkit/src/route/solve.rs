//! A build with the control API.

use std::pin::Pin;
use std::time::Duration;

use super::failure::failure;
use super::report::Report;
use crate::built::Built;
use crate::error::Error;
use crate::grpc::{Client, Responses, Status};
use crate::plan::Plan;
use crate::progress::Tracker;
use crate::proto::control::{SolveRequest, SolveResponse, StatusRequest, StatusResponse};
use crate::session::random_id;

/// The time to wait for reports after a build that succeeded. They usually end with it.
const AFTER_SUCCESS: Duration = Duration::from_secs(10);

/// The time to wait for reports after a build that failed. If it failed early, they end only after seconds.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

type Solving = Pin<Box<dyn Future<Output = Result<SolveResponse, Status>> + Send>>;
type Opening = Pin<Box<dyn Future<Output = Result<Responses, Status>> + Send>>;

/// A running build. Dropping it closes the connection, which cancels the build.
pub(super) struct Solve {
    solving: Option<Solving>,
    solved: Option<Result<SolveResponse, Status>>,
    reports: Reports,
    deadline: Option<tokio::time::Instant>,
}

enum Reports {
    Opening(Opening),
    Open(Responses),
    Ended,
}

impl Solve {
    pub(super) async fn start(client: Client, plan: &Plan, session: &str) -> Result<Self, Error> {
        let reference = random_id()?;
        // Engines before API 1.44 read the first exporter from separate fields, and export nothing without them.
        let first = plan.exporters.first().cloned().unwrap_or_default();
        let request = SolveRequest {
            reference: reference.clone(),
            exporter: first.kind,
            exporter_attrs: first.attrs,
            session: session.to_owned(),
            frontend: "dockerfile.v0".into(),
            frontend_attrs: plan.frontend.clone(),
            cache: Some(plan.cache.clone()),
            entitlements: plan.entitlements.clone(),
            exporters: plan.exporters.clone(),
        };
        let reports = client.clone();
        Ok(Self {
            solving: Some(Box::pin(async move {
                client.unary("/moby.buildkit.v1.Control/Solve", &request).await
            })),
            solved: None,
            reports: Reports::Opening(Box::pin(async move {
                let request = StatusRequest { reference };
                reports.streaming("/moby.buildkit.v1.Control/Status", &request).await
            })),
            deadline: None,
        })
    }

    /// Returns the next report. This method is cancel safe.
    pub(super) async fn next(&mut self, tracker: &Tracker) -> Result<Report, Error> {
        loop {
            if let (Some(_), Reports::Ended) = (&self.solved, &self.reports) {
                return self.done(tracker);
            }
            let deadline = self.deadline;
            tokio::select! {
                biased;
                report = self.reports.next() => match report {
                    Ok(Some(report)) => return Ok(Report::Status(report)),
                    // The response to the build contains the error.
                    Ok(None) | Err(_) => self.reports = Reports::Ended,
                },
                solved = solving(&mut self.solving) => {
                    self.solving = None;
                    let after = if solved.is_ok() { AFTER_SUCCESS } else { AFTER_FAILURE };
                    self.deadline = Some(tokio::time::Instant::now() + after);
                    self.solved = Some(solved);
                }
                () = until(deadline) => self.reports = Reports::Ended,
            }
        }
    }

    fn done(&mut self, tracker: &Tracker) -> Result<Report, Error> {
        match self.solved.take() {
            Some(Ok(response)) => Ok(Report::Done(built(response))),
            Some(Err(status)) => Err(failure(&status, tracker)),
            None => Err(Error::protocol("the build has already ended")),
        }
    }
}

impl Reports {
    async fn next(&mut self) -> Result<Option<StatusResponse>, Status> {
        loop {
            match self {
                Self::Opening(opening) => *self = Self::Open(opening.await?),
                Self::Open(responses) => return responses.next().await,
                Self::Ended => std::future::pending().await,
            }
        }
    }
}

async fn solving(solving: &mut Option<Solving>) -> Result<SolveResponse, Status> {
    match solving {
        Some(solving) => solving.await,
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn built(response: SolveResponse) -> Built {
    let metadata = response.exporter_response;
    let get = |name: &str| metadata.get(name).cloned();
    let digest = get("containerimage.digest");
    let config = get("containerimage.config.digest");
    Built {
        // In the containerd image store, the id of an image is the digest of its manifest.
        image_id: match metadata.contains_key("containerimage.descriptor") {
            true => digest.clone().or(config),
            false => config.or_else(|| digest.clone()),
        },
        digest,
        metadata,
    }
}
