//! Measures the memory of a stream above that of an idle client.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::clients::{Client, ClientKind};
use crate::engine::Process;
use crate::summary::Summary;
use crate::work::Workload;

/// The peaks of one case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peaks {
    /// [`Case::id`].
    pub case: String,
    /// The peaks by the name of the client.
    pub clients: BTreeMap<String, Peak>,
}

/// The peak above the memory before.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Peak {
    /// Allocated bytes.
    pub heap: u64,
    /// Resident bytes of the process (`VmHWM`), which include memory that the allocator keeps.
    pub resident: u64,
}

/// Returns the clients to measure.
pub fn clients(case: &Case) -> Vec<ClientKind> {
    let clients = [ClientKind::Docker, ClientKind::Bollard, ClientKind::Hyper];
    case.clients().iter().copied().filter(|kind| clients.contains(kind)).collect()
}

/// Does one piece of work with a warm client. `allocator` is the global allocator.
pub fn measure(case: &Case, kind: ClientKind, allocator: &PeakAlloc) -> Result<Peak> {
    let engine = Process::start()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = Client::connect(kind, &engine, case.transport)?;
    let run = |work| runtime.block_on(client.run(work, &mut Summary::counting()));
    run(Workload::List(1))?;
    // This resets the peak that the kernel records.
    fs::write("/proc/self/clear_refs", "5").context("reset of VmHWM")?;
    let resident = status("VmHWM")?;
    let heap = allocator.current_usage();
    allocator.reset_peak_usage();
    run(case.work)?;
    Ok(Peak {
        heap: allocator.peak_usage().saturating_sub(heap) as u64,
        resident: status("VmHWM")?.saturating_sub(resident),
    })
}

/// Returns a size from `/proc/self/status` in bytes.
fn status(name: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("/proc/self/status has no {name}"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
