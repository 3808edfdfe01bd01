//! `docker logs web`
//!
//! Argument: the container (`web`). Its standard error is written to that of this program.

use docker_client::{Docker, prelude::*};
use tokio::io::{copy, stderr, stdout};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());

    let docker = Docker::connect()?;
    let logs = docker.container_logs(name).stream().await?;
    let (mut output, mut errors) = logs.into_readers();
    let (mut stdout, mut stderr) = (stdout(), stderr());
    tokio::try_join!(copy(&mut output, &mut stdout), copy(&mut errors, &mut stderr))?;
    Ok(())
}
