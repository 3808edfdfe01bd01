//! `docker top web`
//!
//! Argument: a running container (`web`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());

    let docker = Docker::connect()?;
    // `ps_args("-eo pid,comm")` selects other columns.
    let top = docker.container_top(name).send().await?;
    println!("{}", top.titles.join("\t"));
    for process in &top.processes {
        println!("{}", process.join("\t"));
    }
    Ok(())
}
