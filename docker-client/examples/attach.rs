//! `docker create` and `docker start --attach --interactive`
//!
//! Attaching before the start ensures that no output is lost. `docker.run(…).start()` takes the same steps.
//!
//! Argument: the image (`busybox`).

use docker_client::types::ContainerCreateBody;
use docker_client::{Docker, prelude::*};
use tokio::io::AsyncWriteExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    let config = ContainerCreateBody {
        image: Some(image),
        cmd: ["sh", "-c", "echo ready; cat; exit 3"].map(String::from).into(),
        open_stdin: Some(true),
        // The input of the container ends when that of this program does.
        stdin_once: Some(true),
        ..Default::default()
    };
    let id = docker.container_create(config).send().await?.into_inner().id;
    let mut attached = docker.container_attach(&id).stdin(true).attach().await?;
    docker.container_start(&id).send().await?;

    attached.input.write_all(b"hello from outside\n").await?;
    attached.input.close().await?;
    let mut lines = attached.output.lines();
    while let Some(line) = lines.next().await {
        println!("{}", line?.text());
    }

    let exit = docker.container_wait(&id).send().await?;
    println!("exit code: {}", exit.status_code);
    docker.container_delete(&id).send().await?;
    Ok(())
}
