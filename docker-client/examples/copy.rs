//! `docker cp notes.txt web:/tmp/notes.txt && docker cp web:/etc web-etc`
//!
//! Arguments: the container (`web`), which need not be running, a local file (`notes.txt`), and the local path of the copied
//! directory (`web-etc`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "web".into());
    let file = arguments.next().unwrap_or_else(|| "notes.txt".into());
    let directory = arguments.next().unwrap_or_else(|| "web-etc".into());

    let docker = Docker::connect()?;
    docker.copy_to(&name, "/tmp/notes.txt").path(&file).await?;
    let there = docker.copy_from(&name, "/tmp/notes.txt").stat().await?;
    println!("{} has {} bytes in the container", there.name, there.size);

    docker.copy_from(&name, "/etc").path(&directory).await?;
    println!("copied /etc to {directory}");
    Ok(())
}
