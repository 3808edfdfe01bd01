//! `docker system df`, and `docker system prune --filter label=example`
//!
//! Argument: the label of the objects that are removed (`example`). Objects without this label are kept.

use docker_client::{Docker, Error, Filters};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let label = std::env::args().nth(1).unwrap_or_else(|| "example".into());
    let docker = Docker::connect()?;

    let usage = docker.system_data_usage().send().await?;
    println!("images: {} in {} bytes", usage.images.len(), usage.layers_size.unwrap_or_default());
    let written = usage.containers.iter().filter_map(|container| container.size_rw).sum::<i64>();
    println!("containers: {} in {written} bytes", usage.containers.len());
    println!("volumes: {}", usage.volumes.len());

    // Stopped containers are removed first, because they use networks and volumes.
    let filters = Filters::new().with("label", label);
    let containers = docker.container_prune().filters(&filters).send().await?;
    let networks = docker.network_prune().filters(&filters).send().await?;
    let volumes = docker.volume_prune().filters(&filters).send().await?;
    let images = docker.image_prune().filters(filters.with("dangling", true)).send().await?;
    println!("removed the containers {:?}", containers.containers_deleted);
    println!("removed the networks {:?}", networks.networks_deleted);
    println!("removed the volumes {:?}", volumes.volumes_deleted);
    println!("removed {} images and layers", images.images_deleted.len());
    Ok(())
}
