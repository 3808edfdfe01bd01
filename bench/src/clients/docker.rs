//! The work, as users of docker-client write it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use docker_client::prelude::*;
use docker_client::types::EventMessage;
use docker_client::{
    Body, BuildContext, Docker, Host, JsonStream, Output, ProgressStream, Request, Tls,
};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::payload::load_pieces;
use super::transport::Transport;
use crate::context;
use crate::engine::{Certificates, Process};
use crate::summary::Summary;
use crate::work::{ECHO_LINE, Workload};

/// docker-client.
#[derive(Clone, Debug)]
pub struct Client {
    docker: Docker,
    address: Address,
    directory: PathBuf,
}

#[derive(Clone, Debug)]
enum Address {
    Unix(PathBuf),
    Tls(String, Certificates),
}

impl Address {
    fn connect(&self) -> Result<Docker> {
        // The settings of the machine are not used.
        let builder = Docker::builder().environment([("", ""); 0]);
        Ok(match self {
            Self::Unix(path) => builder.host(Host::Unix(path.clone())),
            Self::Tls(address, certificates) => {
                builder.host(address.parse()?).tls(Tls::from_dir(certificates.directory())?)
            }
        }
        .connect()?)
    }
}

impl Client {
    pub(super) fn connect(engine: &Process, transport: Transport) -> Result<Self> {
        let address = match transport {
            Transport::Unix => Address::Unix(engine.socket()),
            Transport::Tls => Address::Tls(
                format!("tcp://localhost:{}", engine.port()),
                engine.certificates().clone(),
            ),
        };
        Ok(Self { docker: address.connect()?, address, directory: engine.directory().to_owned() })
    }

    pub(super) async fn run(&self, work: Workload, summary: &mut Summary) -> Result<()> {
        let docker = &self.docker;
        let object = work.object();
        match work {
            Workload::Ping => {
                // The body of the response is always the same.
                summary.value_as(&docker.system_ping().send().await?, |_| json!("OK"));
            }
            Workload::Version => summary.value(&*docker.system_version().send().await?),
            Workload::List(count) => list(docker, count, summary).await?,
            Workload::Connect => {
                list(&self.address.connect()?, 1, summary).await?;
            }
            Workload::Inspect => summary.value(&*docker.container_inspect(&object).send().await?),
            Workload::Logs { .. } | Workload::Line(_) => {
                let mut logs =
                    docker.container_logs(&object).stdout(true).stderr(true).stream().await?;
                while let Some(output) = logs.next().await {
                    piece(&output?, summary);
                }
            }
            Workload::Echo(lines) => echo(docker, lines, summary).await?,
            Workload::Events(count) => {
                let call = docker.system_events().until(count.to_string());
                let call = Request::from(call);
                let (operation, body) = (call.operation(), call.stream().await?);
                let mut events = JsonStream::<EventMessage>::new(operation, body.into_inner());
                while let Some(event) = events.next().await {
                    summary.value(&event?);
                }
            }
            Workload::Pull(_) | Workload::Value(_) => {
                let call = docker.image_create().from_image(&object);
                progress(call.progress().await?, summary).await?;
            }
            Workload::Build(files) => {
                let context = BuildContext::from_dir(context::directory(&self.directory, files)?);
                let mut built = docker.build(context).progress().await?;
                while let Some(report) = built.next().await {
                    summary.value_as(&report?, |_| json!("built"));
                }
            }
            Workload::Export(_) => {
                let call = Request::from(docker.container_export(&object));
                let mut body = call.stream().await?;
                while let Some(piece) = body.chunk().await? {
                    summary.piece(0, &piece);
                }
            }
            Workload::Load(bytes) => {
                let body = Body::from_stream(load_pieces(bytes));
                progress(docker.image_load(body).progress().await?, summary).await?;
            }
        }
        Ok(())
    }
}

async fn list(docker: &Docker, count: u32, summary: &mut Summary) -> Result<()> {
    summary.value(&*docker.container_list().limit(count.into()).send().await?);
    Ok(())
}

async fn echo(docker: &Docker, lines: u32, summary: &mut Summary) -> Result<()> {
    let mut attached =
        docker.container_attach("web").stream(true).stdin(true).stdout(true).attach().await?;
    for _ in 0..lines {
        attached.input.write_all(ECHO_LINE).await?;
        piece(&attached.output.next().await.context("the stream ended")??, summary);
    }
    Ok(())
}

fn piece(output: &Output, summary: &mut Summary) {
    let stream = match output {
        Output::Stdout(_) => 1,
        Output::Stderr(_) => 2,
        _ => 0,
    };
    summary.piece(stream, output.bytes());
}

async fn progress(mut stream: ProgressStream, summary: &mut Summary) -> Result<()> {
    while let Some(report) = stream.next().await {
        summary.value_as(&report?, |report| {
            let detail = report.detail.as_ref();
            let detail = detail.map(|of| json!({"current": of.current, "total": of.total}));
            json!({
                "id": report.id,
                "status": report.status,
                "stream": report.stream,
                "progressDetail": detail,
            })
        });
    }
    Ok(())
}
