//! A web server that misbehaves as told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

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
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves each path with its replies in order, the last one again and again; 404 for any other path.
    pub(crate) fn start(
        replies: impl IntoIterator<Item = (String, Vec<Reply>)>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let replies: HashMap<String, Vec<Reply>> = replies.into_iter().collect();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = answer(stream, &replies, &seen);
            }
        });
        Ok(Self { address, requests })
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The paths that were asked for, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    replies: &HashMap<String, Vec<Reply>>,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let nth = {
        let mut seen = seen.lock().unwrap();
        let nth = seen.iter().filter(|earlier| **earlier == path).count();
        seen.push(path.clone());
        nth
    };
    let reply = replies.get(&path).and_then(|replies| replies.get(nth).or(replies.last()));
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    match reply.cloned().unwrap_or(Reply::Status(404)) {
        Reply::File(body) => {
            write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len())?;
            stream.write_all(&body)
        }
        Reply::Chunked(body) => {
            write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n")?;
            chunks(&mut stream, &body)?;
            write!(stream, "0\r\n\r\n")
        }
        Reply::Status(status) => {
            let page = "<html>no</html>";
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            )
        }
        Reply::Drop => Ok(()),
        Reply::Truncated(body) => {
            write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len())?;
            stream.write_all(&body[..body.len() / 2])
        }
        Reply::TruncatedChunks(body) => {
            write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n")?;
            chunks(&mut stream, &body[..body.len() / 2])
        }
        Reply::Unframed(body) => {
            write!(stream, "{head}\r\n")?;
            stream.write_all(&body)
        }
    }
}

fn chunks(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    for chunk in body.chunks(1000) {
        write!(stream, "{:x}\r\n", chunk.len())?;
        stream.write_all(chunk)?;
        write!(stream, "\r\n")?;
    }
    Ok(())
}
