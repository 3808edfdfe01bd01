//! A fake engine, for what none of the real ones can be made to do: it expects requests one after the other, and sends
//! the replies that a test wrote.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use docker_client::{ApiVersion, Docker};
use engines::case::Stop;
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream,
};

/// Method and path, and the status and the JSON of the reply.
type Exchange = (&'static str, &'static str, &'static str);

/// What is still expected, and the bodies that came.
#[derive(Default)]
struct State {
    expected: Vec<Exchange>,
    bodies: Vec<String>,
}

/// A fake engine, which answers each connection that its client opens.
#[derive(Clone)]
pub(crate) struct Fake {
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) fn start(expected: impl IntoIterator<Item = Exchange>) -> Self {
        let mut expected: Vec<_> = expected.into_iter().collect();
        expected.reverse();
        Self { state: Arc::new(Mutex::new(State { expected, bodies: Vec::new() })) }
    }

    /// A client of it that speaks this version.
    pub(crate) fn client(&self, version: &str) -> Result<Docker, Stop> {
        let version: ApiVersion = version.parse()?;
        let fake = self.clone();
        let connector = move || {
            let (near, far) = tokio::io::duplex(4096);
            let fake = fake.clone();
            tokio::spawn(async move { fake.serve(far).await });
            std::future::ready(io::Result::Ok(near))
        };
        let build = Docker::builder().environment([("", ""); 0]).api_version(version);
        Ok(build.host("unix:///fake.sock".parse()?).connector(connector).connect()?)
    }

    /// The bodies that came, in their order.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).bodies.clone()
    }

    async fn serve(&self, connection: DuplexStream) -> io::Result<()> {
        let mut connection = BufReader::new(connection);
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let mut length = 0;
            loop {
                let mut header = String::new();
                connection.read_line(&mut header).await?;
                let Some((name, value)) = header.split_once(':') else { break };
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().unwrap_or_default();
                }
            }
            let mut body = vec![0; length];
            connection.read_exact(&mut body).await?;
            let (status, body) = self.answer(&line, String::from_utf8_lossy(&body).into_owned());
            let reply = format!(
                "HTTP/1.1 {status}\r\nApi-Version: 1.35\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            connection.get_mut().write_all(reply.as_bytes()).await?;
        }
    }

    fn answer(&self, line: &str, body: String) -> (&'static str, String) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = line.trim_end().trim_end_matches(" HTTP/1.1");
        match state.expected.pop() {
            Some((expected, status, reply)) if expected == asked => {
                state.bodies.push(body);
                (status, reply.to_owned())
            }
            expected => {
                let expected = expected.map(|(expected, ..)| expected);
                let message = format!("asked for {asked}, and {expected:?} was expected");
                ("400 Bad Request", serde_json::json!({ "message": message }).to_string())
            }
        }
    }
}
