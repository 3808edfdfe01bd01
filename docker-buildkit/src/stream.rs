//! [`BuildStream`], the events and the result of a running build.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use crate::built::Built;
use crate::error::Error;
use crate::progress::{Event, Renderer, Style, Tracker};
use crate::route::{Report, Route};

/// The interval at which running steps are redrawn.
const TICK: Duration = Duration::from_millis(200);

/// The events of a running build. Dropping it cancels the build on the engine.
#[must_use = "dropping it cancels the build"]
pub struct BuildStream {
    route: Option<Box<Route>>,
    tracker: Tracker,
    events: VecDeque<Event>,
    built: Option<Built>,
}

impl BuildStream {
    pub(crate) fn new(route: Route) -> Self {
        Self {
            route: Some(Box::new(route)),
            tracker: Tracker::default(),
            events: VecDeque::new(),
            built: None,
        }
    }

    /// Returns the next event, or `None` when the build has ended. An error ends the stream.
    ///
    /// This method is cancel safe: no event is lost if its future is dropped.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Build::build`](crate::Build::build).
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(Ok(event));
            }
            let route = self.route.as_mut()?;
            match route.next(&self.tracker).await {
                Ok(Report::Status(status)) => self.tracker.report(status, &mut self.events),
                Ok(Report::Event(event)) => self.events.push_back(event),
                Ok(Report::Done(built)) => {
                    self.route = None;
                    self.built = Some(built);
                }
                Err(error) => {
                    self.route = None;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Waits until the build has ended, and returns its result. The remaining events are discarded.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Build::build`](crate::Build::build).
    pub async fn finish(mut self) -> Result<Built, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        self.built.ok_or_else(|| Error::protocol("the build has already ended with an error"))
    }

    /// Shows the progress on standard error until the build has ended, and returns its result.
    ///
    /// On a terminal, the progress is drawn as `docker build` does, with the width in `COLUMNS`, or 80 columns if it is
    /// not set. Otherwise it is written line by line.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Build::build`](crate::Build::build). Progress that cannot be written is not an error.
    pub async fn show(self) -> Result<Built, Error> {
        let style = match io::stderr().is_terminal() {
            true => {
                let columns =
                    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
                Style::Terminal { columns: columns.unwrap_or(80) }
            }
            false => Style::Plain,
        };
        Box::pin(self.show_on(io::stderr(), style)).await
    }

    /// Writes the progress to `out` in this style until the build has ended, and returns its result.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`show`](Self::show).
    pub async fn show_on(mut self, out: impl Write, style: Style) -> Result<Built, Error> {
        let mut renderer = Renderer::new(out, style);
        let mut ticks = tokio::time::interval(TICK);
        loop {
            // Errors are ignored: a closed terminal must not end a build.
            tokio::select! {
                event = self.next() => match event {
                    Some(Ok(event)) => drop(renderer.event(&event)),
                    Some(Err(error)) => {
                        drop(renderer.finish());
                        return Err(error);
                    }
                    None => break,
                },
                _ = ticks.tick() => drop(renderer.tick()),
            }
        }
        drop(renderer.finish());
        self.finish().await
    }
}

impl std::fmt::Debug for BuildStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildStream").field("ended", &self.route.is_none()).finish_non_exhaustive()
    }
}
