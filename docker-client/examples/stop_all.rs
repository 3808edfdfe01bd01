//! `docker stop --time 10 $(docker ps --quiet)`
//!
//! Stops all running containers. Argument: the number of seconds after which a container is killed (10).

use docker_client::{Docker, Error};
use futures_util::future::join_all;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);

    let docker = Docker::connect()?;
    let running = docker.container_list().send().await?.into_inner();
    let ids: Vec<String> = running.into_iter().filter_map(|container| container.id).collect();

    // All containers are stopped concurrently.
    let stops = ids.iter().map(|id| docker.container_stop(id).t(seconds).send());
    for (id, stopped) in ids.iter().zip(join_all(stops).await) {
        match stopped {
            Ok(_) => println!("{id:.12}"),
            // The container has exited and was removed after the list was requested.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
