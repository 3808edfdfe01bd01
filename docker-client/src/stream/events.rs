//! Events of an engine, without a gap where the connection breaks.

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

/// What the engine may answer with; all of these are sequences of JSON values.
const MEDIA: &str =
    "application/jsonl, application/x-ndjson;q=0.9, application/json-seq;q=0.5, */*;q=0.1";

/// The pause after the first failure; each pause is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(100);

/// How many failures in a row end the stream, which with the pauses takes about 25 seconds.
const ATTEMPTS: u32 = 9;

/// A connection that lasts shorter than this has ended at once, which counts as a failure.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Follows what happens on an engine.
pub trait EventsExt: Sized + Sealed {
    /// Sends the request, and returns the events as they come, and before them what the call's `since` asks for.
    ///
    /// An engine answers a moment before it listens to itself. What must not be missed right after this returns is asked
    /// for by `since`, as a time in seconds or `"0"` for all that the engine remembers.
    ///
    /// When the connection breaks, for example because the engine restarts, it is made again and asks for the events since
    /// shortly before the last one. Those that were returned before are left out, so that none is lost or repeated as far as
    /// the engine remembers (its last 256 events). With `until` the stream ends at that time.
    ///
    /// # Errors
    ///
    /// Those of [`Request::stream`].
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
        // Where nothing has happened yet, the time of the reply is where to go on from.
        let began = reply.headers().get(DATE).and_then(|date| http_date(date.to_str().ok()?));
        let since = again.as_ref().and_then(|again| again.query_value("since").map(str::to_owned));
        Ok(EventStream {
            again,
            ends,
            since: since.or(began.map(|seconds| seconds.to_string())),
            recent: Recent::default(),
            state: State::Open(JsonStream::new(operation, reply.into_inner())),
            opened: Instant::now(),
            fruitful: false,
            failures: 0,
        })
    }
}

/// Events as they come. [`next`](Self::next) is cancel safe; dropping the stream ends the request.
///
/// Every event that arrives is returned, whatever its time is. The stream ends at the time of `until`, or with an error if
/// the engine cannot be reached for about 25 seconds, or refuses.
#[must_use = "no event is received unless the stream is read"]
pub struct EventStream {
    /// The call to make again.
    again: Option<Request>,
    /// Whether the call ends by itself.
    ends: bool,
    /// Where to begin as long as there was no event.
    since: Option<String>,
    recent: Recent,
    state: State,
    /// When the connection was made.
    opened: Instant,
    /// Whether the connection has brought an event that is new.
    fruitful: bool,
    /// How many connections in a row failed, or ended at once.
    failures: u32,
}

enum State {
    Open(JsonStream<EventMessage>),
    Opening(BoxFuture<'static, Result<(JsonStream<EventMessage>, u32), Error>>),
    Ended,
}

impl EventStream {
    /// Returns the next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<EventMessage, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Starts to connect again after the connection broke, or says that the stream has failed.
    fn resume(&mut self) -> Result<State, Error> {
        let Some(mut request) = self.again.as_ref().and_then(Request::try_clone) else {
            return Ok(State::Ended);
        };
        self.failures = match (self.opened.elapsed() < AT_ONCE, self.fruitful) {
            (false, _) => 0,
            // It is made again more slowly, but not given up.
            (true, true) => (self.failures + 1).min(ATTEMPTS / 2),
            (true, false) => self.failures + 1,
        };
        if self.failures >= ATTEMPTS {
            let within = "the events: the connection ended as soon as it was made, again and again";
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

/// Connects until that succeeds, and says how often it has failed in a row.
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

/// Whether an error is of the connection, which may be there again in a moment.
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
                        this.fruitful = false;
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
                            this.fruitful = true;
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
