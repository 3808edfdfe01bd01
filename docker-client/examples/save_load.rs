//! `docker save --output busybox.tar busybox && docker load --input busybox.tar`
//!
//! Arguments: the image (`busybox`) and the archive (`busybox.tar`). The archive is never held in memory as a whole.

use docker_client::{Body, Docker, prelude::*};
use tokio::fs::File;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());
    let path = std::env::args().nth(2).unwrap_or_else(|| "busybox.tar".into());

    let docker = Docker::connect()?;
    // `image_get_all().names([…])` saves several images to one archive.
    let mut archive = docker.image_get(&image).send().await?.into_inner().into_reader();
    let bytes = tokio::io::copy(&mut archive, &mut File::create(&path).await?).await?;
    println!("saved {bytes} bytes to {path}");

    let mut progress = docker.image_load(Body::from_path(&path)).progress().await?;
    while let Some(report) = progress.next().await {
        print!("{}", report?.stream.unwrap_or_default());
    }
    Ok(())
}
