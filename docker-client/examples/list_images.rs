//! `docker images`

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let docker = Docker::connect()?;
    println!("{:<48}  {:<12}  {:>9}", "IMAGE", "IMAGE ID", "SIZE");
    for image in docker.image_list().send().await? {
        let id = image.id.trim_start_matches("sha256:");
        let megabytes = image.size as f64 / 1e6;
        // An image may have several names, or none.
        if image.repo_tags.is_empty() {
            println!("{:<48}  {id:<12.12}  {megabytes:>6.1} MB", "<none>");
        }
        for name in &image.repo_tags {
            println!("{name:<48}  {id:<12.12}  {megabytes:>6.1} MB");
        }
    }
    Ok(())
}
