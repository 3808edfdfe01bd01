//! Builds with a secret from an environment variable and an SSH agent: `TOKEN=… cargo run --example buildkit_secrets -- DIRECTORY TAG`.

use docker_buildkit::{BuildkitExt, Error, Event, Secret};
use docker_client::Docker;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let (directory, tag) = (next("."), next("app:1"));
    let build = Docker::connect()?.buildkit(directory).tag(tag);
    let mut build = build.secret("token", Secret::env("TOKEN")).ssh_agent().progress().await?;
    while let Some(event) = build.next().await {
        match event? {
            Event::Started { step } => println!("{}", step.name),
            Event::Log { data, .. } => print!("{}", String::from_utf8_lossy(&data)),
            Event::Warning(warning) => eprintln!("warning: {}", warning.message),
            _ => {}
        }
    }
    println!("{}", build.finish().await?.image_id.unwrap_or_default());
    Ok(())
}
