//! `docker tag busybox localhost:5000/busybox:mine && docker push localhost:5000/busybox:mine`
//!
//! Arguments: the image (`busybox`) and its name in the registry (`localhost:5000/busybox:mine`). The credentials are
//! those that `docker login` has stored; `.auth(…)` would set others.

use docker_client::{Docker, Error, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());
    let target = std::env::args().nth(2).unwrap_or_else(|| "localhost:5000/busybox:mine".into());

    let docker = Docker::connect()?;
    docker.tag(&image, &target).send().await?;
    let pushed = docker.push(&target).finish().await?;
    println!("pushed {target} as {}", pushed.digest.unwrap_or_default());
    Ok(())
}
