//! `docker rename web web-old`
//!
//! Arguments: the container (`web`) and its new name (`web-old`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let from = std::env::args().nth(1).unwrap_or_else(|| "web".into());
    let to = std::env::args().nth(2).unwrap_or_else(|| "web-old".into());

    let docker = Docker::connect()?;
    match docker.container_rename(&from, &to).send().await {
        Ok(_) => println!("renamed {from} to {to}"),
        Err(error) if error.is_conflict() => println!("the name {to} is already in use"),
        Err(error) if error.is_not_found() => println!("there is no container {from}"),
        Err(error) => return Err(error),
    }
    Ok(())
}
