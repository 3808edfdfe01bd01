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

use super::time::http_date;

/// What the engine may answer with; all of these are sequences of JSON values.
const MEDIA: &str =
    "application/jsonl, application/x-ndjson;q=0.9, application/json-seq;q=0.5, */*;q=0.1";

/// The pause before the second attempt to connect again; each pause is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a connection is attempted, which with the pauses takes about 25 seconds.
const ATTEMPTS: u32 = 9;

/// Follows what happens on an engine.
pub trait EventsExt: Sized {
    /// Sends the request, and returns the events as they come, and before them what the call's `since` asks for.
    ///
    /// An engine answers a moment before it listens to itself. What must not be missed right after this returns is asked
    /// for by `since`, as a time in seconds or `"0"` for all that the engine remembers.
    ///
    /// When the connection breaks, as on a restart of the engine, it is made again and goes on after the last event,
    /// without loss and without repetition as far as the engine remembers (its last 256 events). With `until` the stream
    /// ends at that time.
    ///
    /// # Errors
    ///
    /// Those of [`Request::stream`].
    fn events(self) -> impl Future<Output = Result<EventStream, Error>> + Send;
}

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
            last: Last::default(),
            state: State::Open(JsonStream::new(operation, reply.into_inner())),
        })
    }
}

/// Events as they come. [`next`](Self::next) is cancel safe; dropping the stream ends the request.
///
/// The stream ends at the time that `until` gave, or with an error: where the engine cannot be reached again within
/// about 25 seconds, or refuses.
pub struct EventStream {
    /// The call to make again.
    again: Option<Request>,
    /// Whether the call ends by itself.
    ends: bool,
    /// Where to begin, as long as there was no event.
    since: Option<String>,
    last: Last,
    state: State,
}

enum State {
    Open(JsonStream<EventMessage>),
    Opening(BoxFuture<'static, Result<JsonStream<EventMessage>, Error>>),
    Ended,
}

/// The last events that were handed out.
#[derive(Default)]
struct Last {
    /// Their time in nanoseconds since 1970.
    nanoseconds: i64,
    /// All that have this time.
    events: Vec<EventMessage>,
}

impl Last {
    /// Whether an event was not handed out before; it then counts as handed out.
    fn is_new(&mut self, event: &EventMessage) -> bool {
        let Some(nanoseconds) = event.time_nano else { return true };
        match nanoseconds.cmp(&self.nanoseconds) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal if self.events.contains(event) => false,
            std::cmp::Ordering::Equal => {
                self.events.push(event.clone());
                true
            }
            std::cmp::Ordering::Greater => {
                self.nanoseconds = nanoseconds;
                self.events.clear();
                self.events.push(event.clone());
                true
            }
        }
    }
}

impl EventStream {
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<EventMessage, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The state after the connection broke.
    fn resume(&self) -> State {
        let Some(mut request) = self.again.as_ref().and_then(Request::try_clone) else {
            return State::Ended;
        };
        const SECOND: i64 = 1_000_000_000;
        let last = self.last.nanoseconds;
        let since = (last > 0).then(|| format!("{}.{:09}", last / SECOND, last % SECOND));
        if let Some(since) = since.or_else(|| self.since.clone()) {
            request.query("since", since);
        }
        State::Opening(Box::pin(open(request)))
    }
}

async fn open(request: Request) -> Result<JsonStream<EventMessage>, Error> {
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        let Some(call) = request.try_clone() else { break };
        match once(call).await {
            Err(error) if is_broken(&error) => tracing::debug!(%error, "events are interrupted"),
            result => return result,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    once(request).await
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
                    Ok(stream) => this.state = State::Open(stream),
                    Err(error) => {
                        this.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Open(stream) => match ready!(Pin::new(stream).poll_next(cx)) {
                    Some(Ok(event)) => {
                        if this.last.is_new(&event) {
                            return Poll::Ready(Some(Ok(event)));
                        }
                    }
                    Some(Err(error)) if !is_broken(&error) => {
                        return Poll::Ready(Some(Err(error)));
                    }
                    None if this.ends => this.state = State::Ended,
                    None | Some(Err(_)) => this.state = this.resume(),
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
