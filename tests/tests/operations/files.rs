//! Files into and out of containers: archives, what a path is, and whole file systems.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::ErrorKind;
use engines::archive;
use engines::case::{Context, EngineTest, Outcome};
use engines::http::Payload;
use serde_json::Value;

use crate::support::{create, docker, refused, script, start, test, unpack};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("files::go_in_and_come_out", go_in_and_come_out).on_podman(),
        test("files::an_export_has_all_of_them", an_export_has_all_of_them).on_podman(),
    ]
}

async fn go_in_and_come_out(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = create(&docker, &cx.name("copy"), script(&cx, "cat /tmp/directory/note > /tmp/out"))
        .await?;
    let files = archive::of(&[("directory/note", "carried\n")]);
    docker.put_container_archive(&id, "/tmp", files.clone()).send().await?;
    docker.container_start(&id).send().await?;
    assert_eq!(docker.container_wait(&id).send().await?.status_code, 0);
    if cx.engine().is_podman() {
        // Podman unmounts the files after it has answered, and a request that follows may find them gone.
        let mount = format!("/v4.0.0/libpod/containers/{id}/mount");
        cx.http().post(&mount, Payload::none()).await?.expect(200)?;
    }
    let tar =
        docker.container_archive(&id, "/tmp/out").send().await?.into_inner().collect().await?;
    assert_eq!(unpack(&tar, "out")?.as_deref(), Some("carried\n"));
    let directory = docker.container_archive(&id, "/tmp/directory").send().await?.into_inner();
    assert_eq!(
        unpack(&directory.collect().await?, "directory/note")?.as_deref(),
        Some("carried\n")
    );

    let info = docker.container_archive_info(&id, "/tmp/out").send().await?;
    let header = info.headers().get("x-docker-container-path-stat").ok_or("no path stat")?;
    let stat: Value = serde_json::from_slice(&STANDARD.decode(header)?)?;
    assert_eq!((&stat["name"], &stat["size"]), (&"out".into(), &8.into()), "{stat}");

    refused(docker.container_archive(&id, "/no/such").send().await, ErrorKind::NotFound);
    refused(docker.container_archive_info(&id, "/no/such").send().await, ErrorKind::NotFound);
    // Podman 4.3 makes the directory.
    if !cx.engine().is_podman() {
        let missing = docker.put_container_archive(&id, "/no/such", files).send().await;
        refused(missing, ErrorKind::NotFound);
    }
    Ok(())
}

async fn an_export_has_all_of_them(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&docker, &cx.name("export"), script(&cx, "echo made > /made")).await?;
    docker.container_wait(&id).send().await?;
    let tar = docker.container_export(&id).send().await?.into_inner().collect().await?;
    assert_eq!(unpack(&tar, "made")?.as_deref(), Some("made\n"));
    assert!(unpack(&tar, "etc/group")?.is_some_and(|group| group.starts_with("root:")));
    Ok(())
}
