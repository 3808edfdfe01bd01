//! `docker inspect $(docker ps --all --quiet --filter status=exited --filter label=example)`
//!
//! Arguments: filters, such as `status=exited`, `label=team=web` or `id=0f3a`. The default is `status=running`.

use docker_client::{Docker, Error, Filters};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut filters = Filters::new();
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').unwrap_or(("id", &argument));
        filters = filters.with(key, value);
    }
    if filters.is_empty() {
        filters = filters.with("status", "running");
    }

    let docker = Docker::connect()?;
    for found in docker.container_list().all(true).filters(&filters).send().await? {
        // A list contains only a part of the information about a container.
        let inspect = docker.container_inspect(found.id.unwrap_or_default());
        let container = match inspect.send().await {
            Ok(container) => container.into_inner(),
            // The container was removed after the list was requested.
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        let config = container.config.unwrap_or_default();
        let state = container.state.unwrap_or_default();
        println!("{}", container.name.unwrap_or_default().trim_start_matches('/'));
        println!("  id: {}", container.id.unwrap_or_default());
        println!("  image: {}", config.image.unwrap_or_default());
        println!("  command: {:?}", config.cmd);
        println!("  labels: {:?}", config.labels);
        if let Some(status) = state.status {
            println!("  status: {status}, exit code {}", state.exit_code.unwrap_or_default());
        }
    }
    Ok(())
}
