//! `docker --host ssh://me@engine.example.com run --rm busybox echo far away`
//!
//! Arguments: the address of the engine and the image (`busybox`). The local program `ssh` makes the connection, with
//! its configuration and keys. The remote host requires the Docker command line.

use docker_client::Docker;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = std::env::args().nth(1).unwrap_or_else(|| "ssh://me@engine.example.com".into());
    let image = std::env::args().nth(2).unwrap_or_else(|| "busybox".into());

    let docker = Docker::builder().host(host.parse()?).connect()?;
    let info = docker.system_info().send().await?;
    println!("{} has {} processors", docker.host(), info.ncpu.unwrap_or_default());
    let output = docker.run(image).cmd(["echo", "far away"]).remove(true).output().await?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
