//! The limit of a client on hyper: pooled connections, and bodies that are read and discarded.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::TryStreamExt;
use http_body_util::{BodyExt, Empty, StreamBody, combinators::UnsyncBoxBody};
use hyper::Request;
use hyper::body::Frame;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::legacy::{Client as Pooled, connect::Connect};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;
use tower_service::Service;

use super::payload::load_pieces;
use super::transport::Transport;
use crate::engine::{Certificates, Process};
use crate::summary::Summary;
use crate::work::{ECHO_LINE, Workload};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// hyper.
#[derive(Clone, Debug)]
pub struct Client {
    client: Pool,
    authority: String,
    address: Address,
}

#[derive(Clone, Debug)]
enum Address {
    Unix(Arc<PathBuf>),
    Tls(Certificates),
}

#[derive(Clone, Debug)]
enum Pool {
    Unix(Pooled<UnixConnector, Body>),
    Tls(Pooled<HttpsConnector<HttpConnector>, Body>),
}

impl Address {
    fn pool(&self) -> Result<Pool> {
        let mut builder = Pooled::builder(TokioExecutor::new());
        Ok(match self {
            Self::Unix(path) => Pool::Unix(builder.build(UnixConnector(path.clone()))),
            Self::Tls(certificates) => {
                let connector = HttpsConnectorBuilder::new()
                    .with_tls_config(certificates.client()?)
                    .https_only()
                    .enable_http1()
                    .build();
                Pool::Tls(builder.pool_max_idle_per_host(64).build(connector))
            }
        })
    }
}

impl Client {
    pub(super) fn connect(engine: &Process, transport: Transport) -> Result<Self> {
        let (address, authority) = match transport {
            Transport::Unix => {
                (Address::Unix(engine.socket().into()), "http://localhost".to_owned())
            }
            Transport::Tls => (
                Address::Tls(engine.certificates().clone()),
                format!("https://localhost:{}", engine.port()),
            ),
        };
        Ok(Self { client: address.pool()?, authority, address })
    }

    pub(super) async fn run(&self, work: Workload, summary: &mut Summary) -> Result<()> {
        match (work, &self.client) {
            (Workload::Connect, _) => match self.address.pool()? {
                Pool::Unix(client) => self.exchange(&client, work, summary).await,
                Pool::Tls(client) => self.exchange(&client, work, summary).await,
            },
            (Workload::Echo(lines), Pool::Unix(client)) => self.echo(client, lines, summary).await,
            (Workload::Echo(lines), Pool::Tls(client)) => self.echo(client, lines, summary).await,
            (_, Pool::Unix(client)) => self.exchange(client, work, summary).await,
            (_, Pool::Tls(client)) => self.exchange(client, work, summary).await,
        }
    }

    fn request(&self, work: Workload) -> Result<Request<Body>> {
        let (method, target) = work.request();
        let body = match work {
            Workload::Load(bytes) => {
                StreamBody::new(load_pieces(bytes).map_ok(Frame::data)).boxed_unsync()
            }
            _ => Empty::new().map_err(|never| match never {}).boxed_unsync(),
        };
        let uri = format!("{}{target}", self.authority);
        Ok(Request::builder().method(method).uri(uri).body(body)?)
    }

    async fn exchange<C>(
        &self,
        client: &Pooled<C, Body>,
        work: Workload,
        summary: &mut Summary,
    ) -> Result<()>
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        let response = client.request(self.request(work)?).await?;
        ensure!(response.status().is_success(), "status {}", response.status());
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                summary.piece(0, &data);
            }
        }
        Ok(())
    }

    async fn echo<C>(
        &self,
        client: &Pooled<C, Body>,
        lines: u32,
        summary: &mut Summary,
    ) -> Result<()>
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        let mut request = self.request(Workload::Echo(lines))?;
        request.headers_mut().insert("connection", "Upgrade".parse()?);
        request.headers_mut().insert("upgrade", "tcp".parse()?);
        let response = client.request(request).await?;
        let mut stream = TokioIo::new(hyper::upgrade::on(response).await?);
        let mut frame = [0; 8 + ECHO_LINE.len()];
        for _ in 0..lines {
            stream.write_all(ECHO_LINE).await?;
            stream.read_exact(&mut frame).await?;
            summary.piece(1, &frame[8..]);
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct UnixConnector(Arc<PathBuf>);

impl Service<hyper::Uri> for UnixConnector {
    type Response = TokioIo<Unix>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Unix>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: hyper::Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(Unix(UnixStream::connect(&*path).await?))) })
    }
}

#[derive(Debug)]
struct Unix(UnixStream);

impl Connection for Unix {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Unix {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Unix {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
