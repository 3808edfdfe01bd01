//! `docker pull busybox`, with a bar for each layer
//!
//! Argument: the image (`busybox`). It requires the feature `indicatif`.

use docker_client::{Docker, Error, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    // The bars are drawn on standard error if it is a terminal. `show` also exists for pushes, builds and loads.
    docker.pull(&image).show().await?;
    println!("pulled {image}");
    Ok(())
}
