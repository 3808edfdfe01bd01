//! The cases that are measured.

use crate::clients::{ClientKind, Transport};
use crate::work::Workload;

/// A case: some work over a transport.
#[derive(Debug, Clone)]
pub struct Case {
    /// The id of the case, such as `unix/ping/8`.
    pub id: String,
    /// How the engine is reached.
    pub transport: Transport,
    /// The work.
    pub work: Workload,
    /// The number of tasks that work at once. 0 is the main task of the program, which does one piece of work after the other.
    pub tasks: u32,
}

impl Case {
    fn new(transport: Transport, name: &str, work: Workload, tasks: u32) -> Self {
        let prefix = match transport {
            Transport::Unix => "unix",
            Transport::Tls => "tls",
        };
        let suffix = match tasks {
            0 => String::new(),
            tasks => format!("/{tasks}"),
        };
        Self { id: format!("{prefix}/{name}{suffix}"), transport, work, tasks }
    }

    /// Returns whether it takes well under a millisecond, so that it is repeated many times.
    pub fn is_request(&self) -> bool {
        matches!(
            self.work,
            Workload::Ping
                | Workload::Version
                | Workload::List(_)
                | Workload::Inspect
                | Workload::Connect
        )
    }

    /// Returns the clients that can do it.
    pub fn clients(&self) -> &'static [ClientKind] {
        use ClientKind::{Bollard, Direct, Docker, Hyper, Socket};
        match (self.transport, self.tasks, self.work) {
            (_, _, Workload::Build(_)) => &[Docker, Bollard],
            (Transport::Tls, ..) | (_, _, Workload::Connect) => &[Docker, Bollard, Hyper],
            (_, _, Workload::Echo(_) | Workload::Load(_)) => &[Docker, Bollard, Hyper, Socket],
            (_, 0, _) => &[Docker, Bollard, Hyper, Direct, Socket],
            _ => &[Docker, Bollard, Hyper, Direct],
        }
    }
}

/// Returns the requests: many small ones, and large lists.
pub fn requests() -> Vec<Case> {
    let mut cases = Vec::new();
    for transport in [Transport::Unix, Transport::Tls] {
        let works = [
            ("ping", Workload::Ping),
            ("version", Workload::Version),
            ("inspect", Workload::Inspect),
            ("list-1", Workload::List(1)),
            ("list-100", Workload::List(100)),
            ("list-5000", Workload::List(5000)),
        ];
        for (name, work) in works {
            cases.push(Case::new(transport, name, work, 0));
            if matches!(work, Workload::Ping | Workload::List(_)) {
                cases.extend([1, 8, 64].map(|tasks| Case::new(transport, name, work, tasks)));
            }
        }
        cases.push(Case::new(transport, "connect", Workload::Connect, 0));
    }
    cases
}

/// Returns the small requests, one at a time, for a run on one processor: `alone/unix/ping`.
pub fn alone() -> Vec<Case> {
    let mut cases = requests();
    cases.retain(|case| {
        let small = matches!(
            case.work,
            Workload::Ping | Workload::Version | Workload::Inspect | Workload::List(1)
        );
        small && case.tasks <= 1
    });
    cases.iter_mut().for_each(|case| case.id.insert_str(0, "alone/"));
    cases
}

/// Returns the streams, each of `scale` times its smallest length. Published figures use 100.
pub fn streams(scale: u64) -> Vec<Case> {
    const MIB: u64 = 1024 * 1024;
    let logs = |size: u32, total: u64, packed| {
        // Whole blocks of the fake engine.
        let block = (256 * 1024 / u64::from(size)).next_multiple_of(4);
        let count = (total / u64::from(size)).next_multiple_of(block);
        Workload::Logs { size, count, packed }
    };
    let works = [
        ("logs-100", logs(100, scale * MIB / 2, false)),
        ("logs-1k", logs(1024, scale * MIB * 2, false)),
        ("logs-16k", logs(16 * 1024, scale * MIB * 8, false)),
        ("packed-logs-100", logs(100, scale * MIB / 2, true)),
        ("packed-logs-1k", logs(1024, scale * MIB * 2, true)),
        ("packed-logs-16k", logs(16 * 1024, scale * MIB * 8, true)),
        ("line-16m", Workload::Line((scale * MIB * 16 / 100).next_multiple_of(16 * 1024))),
        ("echo", Workload::Echo(scale as u32 * 10)),
        ("events", Workload::Events(scale * 1000)),
        ("pull", Workload::Pull(scale * 1000)),
        ("value-4m", Workload::Value(scale * MIB * 4 / 100)),
        ("build-20k", Workload::Build(scale as u32 * 200)),
        ("export-2g", Workload::Export((scale * MIB * 2048 / 100).next_multiple_of(64 * 1024))),
        ("load-2g", Workload::Load((scale * MIB * 2048 / 100).next_multiple_of(64 * 1024))),
    ];
    works.into_iter().map(|(name, work)| Case::new(Transport::Unix, name, work, 0)).collect()
}

/// Returns all cases. A quick run has short streams.
pub fn all(quick: bool) -> Vec<Case> {
    let mut cases = requests();
    cases.extend(streams(if quick { 1 } else { 100 }));
    cases
}
