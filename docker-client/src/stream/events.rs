//! The events of an engine, which continue after the connection breaks.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use docker_api::operations::SystemEvents;
use docker_api::types::EventMessage;
use docker_api::{BoxFuture, Error, JsonStream, Request};
use futures_core::Stream;
use http::header::DATE;
use tokio::time::Instant;

use super::recent::Recent;
use super::time::http_date;
use crate::sealed::Sealed;

/// The accepted media types. All of them are sequences of JSON values.
const MEDIA: &str =
    "application/jsonl, application/x-ndjson;q=0.9, application/json-seq;q=0.5, */*;q=0.1";

/// The pause after the first failure; each pause is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(100);

/// The number of consecutive failures that end the stream. With the pauses, this takes about 25 seconds.
const ATTEMPTS: u32 = 9;

/// A connection that ends earlier than this counts as a failure.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Follows the events of an engine.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait EventsExt: Sized + Sealed {
    /// Sends the request (`GET /events`) and returns the events as they arrive.
    ///
    /// With `since`, past events are returned first. An engine responds a moment before it begins to collect events, so
    /// an event that happens right after this returns may be missed without `since`. Set `since` to a time in seconds
    /// since 1970, or to `"0"` for all events that the engine has kept. With `until`, the stream ends at that time.
    ///
    /// If the connection breaks, for example because the engine restarts, the stream connects again and requests the
    /// events from shortly before the last one. Events that were already returned are skipped. Events are only lost if
    /// the engine no longer has them; it keeps the last 256.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::stream`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the stream cancels the request.
    fn events(self) -> impl Future<Output = Result<EventStream, Error>> + Send;
}

impl Sealed for SystemEvents {}

impl EventsExt for SystemEvents {
    async fn events(self) -> Result<EventStream, Error> {
        let mut request = Request::from(self);
        request.header("Accept", MEDIA);
        let ends = request.query_value("until").is_some();
        let again = request.try_clone();
        let reply = request.stream().await?;
        let operation = &SystemEvents::OPERATION;
        // Before the first event, the stream resumes from the time of the response.
        let began = reply.headers().get(DATE).and_then(|date| http_date(date.to_str().ok()?));
        let since = again.as_ref().and_then(|again| again.query_value("since").map(str::to_owned));
        Ok(EventStream {
            again,
            ends,
            since: since.or(began.map(|seconds| seconds.to_string())),
            recent: Recent::default(),
            state: State::Open(JsonStream::new(operation, reply.into_inner())),
            opened: Instant::now(),
            received: false,
            failures: 0,
        })
    }
}

/// A stream of events, which [`EventsExt::events`] returns.
///
/// Events are returned in the order in which they arrive, which may differ from the order of their timestamps. The
/// stream ends at the time of `until`, or with an error if the engine cannot be reached for about 25 seconds or refuses
/// the request.
///
/// [`next`](Self::next) is cancel safe. Dropping the stream cancels the request.
#[must_use = "no event is received unless the stream is read"]
pub struct EventStream {
    /// The request that is repeated after the connection breaks.
    again: Option<Request>,
    /// Whether the request has an `until`, so that its response ends.
    ends: bool,
    /// The time to resume from before the first event.
    since: Option<String>,
    recent: Recent,
    state: State,
    /// The time at which the connection was opened.
    opened: Instant,
    /// Whether a new event has arrived over the connection.
    received: bool,
    /// The number of consecutive connections that failed or ended at once.
    failures: u32,
}

enum State {
    Open(JsonStream<EventMessage>),
    Opening(BoxFuture<'static, Result<(JsonStream<EventMessage>, u32), Error>>),
    Ended,
}

impl EventStream {
    /// Returns the next event, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Decode`] for an event that cannot be decoded; the stream then continues. If the engine cannot
    /// be reached or refuses the request, the error ends the stream.
    pub async fn next(&mut self) -> Option<Result<EventMessage, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Starts to connect again after the connection broke, or returns the error that ends the stream.
    fn resume(&mut self) -> Result<State, Error> {
        let Some(mut request) = self.again.as_ref().and_then(Request::try_clone) else {
            return Ok(State::Ended);
        };
        self.failures = match (self.opened.elapsed() < AT_ONCE, self.received) {
            (false, _) => 0,
            // The pauses grow, but the stream does not give up.
            (true, true) => (self.failures + 1).min(ATTEMPTS / 2),
            (true, false) => self.failures + 1,
        };
        if self.failures >= ATTEMPTS {
            let within = "the events: each of the last 9 connections ended within a second";
            return Err(truncated(within));
        }
        if let Some(since) = self.recent.resume().or_else(|| self.since.clone()) {
            request.query("since", since);
        }
        Ok(State::Opening(Box::pin(open(request, self.failures))))
    }
}

fn truncated(within: &str) -> Error {
    Error::truncated(&SystemEvents::OPERATION, within)
}

/// Connects again. Returns the number of consecutive failures, too.
async fn open(
    request: Request,
    mut failures: u32,
) -> Result<(JsonStream<EventMessage>, u32), Error> {
    loop {
        if failures > 0 {
            tokio::time::sleep(PAUSE * 2_u32.pow(failures - 1)).await;
        }
        let call = request.try_clone().ok_or_else(|| truncated("the events"))?;
        match once(call).await {
            Err(error) if is_broken(&error) && failures + 1 < ATTEMPTS => {
                tracing::debug!(%error, "events are interrupted");
                failures += 1;
            }
            result => return result.map(|stream| (stream, failures)),
        }
    }
}

async fn once(request: Request) -> Result<JsonStream<EventMessage>, Error> {
    let reply = request.stream().await?;
    Ok(JsonStream::new(&SystemEvents::OPERATION, reply.into_inner()))
}

/// Returns whether an error may be temporary, so that the request is worth repeating.
fn is_broken(error: &Error) -> bool {
    match error {
        Error::Connect { .. }
        | Error::Communication { .. }
        | Error::Timeout { .. }
        | Error::Truncated { .. } => true,
        Error::Engine { status, .. } => status.is_server_error(),
        _ => false,
    }
}

impl Stream for EventStream {
    type Item = Result<EventMessage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Ended => return Poll::Ready(None),
                State::Opening(opening) => match ready!(opening.as_mut().poll(cx)) {
                    Ok((stream, failures)) => {
                        this.failures = failures;
                        this.received = false;
                        this.opened = Instant::now();
                        this.state = State::Open(stream);
                    }
                    Err(error) => {
                        this.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Open(stream) => match ready!(Pin::new(stream).poll_next(cx)) {
                    Some(Ok(event)) => {
                        if this.recent.is_new(&event) {
                            this.received = true;
                            return Poll::Ready(Some(Ok(event)));
                        }
                    }
                    Some(Err(error)) if !is_broken(&error) => {
                        return Poll::Ready(Some(Err(error)));
                    }
                    None if this.ends => this.state = State::Ended,
                    None | Some(Err(_)) => match this.resume() {
                        Ok(state) => this.state = state,
                        Err(error) => {
                            this.state = State::Ended;
                            return Poll::Ready(Some(Err(error)));
                        }
                    },
                },
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("request", &self.again).finish_non_exhaustive()
    }
}
