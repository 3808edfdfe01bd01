//! Measures in turns: each client does the same work in each round, so that other load on the machine affects all of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::case::Case;
use crate::clients::{Client, ClientKind};
use crate::engine::Process;
use crate::fixture;
use crate::summary::Summary;
use crate::work::Workload;

/// The approximate time of the repetitions of docker-client in one round.
const MEASUREMENT_TIME: Duration = Duration::from_millis(60);

/// The maximum number of rounds.
const ROUNDS: usize = 11;

/// The time that a case may take. A case that takes longer has fewer rounds, but at least three.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The measurements of one case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// [`Case::id`].
    pub case: String,
    /// The payload of a stream in bytes.
    pub bytes: u64,
    /// The number of rounds.
    pub rounds: usize,
    /// The number of repetitions in a round.
    pub repeated: u32,
    /// The figures by the name of the client.
    pub clients: BTreeMap<String, Figures>,
}

/// The medians of the rounds, for one piece of work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// Wall time in nanoseconds.
    pub wall: f64,
    /// Processor time of this process in nanoseconds.
    pub cpu: f64,
    /// Processor time of the fake engine in nanoseconds.
    pub engine: f64,
    /// Time to the first value or piece of a stream in nanoseconds.
    pub first: f64,
    /// The median ratio of the wall time to that of docker-client in the same round.
    pub ratio: f64,
    /// The same ratio of processor time.
    pub cpu_ratio: f64,
}

/// One turn of one client.
#[derive(Debug, Clone, Copy)]
struct Measurement {
    wall: f64,
    cpu: f64,
    engine: f64,
    first: f64,
}

/// Measures cases on one fake engine.
#[derive(Debug)]
pub struct Bench {
    engine: Process,
    runtime: tokio::runtime::Runtime,
    quick: bool,
}

impl Bench {
    /// Starts an engine. A quick bench does everything once, so that its times are meaningless.
    pub fn start(quick: bool) -> Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { engine: Process::start()?, runtime, quick })
    }

    /// Compares the results of the clients, then measures their times.
    pub fn run(&self, case: &Case) -> Result<Measured> {
        let clients = case
            .clients()
            .iter()
            .map(|kind| Ok((*kind, Client::connect(*kind, &self.engine, case.transport)?)))
            .collect::<Result<Vec<_>>>()?;
        let bytes = self.compare(case, &clients).with_context(|| case.id.clone())?;
        let (repeated, rounds) = self.calibrate(case, &clients)?;
        let mut measurements: BTreeMap<ClientKind, Vec<Measurement>> = BTreeMap::new();
        for round in 0..rounds {
            // The order changes, because a long turn affects the caches of the next one.
            for at in 0..clients.len() {
                let (kind, client) = &clients[(at + round) % clients.len()];
                measurements
                    .entry(*kind)
                    .or_default()
                    .push(self.measurement(case, client, repeated)?);
            }
        }
        let base =
            measurements.get(&ClientKind::Docker).context("docker-client is in every case")?;
        let clients = measurements
            .iter()
            .map(|(kind, measurements)| {
                let pairs = || measurements.iter().zip(base);
                let figures = Figures {
                    wall: median(measurements.iter().map(|measurement| measurement.wall)),
                    cpu: median(measurements.iter().map(|measurement| measurement.cpu)),
                    engine: median(measurements.iter().map(|measurement| measurement.engine)),
                    first: median(measurements.iter().map(|measurement| measurement.first)),
                    ratio: median(pairs().map(|(measurement, base)| measurement.wall / base.wall)),
                    cpu_ratio: median(
                        pairs().map(|(measurement, base)| measurement.cpu / base.cpu),
                    ),
                };
                (kind.to_string(), figures)
            })
            .collect();
        Ok(Measured { case: case.id.clone(), bytes, rounds, repeated, clients })
    }

    /// Compares the results of the clients that decode with each other and with what the engine sent.
    fn compare(&self, case: &Case, clients: &[(ClientKind, Client)]) -> Result<u64> {
        let mut results = Vec::new();
        let mut bytes = 0;
        for (kind, client) in clients {
            let mut summary = Summary::comparing();
            self.runtime
                .block_on(client.run(case.work, &mut summary))
                .with_context(|| kind.to_string())?;
            if matches!(kind, ClientKind::Docker | ClientKind::Bollard) {
                bytes = summary.bytes;
                results.push((kind, summary.result()));
            }
        }
        if let Some(expected) = expected(case.work) {
            results.push((&ClientKind::Socket, expected.result()));
        }
        for (kind, result) in &results {
            ensure!(*result == results[0].1, "results differ: {:?}, {kind}: {result}", results[0]);
        }
        Ok(bytes)
    }

    /// Returns the number of repetitions in a turn, and the number of rounds.
    fn calibrate(&self, case: &Case, clients: &[(ClientKind, Client)]) -> Result<(u32, usize)> {
        if self.quick {
            return Ok((case.tasks.max(1), 1));
        }
        let mut repeated = case.tasks.max(1);
        if case.is_request() {
            let (_, docker) = &clients[0];
            loop {
                let measurement = self.measurement(case, docker, repeated)?;
                let wanted = MEASUREMENT_TIME.as_nanos() as f64 / measurement.wall;
                if f64::from(repeated) >= wanted / 2.0 {
                    repeated = repeated.max((wanted as u32).next_multiple_of(case.tasks.max(1)));
                    break;
                }
                repeated *= 2;
            }
        }
        let started = Instant::now();
        for (_, client) in clients {
            self.measurement(case, client, repeated)?;
        }
        let affordable = TIME_LIMIT.as_secs_f64() / started.elapsed().as_secs_f64();
        Ok((repeated, (affordable as usize).clamp(3, ROUNDS)))
    }

    fn measurement(&self, case: &Case, client: &Client, repeated: u32) -> Result<Measurement> {
        let engine = self.engine.cpu()?;
        let cpu = own_cpu()?;
        let started = Instant::now();
        let first = self.runtime.block_on(repeat(client, case.work, case.tasks, repeated))?;
        let wall = started.elapsed();
        let cpu = own_cpu()? - cpu;
        let engine = self.engine.cpu()? - engine;
        let each = |time: Duration| time.as_nanos() as f64 / f64::from(repeated);
        let first = first.map_or(0.0, |first| first.as_nanos() as f64);
        Ok(Measurement { wall: each(wall), cpu: each(cpu), engine: each(engine), first })
    }
}

