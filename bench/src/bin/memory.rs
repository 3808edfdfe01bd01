//! Measures the memory of each stream, and writes the measurements as JSON to standard output. Each client of each case runs in a separate
//! process.
#![forbid(unsafe_code)]

use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench::case;
use bench::memory::{Peaks, clients, measure};
use clap::Parser;
use indicatif::ProgressBar;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Measures the memory of each stream.
#[derive(Parser)]
struct Args {
    /// Uses short streams.
    #[arg(long)]
    quick: bool,
    /// Measures only this case, in this process.
    #[arg(long, requires = "client", hide = true)]
    case: Option<String>,
    /// Measures only this client.
    #[arg(long, requires = "case", hide = true)]
    client: Option<String>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let cases = case::streams(if args.quick { 1 } else { 100 });
    if let (Some(id), Some(name)) = (&args.case, &args.client) {
        let case = cases.iter().find(|case| case.id == *id).context("no such case")?;
        let kind = clients(case).into_iter().find(|kind| kind.to_string() == *name);
        let peak = measure(case, kind.context("no such client")?, &ALLOCATOR)?;
        println!("{}", serde_json::to_string(&peak)?);
        return Ok(());
    }
    let bar = ProgressBar::new(cases.len() as u64)
        .with_style(indicatif::ProgressStyle::with_template("{pos}/{len} {msg}")?);
    let mut all = Vec::new();
    for case in &cases {
        bar.set_message(format!("memory of {}", case.id));
        let mut peaks = Peaks { case: case.id.clone(), clients: Default::default() };
        for kind in clients(case) {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--case", &case.id, "--client", &kind.to_string()]);
            if args.quick {
                command.arg("--quick");
            }
            let output = command.stderr(std::process::Stdio::inherit()).output()?;
            ensure!(output.status.success(), "{}, {kind}: {}", case.id, output.status);
            peaks.clients.insert(kind.to_string(), serde_json::from_slice(&output.stdout)?);
        }
        all.push(peaks);
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}
