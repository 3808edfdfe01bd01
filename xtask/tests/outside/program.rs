//! A program of a user, with docker-client and docker-api of the version that they chose.

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
