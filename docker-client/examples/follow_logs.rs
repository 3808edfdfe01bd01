//! `docker logs --follow --timestamps --tail 10 web`
//!
//! Argument: the container (`web`). It runs until the container exits or it is interrupted with ctrl-c.

use docker_client::{Docker, Error, Output, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());

    let docker = Docker::connect()?;
    let logs = docker.container_logs(name).follow(true).timestamps(true).tail("10");
    let mut lines = logs.stream().await?.lines();
    while let Some(line) = lines.next().await {
        // Each line begins with its time, in the format of RFC 3339.
        match line? {
            Output::Stderr(line) => eprintln!("{}", String::from_utf8_lossy(&line)),
            line => println!("{}", line.text()),
        }
    }
    Ok(())
}
