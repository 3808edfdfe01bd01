//! A web server in this process, from which engines download documents.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Answers requests on a port of 127.0.0.1, until it is dropped.
#[derive(Debug)]
pub struct Pages {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _accept: JoinSet<()>,
}

impl Pages {
    /// Answers with the headers, each of them with its end of line, and the page for the first line of the request.
    ///
    /// # Errors
    ///
    /// Returns an error if no port is free.
    pub async fn serve(
        headers: &'static str,
        page: impl Fn(&str) -> String + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let all = Arc::clone(&asked);
        let mut accept = JoinSet::new();
        accept.spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let length = connection.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..length]);
                let line = request.lines().next().unwrap_or_default();
                let page = page(line);
                all.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
                let length = page.len();
                let reply = format!(
                    "HTTP/1.1 200 OK\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{page}"
                );
                // The client may have closed the connection.
                let _ = connection.write_all(reply.as_bytes()).await;
            }
        });
        Ok(Self { address, asked, _accept: accept })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first lines of the requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
