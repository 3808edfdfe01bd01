//! Files in and out of containers, and images and containers as archives.

use std::fs;
use std::path::Path;

use docker_client::prelude::*;
use docker_client::types::ContainerCreateBody;
use docker_client::{Body, Docker, Error, PathKind};
use engines::archive;
#[cfg(not(unix))]
use engines::case::skip;
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::http::Payload;
use tokio::io::AsyncReadExt as _;

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("copy::bytes_go_in_and_come_out", bytes_go_in_and_come_out).on_podman(),
        test("copy::a_path_is_described", a_path_is_described).on_podman(),
        test("copy::a_folder_goes_in_and_comes_out", a_folder_goes_in_and_comes_out).on_podman(),
        test("copy::the_target_decides_the_name", the_target_decides_the_name).on_podman(),
        test("copy::links_are_followed_as_docker_cp_does", links_are_followed).on_podman(),
        test("copy::nothing_is_lost_of_names_and_permissions", names_and_permissions).on_podman(),
        test("copy::what_is_not_there_is_an_error", what_is_not_there_is_an_error).on_podman(),
        test("copy::large_files_are_streamed", large_files_are_streamed).on_podman(),
        test("copy::images_are_saved_and_loaded", images_are_saved_and_loaded)
            .on_podman()
            .of_images(),
        // Podman 4.3 gives what it imports another name.
        test("copy::containers_are_exported_and_imported", exported_and_imported).of_images(),
    ]
}

/// A container that was never started: files are there all the same.
async fn container(cx: &Context, docker: &Docker) -> Result<String, Stop> {
    let body = ContainerCreateBody {
        image: Some(cx.image().to_owned()),
        cmd: vec!["true".into()],
        labels: [(cx.label().to_owned(), String::new())].into(),
        ..ContainerCreateBody::default()
    };
    let id = docker.container_create(&body).send().await?.into_inner().id;
    if cx.engine().is_podman() {
        // Podman unmounts the files after it has answered, and a request that follows may find them gone.
        let mount = format!("/v4.0.0/libpod/containers/{id}/mount");
        cx.http().post(&mount, Payload::none()).await?.expect(200)?;
    }
    Ok(id)
}

async fn bytes_go_in_and_come_out(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    for content in ["first", "second, longer", ""] {
        docker.copy_to(&id, "/tmp/file").bytes(content).await?;
        assert_eq!(docker.copy_from(&id, "/tmp/file").bytes().await?, content);
    }
    assert!(docker.copy_to(&id, "/tmp").bytes("x").await.is_err(), "bytes have no name");
    let error = docker.copy_from(&id, "/tmp").bytes().await.unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error:?}");
    Ok(())
}

async fn a_path_is_described(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let passwd = docker.copy_from(&id, "/etc/passwd").stat().await?;
    let content = docker.copy_from(&id, "/etc/passwd").bytes().await?;
    assert_eq!((passwd.kind(), passwd.permissions()), (PathKind::File, 0o644));
    assert_eq!((&*passwd.name, passwd.size), ("passwd", content.len() as i64));
    let link = docker.copy_from(&id, "/bin/sh").stat().await?;
    assert_eq!(link.kind(), PathKind::Symlink);
    assert!(link.link_target.ends_with("busybox"), "{link:?}");
    let directory = docker.copy_from(&id, "/tmp").stat().await?;
    assert_eq!((directory.kind(), directory.permissions()), (PathKind::Directory, 0o1777));
    Ok(())
}

async fn a_folder_goes_in_and_comes_out(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let local = tempfile::tempdir()?;
    let site = local.path().join("site");
    fs::create_dir_all(site.join("empty"))?;
    fs::create_dir_all(site.join("sub"))?;
    fs::write(site.join("sub/run.sh"), "echo\n")?;
    fs::write(site.join("e"), "")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        symlink("/nowhere/../else", site.join("link"))?;
        fs::set_permissions(site.join("sub/run.sh"), fs::Permissions::from_mode(0o751))?;
    }
    docker.copy_to(&id, "/srv").path(&site).await?;
    let back = local.path().join("back");
    docker.copy_from(&id, "/srv").path(&back).await?;
    assert_eq!(fs::read(back.join("sub/run.sh"))?, b"echo\n");
    assert!(back.join("empty").is_dir() && fs::read(back.join("e"))?.is_empty());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::read_link(back.join("link"))?, Path::new("/nowhere/../else"));
        assert_eq!(fs::metadata(back.join("sub/run.sh"))?.permissions().mode() & 0o7777, 0o751);
    }
    Ok(())
}

