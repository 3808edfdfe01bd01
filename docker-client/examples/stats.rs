//! `docker stats --no-stream web`, and `docker stats web`
//!
//! Arguments: a running container (`web`), and the number of seconds to follow it (5).

use docker_client::{Docker, Error, Stats, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());
    let seconds = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(5);
    let docker = Docker::connect()?;

    // One sample. The engine measures twice, a second apart, to calculate the CPU usage.
    let mut once = docker.container_stats(&name).stream(false).stats().await?;
    if let Some(stats) = once.next().await {
        show("now", &stats?);
    }

    // A sample about every second. Dropping the stream cancels the request.
    let mut samples = docker.container_stats(&name).stats().await?;
    for second in 1..=seconds {
        let Some(stats) = samples.next().await else { break };
        show(&format!("{second} s"), &stats?);
    }
    Ok(())
}

fn show(when: &str, stats: &Stats) {
    println!(
        "{when}: cpu {:.1} %, memory {} of {} bytes, {} processes, {} bytes received",
        stats.cpu_percent.unwrap_or_default(),
        stats.memory_usage,
        stats.memory_limit,
        stats.pids,
        stats.network_received
    );
}
