//! What a user writes, with docker-api of the version that they chose beside docker-client.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), docker_client::Error> {
    let docker = docker_client::Docker::connect()?;
    // A type of the one is a type of the other.
    let body = docker_api::types::ContainerCreateBody {
        image: Some("busybox".to_owned()),
        ..Default::default()
    };
    let created = docker.container_create(&body).send().await?.into_inner();
    println!("{} {}", docker_api::API_VERSION, created.id);
    Ok(())
}
