//! `docker build --tag my-app --build-arg VERSION=1.2 .`
//!
//! Arguments: a directory with a `Dockerfile` (`.`), the name of the image (`my-app`), and any number of build arguments
//! (`VERSION=1.2`). Files that `.dockerignore` excludes are not sent.

use docker_client::{BuildContext, Docker, Error, KeyValues, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| ".".into());
    let image = arguments.next().unwrap_or_else(|| "my-app".into());
    let values: Vec<String> = arguments.collect();
    let values: KeyValues = values.iter().filter_map(|value| value.split_once('=')).collect();

    let docker = Docker::connect()?;
    let build = docker.build(BuildContext::from_dir(directory)).t([image]).buildargs(values);
    let mut progress = build.progress().await?;
    while let Some(report) = progress.next().await {
        // A failed step is an error, which contains its exit code.
        let report = report?;
        if let Some(id) = report.image_id() {
            println!("built {id}");
        }
        // The steps and their output, including line breaks.
        print!("{}", report.stream.unwrap_or_default());
    }
    Ok(())
}
