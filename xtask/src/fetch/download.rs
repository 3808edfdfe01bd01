//! Downloads a document whole: three tries with growing pauses, each bounded in time while nothing arrives.

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::header::TRANSFER_ENCODING;
use reqwest::{StatusCode, Url, Version};

use super::source::NotThere;

/// How long connecting may take, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may arrive.
const IDLE: Duration = Duration::from_secs(30);
/// The pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// No swagger is anywhere near this size; a server that never ends is cut off.
const LARGEST: usize = 64 << 20;

/// The bar that shows how much of all documents has arrived; it draws on a terminal only.
pub(super) fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// An HTTP client, and the runtime that drives it.
pub(super) struct Downloader {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// Why a try failed, and whether another may succeed.
struct Failure {
    error: Error,
    again: bool,
}

impl Downloader {
    /// A client; with `https_only`, no redirect leads away from TLS.
    pub(super) fn new(https_only: bool) -> Result<Self> {
        // An error says that one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let client = reqwest::Client::builder()
            .https_only(https_only)
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            .user_agent("cargo-xtask-fetch")
            .build();
        Ok(Self {
            runtime: runtime.context("cannot start the runtime for downloads")?,
            client: client.context("cannot set up the HTTP client")?,
        })
    }

    /// The body of the document at `url`.
    ///
    /// # Errors
    ///
    /// [`NotThere`] for 404 and 410, at once; otherwise why the last try failed.
    pub(super) fn get(&self, url: &Url, progress: &ProgressBar) -> Result<Vec<u8>> {
        self.runtime.block_on(async {
            let start = progress.position();
            let mut pauses = PAUSES.iter();
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
                        let tries = if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
                        return Err(error.context(format!(
                            "cannot fetch {url} ({tries})\n\
                             nothing was written; `cargo xtask generate` works offline, from the documents in spec/"
                        )));
                    }
                }
                tries += 1;
            }
        })
    }

    async fn try_once(&self, url: &Url, progress: &ProgressBar) -> Result<Vec<u8>, Failure> {
        // The address stands in the error of all tries.
        let broken = |error: reqwest::Error| Failure {
            again: !error.is_builder(),
            error: error.without_url().into(),
        };
        let lasting = |error: Error| Failure { error, again: false };
        let mut response = self.client.get(url.clone()).send().await.map_err(broken)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                let hint = "; is its path in spec/versions.toml right for that commit?";
                return Err(lasting(NotThere { place: url.to_string(), hint }.into()));
            }
            status => {
                let again = status.is_server_error()
                    || matches!(
                        status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    );
                return Err(Failure { error: anyhow!("the server answered {status}"), again });
            }
        }
        let framed = response.headers().contains_key(TRANSFER_ENCODING)
            || response.version() >= Version::HTTP_2;
        if response.content_length().is_none() && !framed {
            return Err(lasting(anyhow!(
                "the reply does not say how long it is: it cannot be told whether it is whole"
            )));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(lasting(anyhow!("the reply is longer than {} MiB", LARGEST >> 20)));
            }
            body.extend_from_slice(&chunk);
            progress.inc(chunk.len() as u64);
        }
        Ok(body)
    }
}