async fn the_target_decides_the_name(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let local = tempfile::tempdir()?;
    let site = local.path().join("site");
    fs::create_dir(&site)?;
    fs::write(site.join("a"), "a")?;
    let there = async |path: &str| docker.copy_from(&id, path).bytes().await;
    // A copy to an existing directory is placed in it; a path that does not exist becomes the name of the copy.
    docker.copy_to(&id, "/tmp").path(&site).await?;
    assert_eq!(there("/tmp/site/a").await?, "a");
    docker.copy_to(&id, "/tmp/new").path(&site).await?;
    assert_eq!(there("/tmp/new/a").await?, "a");
    docker.copy_to(&id, "/tmp/").path(site.join(".")).await?;
    assert_eq!(there("/tmp/a").await?, "a");
    docker.copy_to(&id, "/tmp/renamed").path(site.join("a")).await?;
    assert_eq!(there("/tmp/renamed").await?, "a");
    let refused = docker.copy_to(&id, "/tmp/a").path(&site).await.unwrap_err();
    assert!(matches!(refused, Error::InvalidRequest { .. }), "{refused:?}");
    let refused = docker.copy_to(&id, "/tmp/missing/").path(site.join("a")).await.unwrap_err();
    assert!(refused.to_string().contains("no such directory"), "{refused}");
    // And the same on the way out.
    let out = local.path().join("out");
    fs::create_dir(&out)?;
    docker.copy_from(&id, "/tmp/site").path(&out).await?;
    docker.copy_from(&id, "/tmp/site/.").path(&out).await?;
    docker.copy_from(&id, "/tmp/site/a").path(out.join("b")).await?;
    docker.copy_from(&id, "/tmp/site").path(out.join("c")).await?;
    for path in ["site/a", "a", "b", "c/a"] {
        assert_eq!(fs::read(out.join(path))?, b"a", "{path}");
    }
    let refused = docker.copy_from(&id, "/tmp/site/a").path(out.join("d/")).await.unwrap_err();
    assert!(matches!(refused, Error::Unpack { .. }), "{refused:?}");
    Ok(())
}

#[cfg(not(unix))]
async fn links_are_followed(_: Context) -> Outcome {
    Err(skip("this machine makes no links"))
}

#[cfg(unix)]
async fn links_are_followed(cx: Context) -> Outcome {
    use std::os::unix::fs::symlink;
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let local = tempfile::tempdir()?;
    let path = |name: &str| local.path().join(name);
    fs::create_dir(path("site"))?;
    fs::write(path("site/a"), "a")?;
    docker.copy_to(&id, "/tmp").path(path("site")).await?;
    for (name, target) in [("directory", "site"), ("file", "site/a"), ("dangling", "/no/where")] {
        symlink(target, path(name))?;
        docker.copy_to(&id, "/tmp").path(path(name)).await?;
        if !(name == "dangling" && cx.engine().is_podman()) {
            let copied = docker.copy_from(&id, format!("/tmp/{name}")).stat().await?;
            assert_eq!(copied.kind(), PathKind::Symlink, "{copied:?}");
        }
    }
    // From the container: a link is copied as a link, unless the path names the content of its directory.
    let out = path("out");
    fs::create_dir(&out)?;
    docker.copy_from(&id, "/tmp/directory").path(&out).await?;
    if cx.engine().is_podman() {
        // It sends what the link leads to.
        assert_eq!(fs::read(out.join("directory/a"))?, b"a");
    } else {
        assert_eq!(fs::read_link(out.join("directory"))?, Path::new("site"));
        let refused = docker.copy_from(&id, "/tmp/site/a/.").path(out.join("file")).await;
        assert!(refused.is_err(), "a file has nothing in it");
    }
    docker.copy_from(&id, "/tmp/directory/.").path(&out).await?;
    docker.copy_from(&id, "/tmp/directory/.").path(out.join("new")).await?;
    docker.copy_from(&id, "/tmp/directory/").path(out.join("named")).await?;
    for name in ["a", "new/a", "named/a"] {
        assert_eq!(fs::read(out.join(name))?, b"a", "{name}");
    }
    // Into the container: they are followed.
    docker.copy_to(&id, "/tmp/file").bytes("changed").await?;
    docker.copy_to(&id, "/tmp/directory/b").bytes("changed").await?;
    docker.copy_to(&id, "/tmp/directory").path(path("out/new")).await?;
    assert_eq!(docker.copy_from(&id, "/tmp/site/new/a").bytes().await?, "a");
    for name in ["site/a", "site/b", "file"] {
        let changed = docker.copy_from(&id, format!("/tmp/{name}")).bytes().await?;
        assert_eq!(changed, "changed", "{name}");
    }
    let link = docker.copy_from(&id, "/tmp/file").stat().await?;
    assert_eq!(link.kind(), PathKind::Symlink, "{link:?}");
    Ok(())
}

#[cfg(not(unix))]
async fn names_and_permissions(_: Context) -> Outcome {
    Err(skip("this machine has no permissions"))
}