/// Repeats the work, and returns the time to the first result.
async fn repeat(
    client: &Client,
    work: Workload,
    tasks: u32,
    repeated: u32,
) -> Result<Option<Duration>> {
    if tasks == 0 {
        return sequence(client, work, repeated).await;
    }
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { sequence(&client, work, repeated / tasks).await })
        })
        .collect();
    let mut first = None;
    for task in tasks {
        first = first.or(task.await??);
    }
    Ok(first)
}

async fn sequence(client: &Client, work: Workload, repeated: u32) -> Result<Option<Duration>> {
    let mut summary = Summary::counting();
    for _ in 0..repeated {
        client.run(work, &mut summary).await?;
    }
    Ok(summary.first())
}

/// Returns the expected result, if it is a value.
fn expected(work: Workload) -> Option<Summary> {
    let mut summary = Summary::comparing();
    match work {
        Workload::Ping => summary.value(&json!("OK")),
        Workload::Version => summary.value(&fixture::version()),
        Workload::List(count) => summary.value(&fixture::containers(count as usize)),
        Workload::Connect => summary.value(&fixture::containers(1)),
        Workload::Inspect => summary.value(&fixture::inspect()),
        Workload::Events(count) => (0..count as usize)
            .for_each(|at| summary.value(&fixture::event(at % fixture::BLOCK_ITEMS))),
        Workload::Pull(count) => (0..count as usize)
            .for_each(|at| summary.value(&fixture::progress(at % fixture::BLOCK_ITEMS))),
        Workload::Value(bytes) => summary.value(&fixture::large_value(bytes as usize)),
        Workload::Load(bytes) => {
            summary.value(&json!({"stream": format!("received {bytes} bytes")}))
        }
        _ => return None,
    }
    Some(summary)
}

fn own_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(time.num_microseconds().unsigned_abs()))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
