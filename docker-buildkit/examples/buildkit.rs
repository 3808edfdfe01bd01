//! Builds a directory and shows the progress as `docker build` does: `cargo run --example buildkit -- DIRECTORY TAG`.

use docker_buildkit::{BuildkitExt, Error};
use docker_client::Docker;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| ".".to_owned());
    let mut build = Docker::connect()?.buildkit(directory);
    if let Some(tag) = arguments.next() {
        build = build.tag(tag);
    }
    let built = build.progress().await?.show().await?;
    println!("{}", built.image_id.unwrap_or_default());
    Ok(())
}