#[cfg(unix)]
async fn names_and_permissions(cx: Context) -> Outcome {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let local = tempfile::tempdir()?;
    let name = OsStr::from_bytes(b"caf\xe9");
    fs::write(local.path().join(name), "not UTF-8")?;
    docker.copy_to(&id, "/tmp").path(local.path().join(name)).await?;
    for (source, tmp) in [("/tmp", "."), ("/tmp/.", "."), ("/", "tmp"), ("/.", "tmp")] {
        let out = tempfile::tempdir()?;
        let new = out.path().join("new");
        docker.copy_from(&id, source).path(&new).await?;
        let tmp = new.join(tmp);
        assert_eq!(fs::read(tmp.join(name))?, b"not UTF-8", "{source}");
        if !(source == "/tmp/." && cx.engine().is_podman()) {
            // Of what is in a directory, podman has no entry for the directory.
            assert_eq!(fs::metadata(&tmp)?.permissions().mode() & 0o7777, 0o1777, "{source}");
        }
    }
    Ok(())
}

async fn what_is_not_there_is_an_error(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    assert!(docker.copy_from(&id, "/no/such").stat().await.unwrap_err().is_not_found());
    assert!(docker.copy_from(&id, "/no/such").bytes().await.unwrap_err().is_not_found());
    let name = cx.name("none");
    let error = docker.copy_to(&name, "/tmp/a").bytes(vec![0; 30_000_000]).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    if !cx.engine().is_podman() {
        // Podman makes the directories that are missing.
        let error = docker.copy_to(&id, "/no/such/directory/a").bytes("x").await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
    }
    let error = docker.copy_to(&id, "/tmp").path("/no/such/file").await.unwrap_err();
    assert!(format!("{error:?}").contains("/no/such/file: "), "{error:?}");
    Ok(())
}

async fn large_files_are_streamed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    let content = "0123456789abcdef".repeat(1_000_000);
    docker.copy_to(&id, "/tmp/large").bytes(content.clone()).await?;
    let copied = docker.copy_from(&id, "/tmp/large").archive().await?;
    assert_eq!((copied.stat.kind(), copied.stat.size), (PathKind::File, 16_000_000));
    let mut reader = copied.archive.into_reader();
    let mut begin = [0; 512 + 16];
    reader.read_exact(&mut begin).await?;
    assert!(begin.starts_with(b"large\0") && begin.ends_with(b"0123456789abcdef"));
    let rest = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
    assert!(rest >= 16_000_000 - 16, "{rest}");
    assert!(docker.copy_from(&id, "/tmp/large").bytes().await? == content);
    Ok(())
}

async fn images_are_saved_and_loaded(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("saved") + ":1";
    let (repository, tag) = name.split_once(':').ok_or("a tag")?;
    // An image of its own: in containerd's store, an image is missing for a moment while another of its names is removed.
    cx.http().import(repository, tag, archive::of(&[("content", &name)])).await?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("image.tar");
    let mut file = tokio::fs::File::create(&path).await?;
    let saved = docker.image_get(&name).send().await?.into_inner();
    tokio::io::copy(&mut saved.into_reader(), &mut file).await?;
    tokio::io::AsyncWriteExt::flush(&mut file).await?;
    for _ in 0..2 {
        docker.image_delete(&name).send().await?;
        assert!(docker.image_inspect(&name).send().await.unwrap_err().is_not_found());
        docker.image_load(Body::from_path(&path)).finish().await?;
        docker.image_inspect(&name).send().await?;
    }
    // From the engine to itself, through this process and without a file.
    let stream = docker.image_get(&name).send().await?.into_inner();
    docker.image_load(Body::from_stream(stream)).finish().await?;
    let broken = docker.image_load(Body::from("no archive")).finish().await;
    assert!(broken.is_err(), "what is no archive is refused");
    docker.image_delete(&name).send().await?;
    if cx.engine().is_podman_4() {
        // It imports with the tag `latest`, whatever tag is requested.
        docker.image_delete(format!("{repository}:latest")).send().await?;
    }
    Ok(())
}

async fn exported_and_imported(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = container(&cx, &docker).await?;
    docker.copy_to(&id, "/marked").bytes("yes").await?;
    let name = cx.name("imported");
    let exported = docker.container_export(&id).send().await?.into_inner();
    let import = docker.image_create().from_src("-").repo(&name).tag("1").changes(["CMD true"]);
    import.body(Body::from_reader(exported.into_reader())).finish().await?;
    let body = ContainerCreateBody {
        image: Some(format!("{name}:1")),
        labels: [(cx.label().to_owned(), String::new())].into(),
        ..ContainerCreateBody::default()
    };
    let copy = docker.container_create(&body).send().await?.into_inner().id;
    assert_eq!(docker.copy_from(&copy, "/marked").bytes().await?, "yes");
    docker.container_delete(&copy).send().await?;
    docker.image_delete(format!("{name}:1")).send().await?;
    Ok(())
}
