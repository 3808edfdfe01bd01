//! `docker import root.tar my-root:latest`
//!
//! Arguments: a tar archive of a root filesystem (`root.tar`), and the repository (`my-root`) and tag (`latest`) of the image.

use docker_client::{Body, Docker, Error, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let archive = arguments.next().unwrap_or_else(|| "root.tar".into());
    let repository = arguments.next().unwrap_or_else(|| "my-root".into());
    let tag = arguments.next().unwrap_or_else(|| "latest".into());

    let docker = Docker::connect()?;
    // With `-`, the archive is the body of the request. It is read while it is sent.
    let import = docker.image_create().from_src("-").body(Body::from_path(archive));
    import.repo(&repository).tag(&tag).changes([r#"CMD ["sh"]"#]).finish().await?;
    println!("imported {repository}:{tag}");
    Ok(())
}
