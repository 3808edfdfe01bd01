//! `docker commit --message "as it is now" --change 'CMD ["sh"]' web web-snapshot:latest`
//!
//! Arguments: the container (`web`), and the repository (`web-snapshot`) and tag (`latest`) of the new image.

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let container = arguments.next().unwrap_or_else(|| "web".into());
    let repository = arguments.next().unwrap_or_else(|| "web-snapshot".into());
    let tag = arguments.next().unwrap_or_else(|| "latest".into());

    let docker = Docker::connect()?;
    // The container is paused during the commit unless `pause(false)` is set.
    let commit = docker.image_commit(container).repo(repository).tag(tag);
    let image = commit.comment("as it is now").changes([r#"CMD ["sh"]"#]).send().await?;
    println!("{}", image.id);
    Ok(())
}
