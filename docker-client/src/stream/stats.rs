//! The resource usage of containers, as `docker stats` shows it.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use docker_api::operations::ContainerStats;
use docker_api::{Error, JsonStream, Request, Target};
use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::sealed::Sealed;

/// Follows the resource usage of a container.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait StatsExt: Sized + Sealed {
    /// Sends the request (`GET /containers/{id}/stats`) and returns the samples as they arrive, about one per second,
    /// until the container is removed.
    ///
    /// With `stream(false)`, the stream ends after one sample.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::stream`], for example if there is no such container. If the container is not
    /// running, dockerd sends empty values, and podman 5.8 an error, which the stream returns. See `docs/engines.md`.
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the stream cancels the request.
    fn stats(self) -> impl Future<Output = Result<StatsStream, Error>> + Send;
}

impl Sealed for ContainerStats {}

impl StatsExt for ContainerStats {
    async fn stats(self) -> Result<StatsStream, Error> {
        let mut request = Request::from(self);
        if request.query_value("stream").is_none() {
            request.query("stream", true);
        }
        let reply = request.stream().await?;
        let target = reply.target().clone();
        let samples = JsonStream::new(target.clone(), reply.into_inner());
        Ok(StatsStream { target, samples })
    }
}

/// A stream of samples, which [`StatsExt::stats`] returns.
///
/// [`next`](Self::next) is cancel safe. Dropping the stream cancels the request.
#[must_use = "no sample is received unless the stream is read"]
pub struct StatsStream {
    target: Target,
    samples: JsonStream<Box<RawValue>>,
}

impl StatsStream {
    /// Returns the next sample, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Decode`] for a sample that cannot be decoded; the stream then continues. If the connection
    /// breaks, the error ends the stream.
    pub async fn next(&mut self) -> Option<Result<Stats, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for StatsStream {
    type Item = Result<Stats, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let sample = ready!(Pin::new(&mut self.samples).poll_next(cx));
        Poll::Ready(sample.map(|sample| Stats::new(sample?, self.target.clone())))
    }
}

impl fmt::Debug for StatsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatsStream").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A sample of the resource usage of a container.
///
/// Sizes are in bytes. Percentages are calculated as by `docker stats`. [`decode`](Self::decode) returns everything
/// that the engine sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Stats {
    /// The time of the sample, in the format of RFC 3339.
    pub read: String,
    /// The CPU time since the previous sample, as a percentage of one CPU: 200 means two busy CPUs. `None` if the
    /// engine sent no previous sample, as for the first sample of a stream, and for a container that is not running.
    pub cpu_percent: Option<f64>,
    /// The memory in use, without the inactive file cache, as `docker stats` shows it.
    pub memory_usage: u64,
    /// The memory limit of the container, or the total memory of the host if there is no limit.
    pub memory_limit: u64,
    /// The memory in use, as a percentage of the limit; 0 if the limit is unknown.
    pub memory_percent: f64,
    /// The number of bytes received over all networks.
    pub network_received: u64,
    /// The number of bytes sent over all networks.
    pub network_sent: u64,
    /// The number of bytes read from block devices.
    pub block_read: u64,
    /// The number of bytes written to block devices.
    pub block_written: u64,
    /// The number of processes and threads.
    pub pids: u64,
    text: Box<RawValue>,
    target: Target,
}

impl Stats {
    fn new(text: Box<RawValue>, target: Target) -> Result<Self, Error> {
        let sample: Sample = decode(&text, &target)?;
        let memory_usage = sample.memory_stats.in_use();
        let memory_limit = sample.memory_stats.limit.unwrap_or_default();
        let (block_read, block_written) = sample.block();
        let networks = || sample.networks.iter().flat_map(BTreeMap::values).flatten();
        Ok(Self {
            cpu_percent: sample.cpu_percent(),
            memory_usage,
            memory_limit,
            memory_percent: percent(memory_usage, memory_limit),
            network_received: total(networks().filter_map(|network| network.rx_bytes)),
            network_sent: total(networks().filter_map(|network| network.tx_bytes)),
            block_read,
            block_written,
            pids: sample.pids_stats.and_then(|pids| pids.current).unwrap_or_default(),
            read: sample.read.unwrap_or_default(),
            text,
            target,
        })
    }

    /// Decodes everything that the engine sent for this sample, for example as the type in [`types`](docker_api::types)
    /// that the response of `ContainerStats` has.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Decode`] if the sample does not have the expected type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode(&self.text, &self.target)
    }
}

