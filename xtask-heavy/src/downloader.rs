//! Downloads a document: up to three attempts with growing pauses, each with timeouts for connecting and for silence.

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::header::TRANSFER_ENCODING;
use reqwest::{StatusCode, Url, Version};

/// The server does not have the document.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotFound(pub(crate) String);

/// The timeouts of a download.
struct Limits {
    /// Connecting, TLS included.
    connect: Duration,
    /// Waiting for the next bytes.
    idle: Duration,
    /// The pauses before the second and the third attempt.
    pauses: [Duration; 2],
}

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    idle: Duration::from_secs(30),
    pauses: [Duration::from_millis(500), Duration::from_secs(2)],
};

/// The maximum size of a document in bytes, much larger than any swagger.
const LARGEST: usize = 64 << 20;

/// The bar that shows how much of all documents has arrived; it draws on a terminal only.
pub(crate) fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What to do about a failure; it depends on what the document is for.
#[derive(Clone, Copy)]
pub(crate) struct Advice {
    /// When it cannot be downloaded.
    pub(crate) failed: &'static str,
    /// When the server does not have it.
    pub(crate) absent: &'static str,
}

/// An HTTP client, and the runtime that drives it.
pub(crate) struct Downloader {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    pauses: [Duration; 2],
    advice: Advice,
}

/// Why a try failed, and whether another may succeed.
struct Failure {
    error: Error,
    again: bool,
}

impl Downloader {
    /// A client; with `https_only`, no redirect leads away from TLS. Errors end with the advice.
    pub(crate) fn new(https_only: bool, advice: Advice) -> Result<Self> {
        Self::with_limits(https_only, advice, &LIMITS)
    }

    fn with_limits(https_only: bool, advice: Advice, limits: &Limits) -> Result<Self> {
        // An error means that one is installed already, which can be used as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let client = reqwest::Client::builder()
            .https_only(https_only)
            .connect_timeout(limits.connect)
            .read_timeout(limits.idle)
            .user_agent("cargo-xtask-fetch")
            .build();
        Ok(Self {
            runtime: runtime.context("cannot start the runtime for downloads")?,
            client: client.context("cannot set up the HTTP client")?,
            pauses: limits.pauses,
            advice,
        })
    }

    /// The body of the document at `url`.
    ///
    /// # Errors
    ///
    /// [`NotFound`] for 404 and 410, at once; otherwise why the last try failed.
    pub(crate) fn get(&self, url: &Url, progress: &ProgressBar) -> Result<Vec<u8>> {
        self.runtime.block_on(async {
            let start = progress.position();
            let mut pauses = self.pauses.iter();
            let mut tries = 1;
            loop {
                let Failure { error, again } = match self.try_once(url, progress).await {
                    Ok(body) => return Ok(body),
                    Err(failure) => failure,
                };
                progress.set_position(start);
                match pauses.next() {
                    Some(&pause) if again => tokio::time::sleep(pause).await,
                    _ => {
                        let tries =
                            if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
                        let failed = self.advice.failed;
                        return Err(
                            error.context(format!("cannot fetch {url} ({tries})\n{failed}"))
                        );
                    }
                }
                tries += 1;
            }
        })
    }

    async fn try_once(&self, url: &Url, progress: &ProgressBar) -> Result<Vec<u8>, Failure> {
        // The error of all attempts contains the address.
        let broken = |error: reqwest::Error| Failure {
            again: !error.is_builder(),
            error: error.without_url().into(),
        };
        let lasting = |error: Error| Failure { error, again: false };
        let mut response = self.client.get(url.clone()).send().await.map_err(broken)?;
        match response.status() {
            StatusCode::OK => {}
            status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
                let hint = self.advice.absent;
                return Err(lasting(
                    NotFound(format!("the server returned {status}: {hint}")).into(),
                ));
            }
            status => {
                let again = status.is_server_error()
                    || matches!(
                        status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    );
                return Err(Failure { error: anyhow!("the server returned {status}"), again });
            }
        }
        let framed = response.headers().contains_key(TRANSFER_ENCODING)
            || response.version() >= Version::HTTP_2;
        if response.content_length().is_none() && !framed {
            return Err(lasting(anyhow!(
                "the response has no length: it cannot be known whether it is complete"
            )));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(lasting(anyhow!("the response is longer than {} MiB", LARGEST >> 20)));
            }
            body.extend_from_slice(&chunk);
            progress.inc(chunk.len() as u64);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_falls_silent_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url: Url = format!("http://{}/file", listener.local_addr().unwrap()).parse().unwrap();
        let server = std::thread::spawn(move || {
            // Held open until the client leaves: before the head, in the body, and in the body again.
            let heads = [
                "",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            ];
            for head in heads {
                let (mut stream, _) = listener.accept().unwrap();
                assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
                stream.write_all(head.as_bytes()).unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap();
            }
        });
        let limits = Limits {
            connect: Duration::from_secs(5),
            idle: Duration::from_millis(200),
            pauses: [Duration::from_millis(1); 2],
        };
        let progress = ProgressBar::hidden();
        let error = Downloader::with_limits(false, Advice { failed: "", absent: "" }, &limits)
            .unwrap()
            .get(&url, &progress)
            .unwrap_err();
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        assert!(chain[0].contains(url.as_str()) && chain[0].contains("3 tries"), "{chain:?}");
        assert!(chain.iter().any(|cause| cause.contains("timed out")), "{chain:?}");
        assert_eq!(progress.position(), 0);
        server.join().unwrap();
    }
}
