//! BuildKit's control API beside builds: its cache, its workers, its version.

use std::collections::BTreeMap;
use std::time::Duration;

use docker_client::Docker;

use crate::error::Error;
use crate::grpc::{Client, Status};
use crate::proto::control::{
    DiskUsageRequest, DiskUsageResponse, InfoResponse, ListWorkersResponse, PruneRequest,
    Timestamp, UsageRecord,
};
use crate::proto::services::Nothing;
use crate::route;

/// The path of a method.
macro_rules! method {
    ($name:literal) => {
        concat!("/moby.buildkit.v1.Control/", $name)
    };
}

/// BuildKit's control API; [`BuildkitExt::buildkit_control`](crate::BuildkitExt::buildkit_control) connects to it.
#[derive(Clone)]
pub struct Control(Client);

/// A record of the build cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheRecord {
    /// The id, which filters take as `id==…`.
    pub id: String,
    /// What the record is, in words: the step that made it.
    pub description: String,
    /// `regular`, `source.local`, `exec.cachemount`, …
    pub kind: String,
    /// Bytes on the disk.
    pub size: u64,
    /// Whether a build uses the record now.
    pub in_use: bool,
    /// Whether the record can be written to.
    pub mutable: bool,
    /// Whether an image of the engine shares the data.
    pub shared: bool,
    /// How many times builds have used the record.
    pub usage_count: u64,
    /// When the record was made: the time since 1970.
    pub created: Option<Duration>,
    /// When a build used the record last: the time since 1970.
    pub last_used: Option<Duration>,
    /// The records that this one is based on.
    pub parents: Vec<String>,
}

/// What is removed from the build cache. By default everything that no build uses and no image shares.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Prune(PruneRequest);

impl Prune {
    /// Removes what no build uses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes internal records and those of frontends as well.
    pub fn all(mut self, all: bool) -> Self {
        self.0.all = all;
        self
    }

    /// Narrows the records: `type==exec.cachemount`, `id==…`, `description~=…`. All filters must match.
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        // BuildKit takes several filters as alternatives, and commas within one as conditions.
        match self.0.filter.first_mut() {
            Some(first) => {
                first.push(',');
                first.push_str(&filter.into());
            }
            None => self.0.filter.push(filter.into()),
        }
        self
    }

    /// Keeps records that were used within this time.
    pub fn keep_duration(mut self, duration: Duration) -> Self {
        self.0.keep_duration = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        self
    }

    /// Keeps this many bytes of cache.
    pub fn reserved_space(mut self, bytes: u64) -> Self {
        self.0.reserved_space = i64::try_from(bytes).unwrap_or(i64::MAX);
        self
    }
}

/// What executes builds on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Worker {
    /// The id.
    pub id: String,
    /// What the worker says about itself.
    pub labels: BTreeMap<String, String>,
    /// The platforms that the worker builds for, such as `linux/arm64/v8`.
    pub platforms: Vec<String>,
}

/// The version of BuildKit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The Go package.
    pub package: String,
    /// The version.
    pub version: String,
    /// The commit.
    pub revision: String,
}

impl Control {
    pub(crate) async fn connect(docker: &Docker) -> Result<Self, Error> {
        route::control(docker).await.map(Self)
    }

    /// Returns the records of the build cache, those that match `filter` if it is not empty.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks or the filter is invalid.
    pub async fn disk_usage(&self, filter: &str) -> Result<Vec<CacheRecord>, Error> {
        let filter = if filter.is_empty() { Vec::new() } else { vec![filter.to_owned()] };
        let request = DiskUsageRequest { filter };
        let response: DiskUsageResponse =
            self.0.unary(method!("DiskUsage"), &request).await.map_err(failed)?;
        Ok(response.record.into_iter().map(CacheRecord::from).collect())
    }

    /// Removes records from the build cache and returns them.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks or a filter is invalid.
    pub async fn prune(&self, prune: Prune) -> Result<Vec<CacheRecord>, Error> {
        let responses = self.0.streaming(method!("Prune"), &prune.0).await;
        let mut responses = responses.map_err(failed)?;
        let mut removed = Vec::new();
        while let Some(record) = responses.next::<UsageRecord>().await.map_err(failed)? {
            removed.push(record.into());
        }
        Ok(removed)
    }

    /// Returns the workers.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks.
    pub async fn workers(&self) -> Result<Vec<Worker>, Error> {
        let response: ListWorkersResponse =
            self.0.unary(method!("ListWorkers"), &Nothing {}).await.map_err(failed)?;
        let worker = |record: crate::proto::control::WorkerRecord| Worker {
            id: record.id,
            labels: record.labels,
            platforms: record
                .platforms
                .iter()
                .map(|platform| {
                    let parts = [&platform.os, &platform.architecture, &platform.variant];
                    let parts: Vec<&str> = parts
                        .into_iter()
                        .map(String::as_str)
                        .filter(|part| !part.is_empty())
                        .collect();
                    parts.join("/")
                })
                .collect(),
        };
        Ok(response.record.into_iter().map(worker).collect())
    }

    /// Returns the version of BuildKit. Since API 1.42 (Docker 23.0).
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] on older engines.
    pub async fn info(&self) -> Result<Info, Error> {
        let response: InfoResponse =
            self.0.unary(method!("Info"), &Nothing {}).await.map_err(failed)?;
        let version = response.version.unwrap_or_default();
        Ok(Info { package: version.package, version: version.version, revision: version.revision })
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Control")
    }
}

fn failed(status: Status) -> Error {
    if status.code == crate::grpc::Code::UNIMPLEMENTED {
        return Error::Unsupported {
            what: "this call of BuildKit's control API".into(),
            reason: format!("{status}; it needs Docker 23.0 or later (API 1.42)"),
        };
    }
    Error::call(&status)
}

impl From<UsageRecord> for CacheRecord {
    fn from(record: UsageRecord) -> Self {
        let positive = |number: i64| u64::try_from(number).unwrap_or_default();
        let time = |time: Option<Timestamp>| {
            let time = time?;
            Some(Duration::new(u64::try_from(time.seconds).ok()?, u32::try_from(time.nanos).ok()?))
        };
        Self {
            id: record.id,
            description: record.description,
            kind: record.record_type,
            size: positive(record.size),
            in_use: record.in_use,
            mutable: record.mutable,
            shared: record.shared,
            usage_count: positive(record.usage_count),
            created: time(record.created_at),
            last_used: time(record.last_used_at),
            parents: record.parents,
        }
    }
}
