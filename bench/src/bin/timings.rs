//! Measures all cases by turns and writes what came out as JSON to the standard output.
#![forbid(unsafe_code)]

use anyhow::Result;
use bench::case;
use bench::measure::Bench;
use clap::Parser;
use indicatif::ProgressBar;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// Measures docker-client beside bollard, hyper and plain sockets.
#[derive(Parser)]
struct Args {
    /// Does everything once: only whether it runs, and whether the results are equal, is of interest.
    #[arg(long)]
    quick: bool,
    /// Puts itself and the fake engine on one processor, and measures the small requests there, one at a time.
    #[arg(long)]
    one_processor: bool,
    /// Only cases with one of these in their name.
    filters: Vec<String>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let wanted = |id: &str| {
        args.filters.is_empty() || args.filters.iter().any(|filter| id.contains(filter.as_str()))
    };
    let all = match args.one_processor {
        true => {
            let mut first = CpuSet::new();
            first.set(0)?;
            // What is started from here on inherits it.
            sched_setaffinity(Pid::from_raw(0), &first)?;
            case::alone()
        }
        false => case::all(args.quick),
    };
    let cases: Vec<_> = all.into_iter().filter(|case| wanted(&case.id)).collect();
    let bench = Bench::start(args.quick)?;
    let bar = ProgressBar::new(cases.len() as u64)
        .with_style(indicatif::ProgressStyle::with_template("{pos}/{len} {msg}")?);
    let mut measured = Vec::new();
    for case in &cases {
        bar.set_message(case.id.clone());
        measured.push(bench.run(case)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(())
}
