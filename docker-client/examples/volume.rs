//! `docker volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=16m scratch`, and a container that uses it
//!
//! Arguments: the name of the volume (`scratch`) and the image (`busybox`).

use docker_client::types::VolumeCreateRequest;
use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "scratch".into());
    let image = std::env::args().nth(2).unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    // The driver `local` accepts the options of mount(8): this is a filesystem in memory of 16 MiB.
    let options = [("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=16m")];
    let volume = VolumeCreateRequest {
        name: Some(name.clone()),
        driver: Some("local".into()),
        driver_opts: options.map(|(name, value)| (name.into(), value.into())).into(),
        labels: [("purpose".to_owned(), "example".to_owned())].into(),
        ..Default::default()
    };
    let volume = docker.volume_create(volume).send().await?;
    println!("{} uses the driver {} with {:?}", volume.name, volume.driver, volume.options);

    let run = docker.run(image).cmd(["df", "-m", "/data"]).remove(true);
    let output = run.volume(format!("{name}:/data")).output().await;

    // The volume is removed even if the container failed.
    docker.volume_delete(&name).send().await?;
    print!("{}", String::from_utf8_lossy(&output?.stdout));
    Ok(())
}
