//! The work, as users of bollard write it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bollard::container::LogOutput;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, BuildImageOptionsBuilder, CreateImageOptionsBuilder,
    EventsOptionsBuilder, ImportImageOptionsBuilder, ListContainersOptionsBuilder,
    LogsOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::payload::load_pieces;
use super::transport::Transport;
use crate::context;
use crate::engine::{Certificates, Process};
use crate::summary::Summary;
use crate::work::{ECHO_LINE, Workload};

/// The default timeout of bollard in seconds.
const TIMEOUT: u64 = 120;

/// bollard.
#[derive(Clone, Debug)]
pub struct Client {
    docker: Docker,
    address: Address,
    directory: PathBuf,
}

#[derive(Clone, Debug)]
enum Address {
    Unix(String),
    Tls(String, Certificates),
}

impl Address {
    fn connect(&self) -> Result<Docker> {
        Ok(match self {
            Self::Unix(path) => Docker::connect_with_unix(path, TIMEOUT, API_DEFAULT_VERSION)?,
            Self::Tls(address, certificates) => Docker::connect_with_ssl(
                address,
                &certificates.path("key.pem"),
                &certificates.path("cert.pem"),
                &certificates.path("ca.pem"),
                TIMEOUT,
                API_DEFAULT_VERSION,
            )?,
        })
    }
}

impl Client {
    pub(super) fn connect(engine: &Process, transport: Transport) -> Result<Self> {
        let address = match transport {
            Transport::Unix => {
                Address::Unix(engine.socket().to_str().context("socket")?.to_owned())
            }
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
            Workload::Ping => summary.value(&docker.ping().await?),
            Workload::Version => summary.value(&docker.version().await?),
            Workload::List(count) => list(docker, count, summary).await?,
            Workload::Connect => list(&self.address.connect()?, 1, summary).await?,
            Workload::Inspect => summary.value(&docker.inspect_container(&object, None).await?),
            Workload::Logs { .. } | Workload::Line(_) => {
                let options = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
                output(docker.logs(&object, Some(options)), summary).await?;
            }
            Workload::Echo(lines) => self.echo(lines, summary).await?,
            Workload::Events(count) => {
                let options = EventsOptionsBuilder::new().until(&count.to_string()).build();
                values(docker.events(Some(options)), summary).await?;
            }
            Workload::Pull(_) | Workload::Value(_) => {
                let options = CreateImageOptionsBuilder::new().from_image(&object).build();
                values(docker.create_image(Some(options), None, None), summary).await?;
            }
            Workload::Build(files) => {
                let context = context::directory(&self.directory, files)?;
                let context = tokio::task::spawn_blocking(move || pack(&context)).await??;
                let options = BuildImageOptionsBuilder::new().build();
                let body = bollard::body_full(context.into());
                let mut built = std::pin::pin!(docker.build_image(options, None, Some(body)));
                while let Some(report) = built.try_next().await? {
                    summary.value_as(&report, |_| json!("built"));
                }
            }
            Workload::Export(_) => {
                let mut body = docker.export_container(&object);
                while let Some(piece) = body.try_next().await? {
                    summary.piece(0, &piece);
                }
            }
            Workload::Load(bytes) => {
                let options = ImportImageOptionsBuilder::new().build();
                let body = load_pieces(bytes);
                let mut loaded = std::pin::pin!(docker.import_image_stream(options, body, None));
                while let Some(report) = loaded.try_next().await? {
                    summary.value_as(&report, |report| json!({"stream": report.stream}));
                }
            }
        }
        Ok(())
    }

    async fn echo(&self, lines: u32, summary: &mut Summary) -> Result<()> {
        let options =
            AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).build();
        let mut attached = self.docker.attach_container("web", Some(options)).await?;
        for _ in 0..lines {
            attached.input.write_all(ECHO_LINE).await?;
            let output = attached.output.try_next().await?.context("the stream ended")?;
            summary.piece(1, output.as_ref());
        }
        Ok(())
    }
}

/// Packs the context, as users of bollard do: bollard accepts a tar archive and creates none.
fn pack(directory: &Path) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            let name = path.strip_prefix(directory)?;
            if name == Path::new(context::IGNORED_DIRECTORY)
                || name.extension().is_some_and(|of| of == context::IGNORED_EXTENSION)
            {
                continue;
            }
            if path.is_dir() {
                tar.append_dir(name, &path)?;
                directories.push(path);
            } else {
                tar.append_path_with_name(&path, name)?;
            }
        }
    }
    Ok(tar.into_inner()?)
}

async fn list(docker: &Docker, count: u32, summary: &mut Summary) -> Result<()> {
    let options = ListContainersOptionsBuilder::new().limit(count as i32).build();
    summary.value(&docker.list_containers(Some(options)).await?);
    Ok(())
}

async fn output(
    stream: impl Stream<Item = Result<LogOutput, bollard::errors::Error>>,
    summary: &mut Summary,
) -> Result<()> {
    let mut stream = std::pin::pin!(stream);
    while let Some(output) = stream.next().await {
        match output? {
            LogOutput::StdOut { message } => summary.piece(1, &message),
            LogOutput::StdErr { message } => summary.piece(2, &message),
            LogOutput::StdIn { message } | LogOutput::Console { message } => {
                summary.piece(0, &message);
            }
        }
    }
    Ok(())
}

async fn values<T: Serialize>(
    stream: impl Stream<Item = Result<T, bollard::errors::Error>>,
    summary: &mut Summary,
) -> Result<()> {
    let mut stream = std::pin::pin!(stream);
    while let Some(value) = stream.next().await {
        summary.value(&value?);
    }
    Ok(())
}
