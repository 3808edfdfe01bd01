//! `docker run --detach --name web --publish 8080:80 busybox httpd -f -p 80`
//!
//! Arguments: the name of the container (`web`), its image (`busybox`, which is pulled if it is missing), and the ports
//! (`8080:80`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "web".into());
    let image = arguments.next().unwrap_or_else(|| "busybox".into());
    let ports = arguments.next().unwrap_or_else(|| "8080:80".into());

    let docker = Docker::connect()?;
    let run = docker.run(image).cmd(["httpd", "-f", "-p", "80"]).name(name);
    let web = run.publish(ports).detach().await?;
    for warning in &web.warnings {
        eprintln!("warning: {warning}");
    }
    // The container keeps running when this program exits. `docker rm --force web` removes it.
    println!("{}", web.id());
    Ok(())
}
