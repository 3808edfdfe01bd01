//! `docker login registry.example.com && docker pull registry.example.com/team/app`
//!
//! Argument: the image. The credentials are the values of `REGISTRY_USER` and `REGISTRY_PASSWORD`, or else those that `docker login`
//! has stored in `config.json` or with a credential helper.

use std::env::var;

use docker_client::{Docker, Error, ErrorKind, RegistryAuth, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "registry.example.com/team/app".into());

    let docker = Docker::connect()?;
    let mut pull = docker.pull(&image);
    if let (Ok(user), Ok(password)) = (var("REGISTRY_USER"), var("REGISTRY_PASSWORD")) {
        pull = pull.auth(RegistryAuth::password(user, password));
    }
    match pull.finish().await {
        Ok(_) => println!("pulled {image}"),
        Err(error) if error.kind() == ErrorKind::Unauthenticated => {
            eprintln!("the registry rejected the credentials: {error}");
            return Err(error);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
