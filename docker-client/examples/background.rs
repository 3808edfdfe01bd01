//! `docker run --detach --name web busybox httpd -f -p 80`
//!
//! Arguments: the name of the container (`web`) and its image (`busybox`, which is pulled if it is missing).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());
    let image = std::env::args().nth(2).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    let web = docker.run(image).cmd(["httpd", "-f", "-p", "80"]).name(name).detach().await?;
    for warning in &web.warnings {
        eprintln!("warning: {warning}");
    }
    // The container goes on when this program ends: `docker rm --force web` ends it.
    println!("{}", web.id);
    Ok(())
}
