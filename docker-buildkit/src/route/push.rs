//! Pushes an image after the build, on engines whose BuildKit does not.

use std::collections::VecDeque;
use std::sync::Arc;

use docker_client::prelude::*;
use docker_client::{Docker, ProgressStream};
use tokio::time::Instant;

use crate::built::Built;
use crate::error::Error;
use crate::progress::{Event, Step};

/// The pushes of all tags, one after the other.
pub(super) struct Push {
    docker: Docker,
    tags: VecDeque<String>,
    current: Option<Current>,
    number: usize,
}

struct Current {
    step: Step,
    since: Instant,
    progress: ProgressStream,
}

impl Push {
    pub(super) fn new(docker: &Docker, tags: &[String]) -> Self {
        // BuildKit's steps have smaller numbers.
        let number = 10_000;
        Self { docker: docker.clone(), tags: tags.iter().cloned().collect(), current: None, number }
    }

    /// Returns the next event, or `None` when everything is pushed. This method is cancel safe.
    pub(super) async fn next(&mut self, built: &mut Built) -> Result<Option<Event>, Error> {
        let Some(current) = &mut self.current else {
            let Some(tag) = self.tags.front() else { return Ok(None) };
            let progress = self.docker.push(tag).progress().await?;
            self.number += 1;
            let name: Arc<str> = Arc::from(format!("pushing {tag}"));
            let step = Step { number: self.number, digest: Arc::clone(&name), name };
            self.tags.pop_front();
            self.current = Some(Current { step: step.clone(), since: Instant::now(), progress });
            return Ok(Some(Event::Started { step }));
        };
        while let Some(report) = current.progress.next().await {
            let report = report?;
            if let Some(digest) = report.digest() {
                built.digest = Some(digest.to_owned());
            }
            let (Some(id), Some(detail)) = (report.id, report.detail) else { continue };
            let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
            return Ok(Some(Event::Progress {
                step: current.step.clone(),
                name: id,
                current: number(detail.current).unwrap_or_default(),
                total: number(detail.total).filter(|total| *total > 0),
                completed: false,
            }));
        }
        let event =
            Event::Completed { step: current.step.clone(), duration: current.since.elapsed() };
        self.current = None;
        Ok(Some(event))
    }
}
