//! Measures all cases in turns, and writes the measurements as JSON to standard output.
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
    /// Does everything once, to check that it works and that the results are equal.
    #[arg(long)]
    quick: bool,
    /// Runs itself and the fake engine on one processor, and measures the small requests there, one at a time.
    #[arg(long)]
    one_processor: bool,
    /// Measures only the cases whose id contains one of these strings.
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
            // Processes that are started from here on inherit it.
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
