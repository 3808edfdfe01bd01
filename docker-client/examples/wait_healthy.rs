//! `docker run --detach --health-cmd …`, and waiting until its health check succeeds
//!
//! Arguments: the name of the container (`slow`) and its image (`busybox`).

use std::time::Duration;

use docker_client::Docker;
use docker_client::text::nanoseconds;
use docker_client::types::HealthConfig;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "slow".into());
    let image = std::env::args().nth(2).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    // Usually, the image defines the health check, with `HEALTHCHECK` in its Dockerfile.
    let check = HealthConfig {
        test: ["CMD", "test", "-e", "/tmp/ready"].map(String::from).into(),
        interval: Some(nanoseconds("200ms")?),
        retries: Some(50),
        ..Default::default()
    };
    let script = "sleep 1; touch /tmp/ready; sleep 1000";
    let run = docker.run(image).cmd(["sh", "-c", script]).name(&name).remove(true);
    let run = run.configure(|config| config.healthcheck = Some(check));
    let container = run.detach().await?;
    println!("started {name}");

    // This returns an error as soon as the container exits or is unhealthy. The caller limits the time.
    timeout(Duration::from_secs(30), container.wait_healthy()).await??;
    println!("{name} is healthy");
    container.kill().send().await?;
    Ok(())
}
