//! `docker pull busybox`
//!
//! Argument: the image (`busybox`). Without a tag, the tag is `latest`.

use docker_client::{Docker, Error, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    // A program that does not show the progress calls `docker.pull(&image).finish()`.
    let mut progress = docker.pull(&image).progress().await?;
    while let Some(report) = progress.next().await {
        // Errors of the pull, for example if there is no such image, are returned here.
        let report = report?;
        // Reports with details are frequent. The example `pull_bars` shows them.
        if let (Some(status), None) = (report.status, report.detail.and_then(|at| at.current)) {
            println!("{}{status}", report.id.map(|id| id + ": ").unwrap_or_default());
        }
    }
    Ok(())
}
