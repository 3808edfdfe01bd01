//! How much memory a stream takes above an idle client.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::engine::Process;
use crate::side::{Side, Who};
use crate::tally::Tally;
use crate::work::Work;

/// The peaks of one case, in bytes, by the name of the side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peaks {
    /// [`Case::id`].
    pub case: String,
    /// By the name of the side.
    pub sides: BTreeMap<String, Peak>,
}

/// How much more there was at the most than before.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Peak {
    /// Bytes asked from the allocator and not yet given back.
    pub heap: u64,
    /// Bytes of the process that were in memory (`VmHWM`): what the allocator keeps counts, too.
    pub resident: u64,
}

/// Who is looked at.
pub fn sides(case: &Case) -> Vec<Who> {
    let clients = [Who::Docker, Who::Bollard, Who::Hyper];
    case.sides().iter().copied().filter(|who| clients.contains(who)).collect()
}

/// Does one piece of work with a warm client; `allocator` is the global one of the process.
pub fn measure(case: &Case, who: Who, allocator: &PeakAlloc) -> Result<Peak> {
    let engine = Process::start()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let side = Side::connect(who, &engine, case.transport)?;
    let run = |work| runtime.block_on(side.run(work, &mut Tally::counting()));
    run(Work::List(1))?;
    // The kernel then counts the peak anew.
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

/// A size from `/proc/self/status`, in bytes.
fn status(name: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("/proc/self/status has no {name}"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
