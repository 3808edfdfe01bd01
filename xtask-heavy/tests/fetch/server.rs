//! A web server that misbehaves as the test demands.

use std::collections::HashMap;
use std::sync::Mutex;

use fake_engine::{After, Break, FakeEngine, Framing, Request};
use tokio::runtime::{Builder, Runtime};

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Answers 200 with this body.
    File(Vec<u8>),
    /// Answers 200 with this body, in chunks.
    Chunked(Vec<u8>),
    /// Answers this status, with a page for people.
    Status(u16),
    /// Closes the connection without an answer.
    Drop,
    /// Announces this body and closes the connection half-way.
    Truncated(Vec<u8>),
    /// Sends the first half of this body in chunks and closes the connection.
    TruncatedChunks(Vec<u8>),
    /// Sends this body without saying how long it is.
    Unframed(Vec<u8>),
}

/// A server on a port of its own, for as long as the test runs.
pub(crate) struct Server {
    engine: FakeEngine,
    /// What the engine runs on, while the test waits for a program.
    _runtime: Runtime,
}

impl Server {
    /// Serves each path with its replies in order, the last one again and again; 404 for any other path.
    pub(crate) fn start(
        replies: impl IntoIterator<Item = (String, Vec<Reply>)>,
    ) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let replies: HashMap<String, Vec<Reply>> = replies.into_iter().collect();
        let counts = Mutex::new(HashMap::<String, usize>::new());
        let answer = move |request: &Request| {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(request.target().to_owned()).or_default();
            let nth = std::mem::replace(count, *count + 1);
            let replies = replies.get(request.target());
            let reply = replies.and_then(|replies| replies.get(nth).or(replies.last()));
            reply.cloned().unwrap_or(Reply::Status(404)).into()
        };
        let _entered = runtime.enter();
        let engine = FakeEngine::builder().bare().tcp().answer(answer)?;
        drop(_entered);
        Ok(Self { engine, _runtime: runtime })
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.engine.address().unwrap())
    }

    /// The requested paths, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.engine.all_requests();
        requests.iter().map(|request| request.target().to_owned()).collect()
    }
}

impl From<Reply> for fake_engine::Reply {
    fn from(reply: Reply) -> Self {
        let closed = After::End(Break::Close);
        match reply {
            Reply::File(body) => Self::new(200, "", body),
            Reply::Chunked(body) => Self::pieces("", chunks(&body)),
            Reply::Status(status) => Self::new(status, "", "<html>no</html>"),
            Reply::Drop => Self::none(Break::Close),
            Reply::Truncated(body) => {
                let announced = Framing::Announced(body.len() as u64);
                Self::new(200, "", half(&body)).framed(announced).then(closed)
            }
            Reply::TruncatedChunks(body) => {
                let end = [fake_engine::Piece::Break(Break::Close)];
                let pieces = chunks(&half(&body)).into_iter().map(Into::into).chain(end);
                Self::pieces("", pieces.collect::<Vec<_>>())
            }
            Reply::Unframed(body) => Self::new(200, "", body).framed(Framing::Close),
        }
    }
}

fn half(body: &[u8]) -> Vec<u8> {
    body[..body.len() / 2].to_vec()
}

fn chunks(body: &[u8]) -> Vec<Vec<u8>> {
    body.chunks(1000).map(<[u8]>::to_vec).collect()
}
