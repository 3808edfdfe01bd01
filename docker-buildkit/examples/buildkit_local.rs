//! Writes the files of a build to a directory on this machine: `cargo run --example buildkit_local -- DIRECTORY TARGET DESTINATION`.

use docker_buildkit::{BuildkitExt, Error, Output};
use docker_client::Docker;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let (directory, target, destination) = (next("."), next("release"), next("./dist"));
    let docker = Docker::connect()?;
    let build = docker.buildkit(directory).target(target).output(Output::local(&destination));
    build.build().await?;
    println!("the files are in {destination}");
    Ok(())
}
