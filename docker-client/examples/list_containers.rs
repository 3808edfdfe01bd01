//! `docker ps --all`

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let docker = Docker::connect()?;
    println!("{:<12}  {:<24}  {:<24}  NAMES", "CONTAINER ID", "IMAGE", "STATUS");
    // Without `all`, only running containers are listed. Fields that an engine may omit are of type `Option`.
    for container in docker.container_list().all(true).send().await? {
        // Names begin with a slash.
        let names: Vec<&str> =
            container.names.iter().map(|name| name.trim_start_matches('/')).collect();
        println!(
            "{:<12.12}  {:<24}  {:<24}  {}",
            container.id.unwrap_or_default(),
            container.image.unwrap_or_default(),
            container.status.unwrap_or_default(),
            names.join(",")
        );
    }
    Ok(())
}
