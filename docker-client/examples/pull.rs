//! `docker pull busybox`
//!
//! Argument: the image (`busybox`). Without a tag it is `latest`.

use docker_client::{Docker, Error, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    // `docker.pull(&image).finish()` would do for a program that shows nothing.
    let mut progress = docker.pull(&image).progress().await?;
    while let Some(report) = progress.next().await {
        // What goes wrong on the way, such as an image that there is not, is an error here.
        let report = report?;
        // What has details is repeated many times a second: the example `pull_bars` shows it.
        if let (Some(status), None) = (report.status, report.detail.and_then(|at| at.current)) {
            println!("{}{status}", report.id.map(|id| id + ": ").unwrap_or_default());
        }
    }
    Ok(())
}
