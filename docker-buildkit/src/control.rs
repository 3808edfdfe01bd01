//! [`Control`], BuildKit's control API except for builds: the build cache, the workers, the version.

use std::collections::BTreeMap;
use std::time::Duration;

use docker_client::Docker;

use crate::error::Error;
use crate::grpc::{Client, Status};
use crate::proto::control::{
    DiskUsageRequest, DiskUsageResponse, InfoResponse, ListWorkersResponse, PruneRequest,
    Timestamp, UsageRecord,
};
use crate::proto::services::Empty;
use crate::route;

/// The path of a method.
macro_rules! method {
    ($name:literal) => {
        concat!("/moby.buildkit.v1.Control/", $name)
    };
}

/// A connection to BuildKit's control API. [`BuildkitExt::buildkit_control`](crate::BuildkitExt::buildkit_control)
/// opens it.
///
/// Clones share the connection. It is not reopened: after [`Error::Connection`], connect again. Dropping the future of
/// a call cancels it on the engine.
#[derive(Clone)]
pub struct Control(Client);

/// A record of the build cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheRecord {
    /// The id, which the filter `id==…` selects.
    pub id: String,
    /// A description of the record, such as the step that created it.
    pub description: String,
    /// The type of the record, such as `regular`, `source.local` or `exec.cachemount`.
    pub kind: String,
    /// The size on disk in bytes.
    pub size: u64,
    /// Whether a running build uses the record.
    pub in_use: bool,
    /// Whether the record can be written to.
    pub mutable: bool,
    /// Whether the record shares its data with an image.
    pub shared: bool,
    /// The number of times that builds have used the record.
    pub usage_count: u64,
    /// The time of creation, as the duration since the Unix epoch.
    pub created: Option<Duration>,
    /// The time of the last use, as the duration since the Unix epoch.
    pub last_used: Option<Duration>,
    /// The ids of the records that this one is based on.
    pub parents: Vec<String>,
}

/// The records to remove from the build cache. By default, these are the records that no running build uses, except
/// internal ones, those of frontends, and those that share their data with an image.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Prune(PruneRequest);

impl Prune {
    /// Creates the default selection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether to also remove internal records, those of frontends, and those that share their data with an image.
    pub fn all(mut self, all: bool) -> Self {
        self.0.all = all;
        self
    }

    /// Adds a filter, such as `type==exec.cachemount`, `id==…` or `description~=…`. A record is removed if all filters
    /// match.
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        // Several filters are alternatives to BuildKit; conditions within a filter are separated by commas.
        match self.0.filter.first_mut() {
            Some(first) => {
                first.push(',');
                first.push_str(&filter.into());
            }
            None => self.0.filter.push(filter.into()),
        }
        self
    }

    /// Keeps records that were last used less than this duration ago.
    pub fn keep_duration(mut self, duration: Duration) -> Self {
        self.0.keep_duration = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        self
    }

    /// Keeps up to this many bytes of records.
    pub fn reserved_space(mut self, bytes: u64) -> Self {
        self.0.reserved_space = i64::try_from(bytes).unwrap_or(i64::MAX);
        self
    }
}

/// A worker, which executes builds on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Worker {
    /// The id.
    pub id: String,
    /// The labels of the worker, such as its executor and host name.
    pub labels: BTreeMap<String, String>,
    /// The platforms that the worker builds for, such as `linux/arm64/v8`.
    pub platforms: Vec<String>,
}

/// The version of BuildKit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The Go package, `github.com/moby/buildkit`.
    pub package: String,
    /// The version, such as `v0.17.1`.
    pub version: String,
    /// The commit, which may be empty.
    pub revision: String,
}

impl Control {
    pub(crate) async fn connect(docker: &Docker) -> Result<Self, Error> {
        route::control(docker).await.map(Self)
    }

    /// Returns the records of the build cache that match `filter`, or all records if it is empty.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Connection`] if the connection breaks or the filter is not valid.
    pub async fn disk_usage(&self, filter: &str) -> Result<Vec<CacheRecord>, Error> {
        let filter = if filter.is_empty() { Vec::new() } else { vec![filter.to_owned()] };
        let request = DiskUsageRequest { filter };
        let response: DiskUsageResponse =
            self.0.unary(method!("DiskUsage"), &request).await.map_err(failed)?;
        Ok(response.record.into_iter().map(CacheRecord::from).collect())
    }

    /// Removes records from the build cache and returns the removed records.
    ///
    /// Dropping the future stops the removal; records that were already removed stay removed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Connection`] if the connection breaks or a filter is not valid.
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
    /// Returns [`Error::Connection`] if the connection breaks.
    pub async fn workers(&self) -> Result<Vec<Worker>, Error> {
        let response: ListWorkersResponse =
            self.0.unary(method!("ListWorkers"), &Empty {}).await.map_err(failed)?;
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
    /// Returns [`Error::Unsupported`] on older engines, and [`Error::Connection`] if the connection breaks.
    pub async fn info(&self) -> Result<Info, Error> {
        let response: InfoResponse =
            self.0.unary(method!("Info"), &Empty {}).await.map_err(failed)?;
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