fn decode<T: DeserializeOwned>(text: &RawValue, target: &Target) -> Result<T, Error> {
    docker_api::decode_reply(text.get().as_bytes()).map_err(|error| {
        Error::decode(target.clone(), format!("column {} of a sample", error.column()), error)
    })
}

/// Adds counters. The sum saturates, because an engine may send any number.
fn total(counters: impl Iterator<Item = u64>) -> u64 {
    counters.fold(0, u64::saturating_add)
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 }
}

/// Reads `null` as the default value.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The part of a sample that the fields of [`Stats`] are calculated from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sample {
    read: Option<String>,
    preread: Option<String>,
    num_procs: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    cpu_stats: Cpu,
    #[serde(deserialize_with = "or_default")]
    precpu_stats: Cpu,
    #[serde(deserialize_with = "or_default")]
    memory_stats: Memory,
    networks: Option<BTreeMap<String, Option<Network>>>,
    blkio_stats: Option<Block>,
    storage_stats: Option<Storage>,
    pids_stats: Option<Pids>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cpu {
    #[serde(deserialize_with = "or_default")]
    cpu_usage: Usage,
    system_cpu_usage: Option<u64>,
    online_cpus: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    total_usage: Option<u64>,
    percpu_usage: Option<Vec<Option<u64>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Memory {
    usage: Option<u64>,
    limit: Option<u64>,
    stats: Option<BTreeMap<String, Option<u64>>>,
    privateworkingset: Option<u64>,
}

#[derive(Deserialize)]
struct Network {
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Block {
    io_service_bytes_recursive: Option<Vec<Option<Transfer>>>,
}

#[derive(Deserialize)]
struct Transfer {
    op: Option<String>,
    value: Option<u64>,
}

#[derive(Deserialize)]
struct Storage {
    read_size_bytes: Option<u64>,
    write_size_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Pids {
    current: Option<u64>,
}

impl Sample {
    fn cpu_percent(&self) -> Option<f64> {
        let used = self.cpu_stats.cpu_usage.total_usage?;
        let before = self.precpu_stats.cpu_usage.total_usage?;
        let used = used.checked_sub(before)? as f64;
        let Some(system) = self.cpu_stats.system_cpu_usage else { return self.windows(used) };
        let system = system.checked_sub(self.precpu_stats.system_cpu_usage?)? as f64;
        let counted = self.cpu_stats.cpu_usage.percpu_usage.as_ref().map(|each| each.len() as u64);
        let cpus = self.cpu_stats.online_cpus.filter(|cpus| *cpus > 0).or(counted)? as f64;
        (system > 0.0).then(|| used / system * cpus * 100.0)
    }

    /// Returns the usage on Windows, where the unit is 100 nanoseconds of any CPU.
    fn windows(&self, used: f64) -> Option<f64> {
        let before = self.preread.as_deref().filter(|time| !time.starts_with("0001-"))?;
        let elapsed = nanoseconds(self.read.as_deref()?)? - nanoseconds(before)?;
        // Midnight may be between the two.
        let elapsed = elapsed.rem_euclid(24 * 60 * 60 * 1_000_000_000);
        let possible = elapsed as f64 / 100.0 * self.num_procs.filter(|procs| *procs > 0)? as f64;
        (possible > 0.0).then(|| used / possible * 100.0)
    }

    fn block(&self) -> (u64, u64) {
        if let Some(storage) = &self.storage_stats
            && let (Some(read), Some(written)) = (storage.read_size_bytes, storage.write_size_bytes)
        {
            return (read, written);
        }
        let transfers = || {
            let block = self.blkio_stats.as_ref()?.io_service_bytes_recursive.as_ref()?;
            Some(block.iter().flatten())
        };
        let sum = |begin: &str| {
            let of = |transfer: &&Transfer| {
                let op = transfer.op.as_deref().unwrap_or_default();
                op.get(..1).is_some_and(|letter| letter.eq_ignore_ascii_case(begin))
            };
            let of = transfers().into_iter().flatten().filter(of);
            total(of.filter_map(|transfer| transfer.value))
        };
        (sum("r"), sum("w"))
    }
}

impl Memory {
    fn in_use(&self) -> u64 {
        if let Some(windows) = self.privateworkingset.filter(|bytes| *bytes > 0) {
            return windows;
        }
        let usage = self.usage.unwrap_or_default();
        let stat = |name: &str| self.stats.as_ref()?.get(name).copied().flatten();
        // The name under cgroup v1, and that under v2.
        let cache = stat("total_inactive_file").or_else(|| stat("inactive_file"));
        cache.and_then(|cache| usage.checked_sub(cache)).filter(|rest| *rest > 0).unwrap_or(usage)
    }
}

/// Returns the nanoseconds since midnight of a time in the format of RFC 3339, in UTC.
fn nanoseconds(text: &str) -> Option<i64> {
    let clock = text.split_once('T')?.1.trim_end_matches('Z');
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fraction = format!("{fraction:0<9}").get(..9)?.parse::<i64>().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(text: &str) -> Stats {
        let text = RawValue::from_string(text.to_owned()).unwrap();
        Stats::new(text, Target::from(&ContainerStats::OPERATION)).unwrap()
    }

    #[test]
    fn the_figures_are_those_of_docker_stats() {
        let stats = stats(
            r#"{"read":"2026-01-01T00:00:01.5Z","pids_stats":{"current":7},
            "cpu_stats":{"cpu_usage":{"total_usage":3000},"system_cpu_usage":20000,"online_cpus":4},
            "precpu_stats":{"cpu_usage":{"total_usage":1000},"system_cpu_usage":10000},
            "memory_stats":{"usage":1000,"limit":4000,"stats":{"inactive_file":200,"other":9}},
            "networks":{"eth0":{"rx_bytes":5,"tx_bytes":6},"eth1":{"rx_bytes":10}},
            "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":3},{"op":"read","value":4},
            {"op":"Write","value":5},{"op":"","value":99},{"value":1}]}}"#,
        );
        assert_eq!(stats.cpu_percent, Some(80.0));
        assert_eq!(
            (stats.memory_usage, stats.memory_limit, stats.memory_percent),
            (800, 4000, 20.0)
        );
        assert_eq!((stats.network_received, stats.network_sent), (15, 6));
        assert_eq!((stats.block_read, stats.block_written, stats.pids), (7, 5, 7));
    }

    #[test]
    fn older_kernels_and_engines_count_otherwise() {
        let stats = stats(
            r#"{"cpu_stats":{"cpu_usage":{"total_usage":20,"percpu_usage":[1,2]},"system_cpu_usage":200,
            "online_cpus":0},"precpu_stats":{"cpu_usage":{"total_usage":10},"system_cpu_usage":100},
            "memory_stats":{"usage":100,"limit":0,"stats":{"total_inactive_file":30,"inactive_file":1}},
            "blkio_stats":{"io_service_bytes_recursive":null},"networks":null}"#,
        );
        assert_eq!(stats.cpu_percent, Some(20.0));
        assert_eq!((stats.memory_usage, stats.memory_percent, stats.block_read), (70, 0.0, 0));
    }

    #[test]
    fn windows_counts_in_intervals() {
        let stats = stats(
            r#"{"read":"2026-01-02T00:00:00.5Z","preread":"2026-01-01T23:59:59.5Z","num_procs":2,
            "cpu_stats":{"cpu_usage":{"total_usage":15000000}},
            "precpu_stats":{"cpu_usage":{"total_usage":5000000}},
            "memory_stats":{"privateworkingset":77},
            "storage_stats":{"read_size_bytes":1,"write_size_bytes":2}}"#,
        );
        assert_eq!(stats.cpu_percent, Some(50.0));
        assert_eq!((stats.memory_usage, stats.block_read, stats.block_written), (77, 1, 2));
    }

    #[test]
    fn null_is_the_zero_value_anywhere() {
        let stats = stats(
            r#"{"precpu_stats":null,"cpu_stats":{"cpu_usage":null},"pids_stats":null,
            "memory_stats":{"usage":5,"stats":{"inactive_file":null}},
            "networks":{"eth0":null,"eth1":{"rx_bytes":3}},
            "blkio_stats":{"io_service_bytes_recursive":[null,{"op":"read","value":4}]}}"#,
        );
        assert_eq!((stats.cpu_percent, stats.memory_usage, stats.pids), (None, 5, 0));
        assert_eq!((stats.network_received, stats.block_read), (3, 4));
    }

    #[test]
    fn a_first_sample_has_no_percentage() {
        let first = r#"{"cpu_stats":{"cpu_usage":{"total_usage":20},"system_cpu_usage":200,"online_cpus":1},
            "precpu_stats":{"cpu_usage":{"total_usage":0}}}"#;
        assert_eq!(stats(first).cpu_percent, None);
        assert_eq!(
            stats(r#"{"read":"0001-01-01T00:00:00Z","cpu_stats":{},"memory_stats":{}}"#).pids,
            0
        );
    }
}
